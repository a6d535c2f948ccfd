// Reads the two slash commands. A wrong word is an answer with the nearest right one, never a guess.

import type { Systems } from '../plan/system.ts';
import { suggestion } from '../words/nearest.ts';
import { command, knownSystem, misuse, reasonOf, whichSystem } from './answers.ts';
import { forSeconds } from './for-time.ts';
import { restart, run } from './procedures.ts';
import { type Sizes, sizesOf } from './sizes.ts';
import { charactersMax, splitWords, type Words } from './words.ts';

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'systems' }
  | { readonly kind: 'status'; readonly system?: string }
  | { readonly kind: 'rules'; readonly system: string }
  | {
      readonly kind: SizingWord;
      readonly system: string;
      readonly inputs: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'explain-plan'; readonly plan: string }
  | { readonly kind: 'right-size'; readonly system: string; readonly component?: string }
  | ({
      readonly kind: 'scale';
      readonly system: string;
      readonly component: string;
      readonly reason?: string;
      /** It is lent for so long. */
      readonly forSeconds?: number;
    } & Sizes)
  | {
      readonly kind: 'run';
      readonly system: string;
      /** Undefined: which ones there are. */
      readonly procedure?: string;
      readonly given: ReadonlyMap<string, string>;
    }
  | {
      readonly kind: 'restart';
      readonly system: string;
      readonly database: string;
      /** Written before it, so that they come into effect. */
      readonly settings: Readonly<Record<string, string>>;
      readonly reason?: string;
    }
  | { readonly kind: 'revert'; readonly plan: string; readonly reason?: string }
  | { readonly kind: 'extend'; readonly plan: string; readonly seconds?: number }
  | { readonly kind: 'give-back'; readonly plan: string }
  | { readonly kind: 'stop'; readonly scope: string; readonly reason?: string }
  | { readonly kind: 'resume'; readonly scope: string; readonly reason?: string };

export type ParsedCommand =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'misuse'; readonly because: string };

/** Words that size a system from `key=value…`. */
const sizingWords = ['plan', 'what-if', 'forecast', 'cost', 'explain'] as const;
type SizingWord = (typeof sizingWords)[number];

const capacityWords = ['help', 'systems', 'status', 'rules', 'right-size', ...sizingWords] as const;
const scalePairs = ['replicas', 'cpu', 'memory', 'for', 'reason'] as const;

/** `/capacity help | systems | status [SYSTEM] | rules SYSTEM | plan|what-if|forecast|cost|explain SYSTEM key=value… | explain PLAN | right-size SYSTEM[/component]`. */
export function parseCapacityCommand(text: string, systems: Systems): ParsedCommand {
  const words = splitWords(text);
  const broken = brokenWords(words);
  if (broken !== undefined) return misuse(broken);
  const [verb = 'help', system, extra] = words.plain;
  if (extra !== undefined) return misuse(`I do not know what to do with "${extra}"`);
  switch (verb.toLowerCase()) {
    case 'help':
      return command({ kind: 'help' });
    case 'systems':
      return noPairs(words) ?? command({ kind: 'systems' });
    case 'status': {
      const unknown = noPairs(words);
      if (unknown !== undefined) return unknown;
      if (system === undefined) return command({ kind: 'status' });
      return knownSystem(system, systems, (id) => command({ kind: 'status', system: id }));
    }
    case 'rules': {
      if (system === undefined) return misuse(whichSystem(systems));
      return (
        noPairs(words) ??
        knownSystem(system, systems, (id) => command({ kind: 'rules', system: id }))
      );
    }
    case 'right-size':
      return noPairs(words) ?? rightSize(system, systems);
    default:
      return sizing(verb, system, words, systems);
  }
}

/** The id of a plan, as cards show it. */
const planId = /^p-[a-z0-9]{4,32}$/;

function sizing(
  verb: string,
  system: string | undefined,
  words: Words,
  systems: Systems,
): ParsedCommand {
  const kind = sizingWords.find((word) => word === verb.toLowerCase());
  if (kind === undefined) return misuse(`there is no "${verb}"${suggestion(verb, capacityWords)}`);
  if (system === undefined) {
    return misuse(whichSystem(systems, kind === 'explain' ? ' or plan' : ''));
  }
  if (kind === 'explain' && !systems.has(system) && planId.test(system)) {
    return noPairs(words) ?? command({ kind: 'explain-plan', plan: system });
  }
  return knownSystem(system, systems, (id) => command({ kind, system: id, inputs: words.pairs }));
}

function rightSize(target: string | undefined, systems: Systems): ParsedCommand {
  if (target === undefined) return misuse(whichSystem(systems));
  const [system = '', component, rest] = target.split('/');
  if (rest !== undefined) return misuse(`"${target}" should be SYSTEM or SYSTEM/component`);
  return knownSystem(system, systems, (id) =>
    component === undefined
      ? command({ kind: 'right-size', system: id })
      : knownComponent(id, component, systems, () =>
          command({ kind: 'right-size', system: id, component }),
        ),
  );
}

