// Measures the inputs that nobody gave, in Prometheus or in the system's own databases; what cannot be measured is said.

import type { Known } from '../database/health-lines.ts';
import {
  inputQueries,
  inputValue,
  schemaQuery,
  whyNotMeasured,
} from '../database/measured-input.ts';
import { OperationError } from '../errors.ts';
import { readsOf } from '../plan/database-reads.ts';
import type { System } from '../plan/system.ts';
import { promqlNamesOf } from '../plan/system.ts';
import { formatNumber } from '../profile/amount.ts';
import type { Input } from '../profile/profile.ts';
import { readMetric } from './observe-target.ts';
import type { Parts } from './parts.ts';

/** A measured input older than this says nothing about now. */
export const inputAgeSecondsMax = 900;

/** What a plan may ask Prometheus (design, section 7): inputs first, then the use of the first component. */
const inputsMeasuredMax = 4;

type Outside = Pick<Parts, 'metricsOf' | 'clock' | 'counters' | 'databases'>;

export interface Measured {
  readonly given: ReadonlyMap<string, string>;
  /** What was measured, for whoever reads the size. */
  readonly notes: readonly string[];
  /** What could not be, for whoever must give it. */
  readonly problems: readonly string[];
}

type Found =
  | { readonly kind: 'value'; readonly value: number; readonly how: string }
  | { readonly kind: 'missing'; readonly because: string }
  /** Nothing was tried; `because` only where the plan cannot do without it. */
  | { readonly kind: 'left'; readonly because?: string };

/**
 * Adds measured values for inputs that nobody gave. One that cannot be measured keeps its default, and that is said; one
 * without a default is missing, and then why it could not be measured is said beside it.
 */
export async function measureInputs(
  system: System,
  given: ReadonlyMap<string, string>,
  parts: Outside,
): Promise<Measured> {
  const wanted = [...system.profile.inputs.values()].filter(
    ({ name, observe }) => observe !== undefined && !given.has(name),
  );
  const inMetrics = wanted
    .filter(({ observe }) => observe !== undefined && 'promql' in observe)
    .slice(0, inputsMeasuredMax);
  // At once, so that a server that hangs costs its deadline once.
  const found = await Promise.all(
    wanted.map(async (input) => ({
      input,
      found: await measure(input, system, inMetrics.includes(input), parts),
    })),
  );
  const all = new Map(given);
  const notes: string[] = [];
  const problems: string[] = [];
  for (const { input, found: one } of found) {
    const { name } = input;
    const isNeeded = isMissing(system.profile, name, given);
    if (one.kind === 'value') {
      const value = wholeWhere(input, one.value);
      all.set(name, decimal(value));
      notes.push(`${name}=${formatNumber(value)} was ${one.how}`);
    } else if (one.kind === 'left') {
      if (isNeeded && one.because !== undefined) problems.push(one.because);
    } else if (isNeeded) {
      problems.push(`measuring ${name}: ${one.because}`);
    } else if (input.default !== undefined) {
      notes.push(`${name} could not be measured (${one.because}), so its default counts`);
    }
  }
  return { given: all, notes, problems };
}

async function measure(
  { name, observe }: Input,
  system: System,
  mayAskMetrics: boolean,
  parts: Outside,
): Promise<Found> {
  if (observe === undefined) return { kind: 'left' };
  if (!('promql' in observe)) {
    const place = system.databases.get(observe.database);
    if (place?.connection === undefined) {
      const because = `${name} is kept in database ${observe.database}, which headroom.yaml names no connection for: give it as ${name}=N`;
      return { kind: 'left', because };
    }
    const reading = await readSql(observe, system, parts);
    const how = `read in database ${observe.database}`;
    return reading.kind === 'value' ? { ...reading, how } : reading;
  }
  const [first] = system.profile.components.keys();
  const names = first === undefined ? undefined : promqlNamesOf(system, first);
  if (names === undefined || !mayAskMetrics) return { kind: 'left' };
  const reading = await readMetric(
    { promql: observe.promql, names, cluster: system.cluster, maxAgeSeconds: inputAgeSecondsMax },
    parts,
  );
  if (reading.kind === 'value') {
    const { value, ageSeconds } = reading;
    return { kind: 'value', value, how: `measured ${ageSeconds} s ago` };
  }
  const because = reading.kind === 'missing' ? reading.because : 'the newest sample is too old';
  return { kind: 'missing', because };
}

async function readSql(
  { sql, database }: { readonly sql: string; readonly database: string },
  system: System,
  { databases }: Outside,
): Promise<Known> {
  try {
    const address = { system: system.id, name: database };
    const { schema } = readsOf(system, database);
    const asked = await databases.read(address, [schemaQuery(schema)]);
    const because = whyNotMeasured(schema, asked);
    if (because !== undefined) return { kind: 'missing', because };
    return inputValue(await databases.read(address, inputQueries(sql, schema)));
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { kind: 'missing', because: error.message };
  }
}

/** Whether a plan cannot be made without it: it is required, or another input follows from it that is not given either. */
function isMissing(
  { inputs }: System['profile'],
  name: string,
  given: ReadonlyMap<string, string>,
): boolean {
  const input = inputs.get(name);
  if (input === undefined || input.default !== undefined || given.has(name)) return false;
  const followers = [...inputs.values()].filter((each) => each.default?.names.has(name) === true);
  return input.required || followers.some((each) => !given.has(each.name));
}

/** As somebody would type it: never with an exponent. */
function decimal(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(6).replace(/\.?0+$/, '');
}

/** Counts are rounded up: half a site more is a site more. */
function wholeWhere({ type }: Input, value: number): number {
  return type === 'integer' ? Math.ceil(value) : value;
}
