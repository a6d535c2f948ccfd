// What procedures may ask about without writing a query: facts of a cluster, a component or a database, each with its unit.

interface Fact {
  /** Whose fact it is: a step then names the component, or the database. */
  readonly of: 'system' | 'cluster' | 'component' | 'database';
  /** Empty where the words say what is counted; `yes` for what is 1 when it is so, else 0. */
  readonly unit: string;
  /** As it stands in a sentence, such as `nodes that are ready`. */
  readonly words: string;
}

const all = {
  'budget-used-percent': { of: 'system', unit: '%', words: 'budget used with the change' },
  'alert-rules': { of: 'system', unit: '', words: 'alert rules of the system in Prometheus' },
  'ready-nodes': { of: 'cluster', unit: '', words: 'nodes that are ready' },
  'largest-node-cores': { of: 'cluster', unit: '', words: 'cores of the largest node' },
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
  'ready-pods': { of: 'component', unit: '', words: 'pods that are ready' },
  'autoscaler-active': {
    of: 'component',
    unit: 'yes',
    words: 'the autoscaler has its metrics',
  },
  'database-is-primary': {
    of: 'database',
    unit: 'yes',
    words: 'the database has the role of the primary',
  },
  'max-connections': { of: 'database', unit: '', words: 'max_connections' },
  'connections-used-percent': { of: 'database', unit: '%', words: 'database connections in use' },
  'disk-free-percent': { of: 'database', unit: '%', words: 'free space on the database’s volume' },
  'streaming-replicas': { of: 'database', unit: '', words: 'read replicas that stream' },
  'replication-lag-seconds': { of: 'database', unit: 's', words: 'replication lag' },
  'cache-hit-percent': { of: 'database', unit: '%', words: 'reads answered from memory' },
  'backup-age-hours': { of: 'database', unit: 'h', words: 'age of the newest backup' },
  'invalid-indexes': { of: 'database', unit: '', words: 'indexes left invalid' },
  'index-builds': { of: 'database', unit: '', words: 'indexes that the server is building' },
  'settings-pending-restart': {
    of: 'database',
    unit: '',
    words: 'settings that wait for a restart',
  },
  'pooler-waiting-clients': {
    of: 'database',
    unit: '',
    words: 'clients that wait for the pooler',
  },
} as const satisfies Record<string, Fact>;

export type FactName = keyof typeof all;

/** Every fact by name. */
export const facts: Readonly<Record<FactName, Fact>> = all;

/** The names of all facts. */
export const factNames = Object.keys(all) as readonly FactName[];