/** `/scale SYSTEM/component replicas=N cpu=750m memory=2Gi [reason="…"]` with at least one of the three, `for=2h` for a time, `/scale extend PLAN [for=1h]`, `/scale give-back PLAN`, `/scale revert PLAN`, `/scale run SYSTEM PROCEDURE key=value…`, `/scale restart SYSTEM DATABASE`, `/scale stop|resume [SYSTEM]`. */
export function parseScaleCommand(text: string, systems: Systems): ParsedCommand {
  const words = splitWords(text);
  const broken = brokenWords(words);
  if (broken !== undefined) return misuse(broken);
  const [first, second, extra] = words.plain;
  if (first === undefined || first.toLowerCase() === 'help') return command({ kind: 'help' });
  const verb = first.toLowerCase();
  if (verb === 'run') return run(words, systems);
  if (verb === 'restart') return restart(words, systems);
  if (extra !== undefined) return misuse(`I do not know what to do with "${extra}"`);
  if (verb === 'extend' || verb === 'give-back' || verb === 'revert') {
    return ofPlan(verb, second, words);
  }
  if (verb === 'stop' || verb === 'resume') return stopOrResume(verb, second, words, systems);
  if (second !== undefined) return misuse(`I do not know what to do with "${second}"`);
  return scale(first, words, systems);
}

function scale(target: string, words: Words, systems: Systems): ParsedCommand {
  const [systemId = '', componentId, rest] = target.split('/');
  if (rest !== undefined) return misuse(`"${target}" should be SYSTEM/component`);
  if (!systems.has(systemId) && componentId === undefined) {
    const known = [
      'run',
      'restart',
      'revert',
      'extend',
      'give-back',
      'stop',
      'resume',
      ...systems.keys(),
    ];
    return misuse(`there is no system or word "${systemId}"${suggestion(systemId, known)}`);
  }
  return knownSystem(systemId, systems, (id) => {
    const components = [...(systems.get(id)?.profile.components.keys() ?? [])];
    if (components.length === 0)
      return misuse(`${id} has no profile; scale its workloads where they are defined`);
    if (componentId === undefined)
      return misuse(`which component of ${id}? One of: ${components.join(', ')}`);
    return knownComponent(id, componentId, systems, () => scaleTo(id, componentId, words));
  });
}

function scaleTo(system: string, component: string, words: Words): ParsedCommand {
  const unknown = [...words.pairs.keys()].find((key) => !scalePairs.some((known) => known === key));
  if (unknown !== undefined) {
    return misuse(`there is no setting "${unknown}"${suggestion(unknown, scalePairs)}`);
  }
  const sizes = sizesOf(words);
  if (typeof sizes === 'string') return misuse(sizes);
  const lasts = forSeconds(words);
  if (typeof lasts === 'string') return misuse(lasts);
  const { seconds } = lasts;
  if (seconds !== undefined && sizes.requests !== undefined) {
    return misuse('for= goes with replicas= alone: the size of pods is not changed back by itself');
  }
  return command({
    kind: 'scale',
    system,
    component,
    ...sizes,
    ...(seconds !== undefined && { forSeconds: seconds }),
    ...reasonOf(words),
  });
}

/** What else may stand behind a plan. */
const pairsOfPlan = { extend: ['for'], 'give-back': [], revert: ['reason'] } as const;

function ofPlan(
  kind: keyof typeof pairsOfPlan,
  plan: string | undefined,
  words: Words,
): ParsedCommand {
  if (plan === undefined || !planId.test(plan)) {
    return misuse(`which plan? Its card and the status show it: ${kind} p-…`);
  }
  const known: readonly string[] = pairsOfPlan[kind];
  const unknown = [...words.pairs.keys()].find((key) => !known.includes(key));
  if (unknown !== undefined) {
    return misuse(`there is no setting "${unknown}"${suggestion(unknown, known)}`);
  }
  if (kind === 'revert') return command({ kind, plan, ...reasonOf(words) });
  const lasts = forSeconds(words);
  if (typeof lasts === 'string') return misuse(lasts);
  return command(kind === 'extend' ? { kind, plan, ...lasts } : { kind, plan });
}

function knownComponent(
  system: string,
  component: string,
  systems: Systems,
  then: () => ParsedCommand,
): ParsedCommand {
  const components = [...(systems.get(system)?.profile.components.keys() ?? [])];
  return components.includes(component)
    ? then()
    : misuse(`${system} has no component "${component}"${suggestion(component, components)}`);
}

function stopOrResume(
  verb: 'stop' | 'resume',
  what: string | undefined,
  words: Words,
  systems: Systems,
): ParsedCommand {
  const unknown = [...words.pairs.keys()].find((key) => key !== 'reason' && key !== 'cluster');
  if (unknown !== undefined)
    return misuse(`there is no setting "${unknown}"${suggestion(unknown, ['reason', 'cluster'])}`);
  const cluster = words.pairs.get('cluster');
  const make = (scope: string): ParsedCommand => command({ kind: verb, scope, ...reasonOf(words) });
  if (cluster !== undefined) {
    const clusters = new Set([...systems.values()].map((system) => system.cluster));
    if (what !== undefined) return misuse('name a system or a cluster, not both');
    if (!clusters.has(cluster))
      return misuse(`there is no cluster "${cluster}"${suggestion(cluster, clusters)}`);
    return make(`cluster:${cluster}`);
  }
  return what === undefined ? make('*') : knownSystem(what, systems, (id) => make(`system:${id}`));
}

/** A setting where none has a meaning would be ignored in silence; what was meant is then not what is shown. */
function noPairs({ pairs }: Words): ParsedCommand | undefined {
  const [key] = pairs.keys();
  return key === undefined ? undefined : misuse(`I do not know what to do with "${key}="`);
}

function brokenWords(words: Words): string | undefined {
  if (words.tooLong) return `a command has at most ${charactersMax} characters`;
  if (words.unclosed) return 'a quote was opened and not closed';
  return words.twice === undefined ? undefined : `"${words.twice}" is there twice`;
}
