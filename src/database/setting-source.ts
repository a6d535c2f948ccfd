// Who gives a setting its value, by pg_settings.source, and whether that wins over what ALTER SYSTEM writes.

import type { ServerSetting } from './drawing.ts';
import type { ParameterName } from './parameters.ts';

/**
 * The server keeps a value from a stronger source when a weaker one says another (GucSource in its guc.h, weakest first).
 * ALTER SYSTEM writes postgresql.auto.conf, which is `configuration file` and is read last among the files. `default`
 * stands for what the server works out itself at its start as well; an environment variable of the server is weaker than
 * its files. Everything behind the files wins over them.
 */
const weaker: readonly string[] = ['default', 'environment variable', 'configuration file'];

/** Who it is that wins, and what to do about it. */
const stronger: Readonly<Record<string, (shown: string) => string>> = {
  'command line': () =>
    `is given on the server's command line, which wins over everything ALTER SYSTEM writes; change the arguments of its container`,
  global: (shown) =>
    `is ${shown} by ALTER ROLE ALL SET, which wins in every session over everything ALTER SYSTEM writes; take that back first`,
  database: (shown) => ofSession(shown, 'database that Headroom comes by'),
  user: (shown) => ofSession(shown, 'user that Headroom comes by'),
  'database user': (shown) => ofSession(shown, 'database user that Headroom comes by'),
  client: (shown) => ofSession(shown, "connection's own address that Headroom comes by"),
  override: (shown) =>
    `is ${shown} because the server sets it itself, whatever ALTER SYSTEM writes; look up in its log and manual why`,
  session: (shown) =>
    `is ${shown} because something in the session sets it, such as a trigger on login, which wins over everything ALTER SYSTEM writes; take that back first`,
};

function ofSession(shown: string, whose: string): string {
  return `is ${shown} by a setting of the ${whose}, which wins over everything ALTER SYSTEM writes; take that back first`;
}

/** In words, why writing it would have no effect; undefined where it would. */
export function whyNoEffect(
  name: ParameterName,
  { source, shown, needsRestart }: ServerSetting,
): string | undefined {
  if (weaker.includes(source)) return undefined;
  // Where the files say -1 the server puts its own number over it at its start; over any other number it puts none.
  if (source === 'override' && name === 'wal_buffers' && needsRestart) return undefined;
  const words = Object.hasOwn(stronger, source) ? stronger[source]?.(shown) : undefined;
  return words === undefined
    ? `${name} is ${shown} from the source "${source}", of which Headroom does not know that ALTER SYSTEM wins over it; look where it is set`
    : `${name} ${words}`;
}
