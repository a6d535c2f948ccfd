// Reads what somebody gives a procedure: only what it uses is asked for, and every mistake is told at once.
import type { Values } from '../profile/formula.ts';
import { namesIn } from '../profile/names-in.ts';
import type { NumberInput, Procedure, TextInput } from '../profile/procedure.ts';
import type { Input, Profile } from '../profile/profile.ts';
import { partsName, procedureNames, resultNames } from '../profile/scope.ts';
import { formWords, notOfForm } from '../profile/text-form.ts';
import { suggestion } from '../words/nearest.ts';
import { parseInputs } from './inputs.ts';
import type { Scope } from './step-values.ts';
import { valuesOf } from './values.ts';
import { type Money, planFor } from './what-if.ts';

export type ProcedureScope =
  | {
      readonly kind: 'read';
      readonly scope: Scope;
      /** What was given and what follows from it, in the order it is asked for. */
      readonly inputs: Readonly<Record<string, number | string>>;
    }
  | { readonly kind: 'misuse'; readonly mistakes: readonly string[] };

/** What a procedure asks of the profile. */
interface Asked {
  /** Inputs of the profile that it uses, by name: all of them when it uses what a sizing comes to. */
  readonly inputs: ReadonlyMap<string, Input>;
  readonly sizing: boolean;
}

/** What it asks of the profile; defaults of its own inputs ask for nothing where the input is `given`. */
export function askedBy(
  profile: Profile,
  procedure: Procedure,
  given: ReadonlyMap<string, unknown> = new Map(),
): Asked {
  const { inputs: own, ...rest } = procedure;
  const used = new Set(namesIn(rest));
  for (const [name, input] of own) {
    if (!given.has(name)) for (const each of namesIn(input)) used.add(each);
  }
  if (usesResults(used)) return { inputs: profile.inputs, sizing: true };
  const reached = new Set<string>();
  const reach = (name: string) => {
    if (reached.has(name)) return;
    reached.add(name);
    const formula = profile.values.get(name)?.formula ?? profile.inputs.get(name)?.default;
    for (const next of formula?.names.keys() ?? []) reach(next);
  };
  for (const name of used) reach(name);
  const inputs = new Map([...profile.inputs].filter(([name]) => reached.has(name)));
  return { inputs, sizing: false };
}

function usesResults(names: ReadonlySet<string>): boolean {
  return [...resultNames, ...procedureNames, partsName].some((name) => names.has(name));
}

/** What is known of a system when a procedure is worked out for it. */
export interface InputFacts {
  readonly profile: Profile;
  readonly procedure: Procedure;
  /** What somebody gives, as `key=value`. */
  readonly given: ReadonlyMap<string, string>;
  /** Pods that are wanted now, by component; one that is not there counts as its baseline. */
  readonly replicasNow?: ReadonlyMap<string, number>;
  /** What costs are counted with. */
  readonly money?: Money;
}

/** The numbers and texts its formulas and sentences may use, or all that is wrong with what was given. */
export function readProcedureInputs(all: InputFacts): ProcedureScope {
  const { profile, procedure, given, replicasNow, money } = all;
  const known = [...procedure.inputs.keys(), ...askedBy(profile, procedure).inputs.keys()];
  const what = `procedure ${procedure.id} of ${profile.id}`;
  const unknown = [...given.keys()]
    .filter((name) => !known.includes(name))
    .map((name) =>
      known.length === 0
        ? `${what} takes no inputs, so not "${name}"`
        : `${what} has no input "${name}"${suggestion(name, known) || ` (it has ${known.join(', ')})`}`,
    );
  const asked = askedBy(profile, procedure, given);
  const theirs = parseInputs({ ...profile, inputs: asked.inputs }, pick(given, asked.inputs));
  const texts = readTexts(procedure, given);
  const ownGiven = readOwnNumbers(profile, procedure, given);
  const mistakes = [
    ...unknown,
    ...(theirs.kind === 'misuse' ? theirs.mistakes : []),
    ...texts.mistakes,
    ...ownGiven.mistakes,
  ];
  if (theirs.kind === 'misuse' || mistakes.length > 0) return { kind: 'misuse', mistakes };
  const facts = knownNumbers(profile, theirs.inputs, asked, money);
  if ('mistakes' in facts) return { kind: 'misuse', mistakes: facts.mistakes };
  const numbers: Record<string, number> = { ...facts.numbers, ...ownGiven.numbers };
  const open: string[] = [];
  for (const [name, input] of procedure.inputs) {
    if (input.type === 'text' || name in ownGiven.numbers) continue;
    const seen = input.podsOf === undefined ? undefined : replicasNow?.get(input.podsOf);
    if (seen !== undefined) {
      numbers[name] = seen;
      continue;
    }
    const computed = input.default?.evaluate(numbers);
    if (computed?.ok) numbers[name] = computed.value;
    else open.push(`${name}: ${computed?.because ?? 'it is missing'}`);
  }
  if (open.length > 0) return { kind: 'misuse', mistakes: open };
  return {
    kind: 'read',
    scope: { numbers, texts: texts.texts },
    inputs: shown(procedure, theirs.inputs, { ...numbers, ...texts.texts }),
  };
}

