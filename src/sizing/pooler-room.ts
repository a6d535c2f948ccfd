// What a set of poolers takes from clients and opens to the server, by PgBouncer's own settings.

import type { Texts } from './planned-step.ts';

/** How many different users and databases have sessions on a server: PgBouncer keeps a pool for each pair. */
export interface PoolsNow {
  readonly users: number;
  readonly databases: number;
  readonly pairs: number;
}

/** What one pooler may have at most. */
export interface PoolerRoom {
  /** Clients. */
  readonly clients: number;
  /** Connections to the server. */
  readonly servers: number;
  /** What `servers` follows from, for people. */
  readonly words: string;
}

/** PgBouncer's own, where a configuration says nothing; 0 is no limit. */
const usual = {
  max_client_conn: 100,
  default_pool_size: 20,
  reserve_pool_size: 0,
  max_db_connections: 0,
  max_user_connections: 0,
} as const;

/**
 * pools × (default_pool_size + reserve_pool_size), where a pool is a user of a database, and no more than
 * max_db_connections for each database and max_user_connections for each user.
 */
export function poolerRoom(
  settings: Texts,
  { users, databases, pairs }: PoolsNow,
): PoolerRoom | { readonly because: string } {
  const wrong = (Object.keys(usual) as (keyof typeof usual)[]).find(
    (name) => !/^\d{1,9}$/.test(settings[name] ?? String(usual[name])),
  );
  if (wrong !== undefined) return { because: `${wrong} is ${settings[wrong]}, which is no number` };
  const of = (name: keyof typeof usual) => Number(settings[name] ?? usual[name]);
  const pools = Math.max(1, pairs);
  const size = of('default_pool_size');
  const reserve = of('reserve_pool_size');
  const more = reserve === 0 ? `${size}` : `(${size} + ${reserve} in reserve)`;
  const bounds = [
    {
      servers: pools * (size + reserve),
      words: `${pools} ${pools === 1 ? 'pool' : 'pools'} × ${more}`,
    },
    bound('max_db_connections', of('max_db_connections'), Math.max(1, databases), 'databases'),
    bound('max_user_connections', of('max_user_connections'), Math.max(1, users), 'users'),
  ].filter((each) => each !== undefined);
  const least = bounds.reduce((less, each) => (each.servers < less.servers ? each : less));
  return { clients: of('max_client_conn'), ...least };
}

function bound(name: string, most: number, times: number, of: string) {
  if (most === 0) return undefined;
  const words = times === 1 ? `${name} ${most}` : `${times} ${of} × ${name} ${most}`;
  return { servers: times * most, words };
}
