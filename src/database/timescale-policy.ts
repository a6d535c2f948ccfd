// Adds, changes or removes a policy of TimescaleDB: what it compresses, drops or refreshes by itself, and when.

import type { z } from 'zod';
import type { DeedKind } from './deed-kind.ts';
import type { InSchema } from './names.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import type { Standing, Statements } from './standing.ts';
import {
  asRelation,
  type CompressionWords,
  hypertableLock,
  policiesQuery,
  policyRow,
  type Span,
  timescaleCall,
  writtenSpan,
} from './timescale-api.ts';

export type Policy = 'compress' | 'retain' | 'refresh';

/** What a policy goes by. */
export interface PolicyTimes {
  /** Chunks older than that are compressed or dropped. */
  readonly after?: Span;
  /** The window that is refreshed, back from now; without a start all of it, without an end up to the newest. */
  readonly start?: Span;
  readonly end?: Span;
  /** How often it runs; of compression and retention only kept, never chosen. */
  readonly every?: Span;
}

/** One policy of a hypertable or an aggregate. */
export interface PolicyDeed {
  readonly deed: 'timescale-policy';
  readonly policy: Policy;
  readonly on: InSchema;
  /** The hypertable that it is, or that it is an aggregate of. */
  readonly table: InSchema;
  /** Where TimescaleDB's functions stand. */
  readonly functions: string;
  readonly words: CompressionWords;
  /** There are rows that it would drop, sooner or later. */
  readonly drops?: true;
  /** Absent: there is none. */
  readonly before?: PolicyTimes;
  readonly after?: PolicyTimes;
}

const procedures: Readonly<Record<Policy, readonly string[]>> = {
  compress: ['policy_compression', 'policy_columnstore'],
  retain: ['policy_retention'],
  refresh: ['policy_refresh_continuous_aggregate'],
};

/** A policy as it is; `times` is undefined for one that goes by when chunks were made, which Headroom does not touch. */
interface SeenPolicy {
  readonly times: PolicyTimes | undefined;
  readonly isPaused: boolean;
}

/** The policies of one kind, by the answers to `policiesQuery`. */
export function policiesSeen(
  policy: Policy,
  answers: Answers,
  index: number,
): readonly SeenPolicy[] {
  return rowsOf(policyRow, answers, index)
    .filter(({ procedure }) => procedures[policy].includes(procedure))
    .map((row) => ({ times: timesOf(policy, row), isPaused: !row.scheduled }));
}

function timesOf(
  policy: Policy,
  { every, config }: z.infer<typeof policyRow>,
): PolicyTimes | undefined {
  const { drop_after: drop, compress_after: compress, start_offset: start } = config ?? {};
  const { end_offset: end } = config ?? {};
  if (policy === 'refresh') return { ...(start && { start }), ...(end && { end }), every };
  const after = policy === 'retain' ? drop : compress;
  return after && { after, every };
}

export function sameTimes(
  policy: Policy,
  one: PolicyTimes | undefined,
  other: PolicyTimes | undefined,
): boolean {
  if (one === undefined || other === undefined) return one === other;
  const compared = policy === 'refresh' ? (['start', 'end', 'every'] as const) : ['after' as const];
  return compared.every((key) => one[key]?.seconds === other[key]?.seconds);
}

/** Both in one transaction: there is no moment without the policy. */
function write(deed: PolicyDeed): Statements {
  const statements = [
    ...(deed.before === undefined ? [] : [removal(deed)]),
    ...(deed.after === undefined ? [] : [addition(deed, deed.after)]),
  ];
  return { manner: 'together', lock: hypertableLock(deed.table), statements };
}

function removal({ policy, on, functions, words }: PolicyDeed): string {
  const relation = asRelation(on);
  const call = (name: string, args: Readonly<Record<string, string>>) =>
    timescaleCall(functions, name, args);
  switch (policy) {
    case 'compress':
      return words === 'columnstore'
        ? `call ${call('remove_columnstore_policy', { hypertable: relation, if_exists: 'true' })}`
        : `select ${call('remove_compression_policy', { hypertable: relation, if_exists: 'true' })}`;
    case 'retain':
      return `select ${call('remove_retention_policy', { relation, if_exists: 'true' })}`;
    case 'refresh':
      // Its argument for "if it exists" has changed its name over the versions.
      return `select ${call('remove_continuous_aggregate_policy', { continuous_aggregate: relation })}`;
  }
}

