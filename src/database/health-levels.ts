// From where on a measured number of a database is worth a warning, and from where on it is critical.

export type Level = 'ok' | 'warning' | 'critical';

interface Bounds {
  readonly warning: number;
  readonly critical: number;
  /** Less of it is worse. */
  readonly less?: true;
}

/**
 * Of the guides where they say so; where two differ the stricter one counts. docs/databases.md names each one's source.
 * A number at a bound has reached it.
 */
const bounds = {
  // Two guides warn at 70 %; one calls 85 % critical, the other 90 %.
  'connections-used-percent': { warning: 70, critical: 85 },
  'replication-lag-seconds': { warning: 10, critical: 60 },
  'cache-hit-percent': { warning: 90, critical: 80, less: true },
  // The guide's bounds are of queries; a transaction is at least one.
  'transactions-per-second': { warning: 1000, critical: 2000 },
  // The next ones are ours. Index builds wait for the oldest transaction, and vacuum is held back by it.
  'transaction-seconds': { warning: 900, critical: 3600 },
  'backup-age-hours': { warning: 24, critical: 48 },
} as const satisfies Readonly<Record<string, Bounds>>;

export type Levelled = keyof typeof bounds;

/** From where on it is critical. */
export function criticalAt(what: Levelled): number {
  return bounds[what].critical;
}

/** Where a number stands. */
export function levelOf(what: Levelled, value: number): Level {
  const { warning, critical, less }: Bounds = bounds[what];
  const reaches = (bound: number) => (less === true ? value <= bound : value >= bound);
  if (reaches(critical)) return 'critical';
  return reaches(warning) ? 'warning' : 'ok';
}
