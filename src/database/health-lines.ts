// What a look at a database comes to, sentence by sentence, each with how bad it is.

import { formatNumber } from '../profile/amount.ts';
import type {
  ConnectionsNow,
  CountersNow,
  OpenTransaction,
  ReplayNow,
  ServerNow,
  StandbyNow,
} from './health.ts';
import { cacheHitPercent } from './health.ts';
import { type Level, levelOf } from './health-levels.ts';
import type { SizesNow } from './sizes.ts';

/** A number, or why nobody knows it. */
export type Known =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'missing'; readonly because: string };

export interface DatabaseHealth {
  readonly server: ServerNow;
  readonly connections: ConnectionsNow;
  readonly standbys: readonly StandbyNow[];
  /** Of a standby. */
  readonly replay: ReplayNow | undefined;
  readonly counters: CountersNow;
  readonly transactionsPerSecond: Known;
  readonly transactions: readonly OpenTransaction[];
  readonly invalidIndexes: readonly string[];
  readonly settingsPending: readonly string[];
  readonly sizes: SizesNow;
  readonly backupHours: Known;
}

/** One database of headroom.yaml, by its name there. */
export type DatabaseSeen =
  | { readonly kind: 'seen'; readonly name: string; readonly health: DatabaseHealth }
  | { readonly kind: 'unseen'; readonly name: string; readonly because: string };

/** A clause without its full stop. */
export interface HealthLine {
  readonly level: Level | 'unknown';
  readonly text: string;
}

/** What it is: "primary, PostgreSQL 18.0". */
export function serverWords({ isStandby, version }: ServerNow): string {
  return `${isStandby ? 'standby' : 'primary'}, PostgreSQL ${version}`;
}

/** In the order in which people ask; names in it come from the server and are not safe to show as they are. */
export function healthLines(health: DatabaseHealth): readonly HealthLine[] {
  const { counters, sizes, backupHours, transactionsPerSecond: rate } = health;
  const hits = cacheHitPercent(counters);
  return [
    connectionsLine(health),
    ...replicationLines(health),
    hits === undefined
      ? unknown('reads answered from memory: nothing was read yet')
      : line(
          levelOf('cache-hit-percent', hits),
          `${tenths(hits)} % of reads answered from memory${sinceWords(counters)}`,
        ),
    rate.kind === 'missing'
      ? unknown(`transactions a second: ${rate.because}`)
      : line(
          levelOf('transactions-per-second', rate.value),
          `${tenths(rate.value)} transactions a second`,
        ),
    line('ok', sizeWords(sizes)),
    ...health.transactions.flatMap(transactionLine),
    ...leftovers(health),
    backupHours.kind === 'missing'
      ? unknown(`age of the newest backup: ${backupHours.because}`)
      : line(
          levelOf('backup-age-hours', backupHours.value),
          `last saved ${spanWords(backupHours.value * 3600)} ago`,
        ),
    unknown('free space of its volume: SQL does not tell'),
  ];
}

function line(level: HealthLine['level'], text: string): HealthLine {
  return { level, text };
}

function unknown(text: string): HealthLine {
  return line('unknown', text);
}

function connectionsLine({ server, connections }: DatabaseHealth): HealthLine {
  const { maxConnections: max, reserved } = server;
  const { used, byState, byApplication } = connections;
  const percent = (100 * used) / max;
  const states = byState.slice(0, 4).map(({ name, count }) => `${count} ${name}`);
  const [most] = byApplication;
  const words = [
    `${used} of ${max} connections in use (${tenths(percent)} %, ${reserved} in reserve)`,
    ...(states.length === 0 ? [] : [`: ${states.join(', ')}`]),
    ...(most === undefined ? [] : [` (most by ${most.name}: ${most.count})`]),
  ];
  return line(levelOf('connections-used-percent', percent), words.join(''));
}

function replicationLines({ server, standbys, replay }: DatabaseHealth): readonly HealthLine[] {
  const own = replay === undefined ? [] : [replayLine(replay)];
  if (standbys.length === 0) {
    return server.isStandby ? own : [line('ok', 'no standby receives anything from it')];
  }
  return [...own, ...standbys.map(standbyLine)];
}

function replayLine({ isReceiving, lagSeconds, lagBytes }: ReplayNow): HealthLine {
  if (!isReceiving) return line('critical', 'it is not connected to its primary');
  if (lagSeconds === undefined) return unknown('its lag: it has replayed nothing yet');
  const behind = behindWords(lagSeconds, lagBytes);
  return line(levelOf('replication-lag-seconds', lagSeconds), `it is ${behind}`);
}

function standbyLine({ name, state, sync, lagSeconds, lagBytes }: StandbyNow): HealthLine {
  if (state === undefined) {
    return unknown(`how far standby ${name} is: the role may not see it; grant it pg_monitor`);
  }
  const is = `standby ${name}: ${state}${sync === undefined ? '' : `, ${sync}`}`;
  if (lagSeconds === undefined) return unknown(`${is}, it has not said how far it is`);
  const level = levelOf('replication-lag-seconds', lagSeconds);
  const words = `${is}, ${behindWords(lagSeconds, lagBytes)}`;
  return line(state === 'streaming' || level !== 'ok' ? level : 'warning', words);
}

function behindWords(seconds: number, bytes: number | undefined): string {
  const size = bytes === undefined || bytes === 0 ? '' : ` (${bytesWords(bytes)})`;
  return seconds === 0 && size === '' ? 'not behind' : `${spanWords(seconds)} behind${size}`;
}

/** Short ones are the daily bread. */
function transactionLine(each: OpenTransaction): readonly HealthLine[] {
  const level = levelOf('transaction-seconds', each.seconds);
  if (level === 'ok') return [];
  const state = each.state === undefined ? '' : `, ${each.state}`;
  const whose = `${each.application} (role ${each.role})`;
  const words = `a transaction of ${whose} is open for ${spanWords(each.seconds)}${state}`;
  return [line(level, words)];
}

function leftovers({ invalidIndexes, settingsPending }: DatabaseHealth): readonly HealthLine[] {
  const pending = `settings that wait for a restart: ${named(settingsPending)}`;
  return [
    invalidIndexes.length === 0
      ? line('ok', 'no index is invalid')
      : line('warning', `indexes left invalid: ${named(invalidIndexes)}`),
    settingsPending.length === 0
      ? line('ok', 'no setting waits for a restart')
      : line('warning', pending),
  ];
}

function named(all: readonly string[]): string {
  const shown = all.slice(0, 3).join(', ');
  return all.length > 3 ? `${shown} and ${all.length - 3} more` : shown;
}

function sizeWords({ bytes, largest }: SizesNow): string {
  const tables = largest.map(({ name, bytes: own }) => `${name} ${bytesWords(own)}`);
  const most = tables.length === 0 ? '' : ` (its largest tables: ${tables.join(', ')})`;
  return `${bytesWords(bytes)} large${most}`;
}

function sinceWords({ since }: CountersNow): string {
  return since === undefined ? '' : ` since ${since.toISOString().slice(0, 10)}`;
}

function tenths(value: number): string {
  return formatNumber(Math.round(value * 10) / 10);
}

/** "8 KiB", "12.5 GiB". */
function bytesWords(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${tenths(bytes / 1024 ** power)} ${units[power]}`;
}

/** "4 s", "12 min", "3 h", in the largest unit that is honest. */
function spanWords(seconds: number): string {
  if (seconds < 90) return `${tenths(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return seconds < 72 * 3600
    ? `${Math.round(seconds / 3600)} h`
    : `${Math.round(seconds / 86_400)} days`;
}