function addition({ policy, on, functions, words, before }: PolicyDeed, times: PolicyTimes) {
  const relation = asRelation(on);
  const { after, start, end, every = before?.every } = times;
  const written = (span: Span | undefined) => (span === undefined ? 'null' : writtenSpan(span));
  const rest = { ...(every && { schedule_interval: writtenSpan(every) }), if_not_exists: 'true' };
  const call = (name: string, args: Readonly<Record<string, string>>) =>
    timescaleCall(functions, name, { ...args, ...rest });
  switch (policy) {
    case 'compress':
      return words === 'columnstore'
        ? `call ${call('add_columnstore_policy', { hypertable: relation, after: written(after) })}`
        : `select ${call('add_compression_policy', { hypertable: relation, compress_after: written(after) })}`;
    case 'retain':
      return `select ${call('add_retention_policy', { relation, drop_after: written(after) })}`;
    case 'refresh':
      return `select ${call('add_continuous_aggregate_policy', {
        continuous_aggregate: relation,
        start_offset: written(start),
        end_offset: written(end),
      })}`;
  }
}

/** One row where what it is to be on is there: an earlier deed of its plan may make that. */
function groundQuery({ policy, on: { schema, name } }: PolicyDeed): Query {
  const text =
    policy === 'compress'
      ? `select from timescaledb_information.hypertables
          where (hypertable_schema, hypertable_name) = ($1, $2) and compression_enabled`
      : `select from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where (n.nspname, c.relname) = ($1, $2)`;
  return { text, values: [schema, name] };
}

function groundWords({ policy, on: { schema, name } }: PolicyDeed): string {
  return policy === 'compress'
    ? `the compression of ${schema}.${name} is not switched on`
    : `there is no ${schema}.${name}`;
}

function standing(deed: PolicyDeed, answers: Answers): Standing {
  const { policy, before, after } = deed;
  const [now, ...others] = policiesSeen(policy, answers, 0);
  if (others.length > 0 || (now !== undefined && now.times === undefined)) {
    return drifted(
      `it has ${others.length > 0 ? `${others.length + 1} policies` : 'a policy'} that Headroom did not see`,
    );
  }
  if (sameTimes(policy, now?.times, after)) {
    return now?.isPaused === true
      ? { kind: 'reached', note: 'the policy is paused, and somebody meant that' }
      : { kind: 'reached' };
  }
  if (after !== undefined && answers[1]?.length === 0) return drifted(groundWords(deed));
  if (sameTimes(policy, now?.times, before)) return { kind: 'unchanged', write: write(deed) };
  return drifted(
    `the policy is ${policyWords(policy, now?.times)}, the plan saw ${policyWords(policy, before)}`,
  );
}

function drifted(because: string): Standing {
  return { kind: 'drifted', because };
}

export function policyWords(policy: Policy, times: PolicyTimes | undefined): string {
  if (times === undefined) return 'none';
  const { after, start, end, every } = times;
  if (policy !== 'refresh') return `after ${after?.text ?? '?'}`;
  return `from ${start?.text ?? 'the first row'} to ${end?.text ?? 'nothing'} ago, every ${every?.text ?? '?'}`;
}

const titles = { compress: 'compression', retain: 'dropping', refresh: 'refresh' } as const;

export const policyDeed: DeedKind<PolicyDeed> = {
  allow: ({ drops }) => (drops ? 'drops' : 'timescale'),
  // Nothing brings dropped rows back, and without the policy that looks as if something had.
  undo: (deed) => (deed.drops ? { kind: 'none' } : { kind: 'exact', by: undone(deed) }),
  isTakenBack: ({ drops }) => !drops,
  isDecrease: ({ drops }) => drops === true,
  statements: (deed) => write(deed).statements,
  look: (deed) => [policiesQuery(deed.on), groundQuery(deed)],
  standing,
  words: ({ policy, on, before, after }) =>
    `${titles[policy]} of ${on.schema}.${on.name}: ${policyWords(policy, before)} → ${policyWords(policy, after)}`,
};

function undone({ before, after, ...rest }: PolicyDeed): PolicyDeed {
  return {
    ...rest,
    ...(after !== undefined && { before: after }),
    ...(before !== undefined && { after: before }),
  };
}
