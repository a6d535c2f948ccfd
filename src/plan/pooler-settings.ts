// Checks what a profile wants of PgBouncer: a name that the image's version does not know keeps it from starting at all.

import type { Texts } from '../sizing/planned-step.ts';

/** What PgBouncer 1.18 takes (`SHOW CONFIG`), without what is about files, its own process and its console. */
const settled: ReadonlySet<string> = new Set(
  `application_name_add_host auth_type autodb_idle_timeout client_idle_timeout client_login_timeout default_pool_size
   disable_pqexec dns_max_ttl dns_nxdomain_ttl dns_zone_check_period idle_transaction_timeout ignore_startup_parameters
   listen_backlog listen_port log_connections log_disconnections log_pooler_errors log_stats max_client_conn
   max_db_connections max_packet_size max_user_connections min_pool_size pkt_buf pool_mode query_timeout
   query_wait_timeout reserve_pool_size reserve_pool_timeout sbuf_loopcnt server_check_delay server_check_query
   server_connect_timeout server_fast_close server_idle_timeout server_lifetime server_login_retry server_reset_query
   server_reset_query_always server_round_robin so_reuseport stats_period stats_users suspend_timeout tcp_keepalive
   tcp_keepcnt tcp_keepidle tcp_keepintvl tcp_socket_buffer tcp_user_timeout verbose`.split(/\s+/),
);

/** The minor version of PgBouncer 1 that brought a setting, by its changelog. */
const later: ReadonlyMap<string, number> = new Map([
  ['track_extra_parameters', 20],
  ['max_prepared_statements', 21],
  ['max_db_client_connections', 24],
  ['max_user_client_connections', 24],
  ['transaction_timeout', 25],
]);

/** Since this one prepared statements of the protocol go through in transaction mode, where a number is given; */
const preparesSince = 21;
/** and since this one a number is given by default. */
const preparesByDefaultSince = 24;
/** PgBouncer's own default since then. */
const preparedStatements = '200';

/** In mode statement no transaction of more than one statement works, which no application of a guide could do without. */
const poolModes: readonly string[] = ['session', 'transaction'];
/**
 * SCRAM is what the servers ask for as well; md5 takes SCRAM where the list of users holds it. hba and cert need files that
 * are not rendered: without them nobody gets in, or PgBouncer does not start.
 */
const authTypes: readonly string[] = ['scram-sha-256', 'md5'];

/** Settings that are texts; all others are numbers, also those that are switches. */
const texts: readonly string[] = [
  'ignore_startup_parameters',
  'server_check_query',
  'server_reset_query',
  'stats_users',
  'track_extra_parameters',
];
/** These are seconds, of which there may be parts. */
const secondsOf = /_(delay|lifetime|period|retry|timeout|ttl)$/;

/** Ready to be written, or why they must not be. */
export type PoolerSettings =
  | { readonly kind: 'settings'; readonly settings: Texts; readonly notes: readonly string[] }
  | { readonly kind: 'refused'; readonly because: string };

/** Whether a client may have another connection to the server for each transaction. */
export function keepsNoSessions(settings: Texts): boolean {
  return (settings['pool_mode'] ?? 'session') !== 'session';
}

/** Whether a profile may write it, whatever the version. */
export function isPoolerSetting(name: string): boolean {
  return settled.has(name) || later.has(name);
}

/** `image` is undefined where an operator chooses it. */
export function poolerSettings(wanted: Texts, image: string | undefined): PoolerSettings {
  const minor = image === undefined ? undefined : minorOf(image);
  const because = Object.entries(wanted)
    .map((entry) => mistakeIn(entry, minor))
    .find((mistake) => mistake !== undefined);
  if (because !== undefined) return { kind: 'refused', because };
  const unsure = image === undefined || minor !== undefined ? [] : unsureNotes(wanted, image);
  if (!keepsNoSessions(wanted)) {
    const note =
      'In session mode a client keeps its connection to the server until it goes: connections are saved only for clients that come and go.';
    return { kind: 'settings', settings: wanted, notes: [...unsure, note] };
  }
  const isGiven = Object.hasOwn(wanted, 'max_prepared_statements');
  const isNeeded =
    !isGiven && minor !== undefined && minor >= preparesSince && minor < preparesByDefaultSince;
  const settings = isNeeded ? { ...wanted, max_prepared_statements: preparedStatements } : wanted;
  return { kind: 'settings', settings, notes: [...unsure, ...preparedNotes(minor, image)] };
}

function unsureNotes(wanted: Texts, image: string): readonly string[] {
  return [...later]
    .filter(([name]) => Object.hasOwn(wanted, name))
    .map(
      ([name, since]) =>
        `Image ${image} does not say which PgBouncer it is: before 1.${since} it does not start with ${name}.`,
    );
}

function mistakeIn(
  [name, value]: readonly [string, string],
  minor: number | undefined,
): string | undefined {
  if (/[\r\n]/.test(value)) return `setting ${name} has more than one line`;
  const since = later.get(name);
  if (since !== undefined && minor !== undefined && minor < since) {
    return `setting ${name} needs PgBouncer 1.${since}, and the image is 1.${minor}, which would not start`;
  }
  if (!isPoolerSetting(name)) {
    return `PgBouncer has no setting ${name} that a profile may write, and does not start with one it does not know`;
  }
  if (name === 'pool_mode' && !poolModes.includes(value)) {
    return `pool_mode ${value} is none of ${poolModes.join(', ')}`;
  }
  if (name === 'auth_type' && !authTypes.includes(value)) {
    return `auth_type ${value} would let people in without a proof of who they are, or send passwords as they are`;
  }
  const isText = texts.includes(name) || name === 'pool_mode' || name === 'auth_type';
  const number = secondsOf.test(name) ? /^\d{1,9}(\.\d{1,6})?$/ : /^\d{1,9}$/;
  return isText || number.test(value)
    ? undefined
    : `setting ${name} is ${value}, which is no plain number (switches are 0 or 1, times are seconds): PgBouncer would not start`;
}

function preparedNotes(minor: number | undefined, image: string | undefined): readonly string[] {
  if (image === undefined || (minor !== undefined && minor >= preparesSince)) return [];
  const why =
    minor === undefined
      ? `Image ${image} does not say which PgBouncer it is`
      : `PgBouncer 1.${minor} knows no prepared statements in this mode`;
  return [
    `${why}: before 1.${preparesSince} applications must not use prepared statements through it (in JDBC prepareThreshold=0).`,
  ];
}

/** `registry.example/pgbouncer:1.24.1` is 24, also with a digest after it; undefined without a tag that says so. */
function minorOf(image: string): number | undefined {
  const found = /:v?1\.(\d{1,3})(?![\d])[^:/@]*(@[^/]*)?$/.exec(image)?.[1];
  return found === undefined ? undefined : Number(found);
}