/** Inputs and values of the whole system, and what the recommended sizing comes to in one of its parts. */
function knownNumbers(
  profile: Profile,
  inputs: Values,
  { sizing }: Asked,
  money: Money | undefined,
): { readonly numbers: Values } | { readonly mistakes: readonly string[] } {
  const whole = valuesOf(profile, inputs);
  if (!sizing) return { numbers: whole };
  const { recommended, database, sizings } = planFor(profile, inputs, money);
  if (recommended === undefined) {
    const each = sizings.map((sized) => `${sized.sizing.id}: ${sized.reasons.join(', ')}`);
    return { mistakes: ['no sizing of the profile fits these inputs', ...each] };
  }
  const gib = database?.storageGib['provisioned'];
  const usd = recommended.costUsdPerMonth;
  return {
    numbers: {
      ...recommended.values,
      ...whole,
      ...(gib !== undefined && { database_gib: gib }),
      ...(database && {
        database_replicas: database.replicas,
        database_poolers: database.pooler?.replicas ?? 0,
      }),
      ...(usd !== undefined && { cost_usd: usd }),
    },
  };
}

function readOwnNumbers(
  profile: Profile,
  procedure: Procedure,
  given: ReadonlyMap<string, string>,
): { readonly numbers: Values; readonly mistakes: readonly string[] } {
  const inputs = new Map(
    [...procedure.inputs].flatMap(([name, input]): (readonly [string, Input])[] =>
      input.type === 'text' ? [] : [[name, asInput(name, input)]],
    ),
  );
  const read = parseInputs({ ...profile, inputs }, pick(given, inputs));
  return read.kind === 'parsed'
    ? { numbers: read.inputs, mistakes: [] }
    : { numbers: {}, mistakes: read.mistakes };
}

/** Defaults are computed later, from more than other inputs; one without is needed. */
function asInput(name: string, { type, unit, min, max, default: computed }: NumberInput): Input {
  return { name, type, unit, min, max, demand: false, required: computed === undefined };
}

function readTexts(
  procedure: Procedure,
  given: ReadonlyMap<string, string>,
): { readonly texts: Readonly<Record<string, string>>; readonly mistakes: readonly string[] } {
  const texts: Record<string, string> = {};
  const mistakes: string[] = [];
  for (const [name, input] of procedure.inputs) {
    if (input.type !== 'text') continue;
    const text = given.get(name) ?? input.default;
    const wrong = text === undefined ? undefined : notOfForm(text, input.form);
    if (text === undefined) mistakes.push(missingText(name, input));
    else if (wrong !== undefined) mistakes.push(`${name} must be ${wrong}, not "${text}"`);
    else texts[name] = text;
  }
  return { texts, mistakes };
}

function missingText(name: string, { form }: TextInput): string {
  return `${name} is missing (${formWords(form)})`;
}

function pick(
  given: ReadonlyMap<string, string>,
  inputs: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, string> {
  return new Map([...given].filter(([name]) => inputs.has(name)));
}

function shown(
  { inputs: own }: Procedure,
  theirs: Values,
  all: Readonly<Record<string, number | string>>,
): Readonly<Record<string, number | string>> {
  const rest = [...own.keys()].flatMap((name) => {
    const value = all[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...theirs, ...Object.fromEntries(rest) };
}
