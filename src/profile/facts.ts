// What procedures may ask about without writing a query: facts of a cluster, a component or a database, each with its unit.

interface Fact {
  /** Whose fact it is: a step then names the component, or the database. */
  readonly of: 'system' | 'cluster' | 'component' | 'database';
  readonly unit: string;
  /** As it stands in a sentence, such as `nodes that are ready`. */
  readonly words: string;
}

const all = {
  'budget-used-percent': { of: 'system', unit: '%', words: 'budget used with the change' },
  'alert-rules': { of: 'system', unit: 'rules', words: 'alert rules of the system in Prometheus' },
  'ready-nodes': { of: 'cluster', unit: 'nodes', words: 'nodes that are ready' },
  'largest-node-cores': { of: 'cluster', unit: 'cores', words: 'cores of the largest node' },
  'largest-node-gib': { of: 'cluster', unit: 'GiB', words: 'memory of the largest node' },
  'cluster-cpu-free-percent': {
    of: 'cluster',
    unit: '%',
    words: 'CPU of the cluster not requested',
  },
  'cluster-memory-free-percent': {
    of: 'cluster',
    unit: '%',
    words: 'memory of the cluster not requested',
  },
  'ready-pods': { of: 'component', unit: 'pods', words: 'pods that are ready' },
  'autoscaler-active': {
    of: 'component',
    unit: '',
    words: 'autoscaler that has its metrics (1 yes, 0 no)',
  },
  'database-is-primary': {
    of: 'database',
    unit: '',
    words: 'database in the role of the primary (1 yes, 0 no)',
  },
  'max-connections': { of: 'database', unit: 'connections', words: 'max_connections' },
  'connections-used-percent': { of: 'database', unit: '%', words: 'database connections in use' },
  'disk-free-percent': { of: 'database', unit: '%', words: 'free space on the database’s volume' },
  'streaming-replicas': { of: 'database', unit: 'replicas', words: 'read replicas that stream' },
  'replication-lag-seconds': { of: 'database', unit: 's', words: 'replication lag' },
  'cache-hit-percent': { of: 'database', unit: '%', words: 'reads answered from memory' },
  'backup-age-hours': { of: 'database', unit: 'h', words: 'age of the newest backup' },
  'invalid-indexes': { of: 'database', unit: 'indexes', words: 'indexes left invalid' },
  'pooler-waiting-clients': {
    of: 'database',
    unit: 'clients',
    words: 'clients that wait for the pooler',
  },
} as const satisfies Record<string, Fact>;

export type FactName = keyof typeof all;

/** Every fact by name. */
export const facts: Readonly<Record<FactName, Fact>> = all;

/** The names of all facts. */
export const factNames = Object.keys(all) as readonly FactName[];
