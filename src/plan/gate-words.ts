// A gate in words: what is looked at, waited for, or asked of somebody.

import { formatDuration } from '../profile/duration.ts';
import { facts } from '../profile/facts.ts';
import { boundWords } from '../sizing/step-words.ts';
import type { Gate, Look } from './step.ts';

/** One clause; what the profile says about it stands first. */
export function gateWords(gate: Gate): string {
  switch (gate.kind) {
    case 'check':
      return withSay(
        gate.say,
        `see that ${lookWords(gate.look)}${gate.otherwise === 'warn' ? ', else go on with a warning' : ''}`,
      );
    case 'wait': {
      const meanwhile = gate.look === undefined ? '' : `, while ${lookWords(gate.look)}`;
      return withSay(gate.say, `wait ${formatDuration(gate.seconds * 1000)}${meanwhile}`);
    }
    case 'human': {
      const then = gate.look === undefined ? '' : `; then see that ${lookWords(gate.look)}`;
      return withSay(
        gate.say,
        `${gate.what}${gate.who === undefined ? '' : ` (${gate.who})`}${then}`,
      );
    }
  }
}

function withSay(say: string | undefined, words: string): string {
  return say === undefined ? words : `${words}. ${say}`;
}

function lookWords({ http, rollout, metric, fact, settings, withinSeconds }: Look): string {
  const all = [
    ...(rollout === undefined ? [] : [`all pods of ${rollout.name} are ready`]),
    ...(http === undefined ? [] : [`${http.url} answers ${http.status}`]),
    ...(metric === undefined ? [] : [`${metric.promql} is ${boundWords(metric)}`]),
    ...(fact === undefined ? [] : [factWords(fact)]),
    ...(settings === undefined ? [] : [settingWords(settings)]),
  ].join(' and ');
  return withinSeconds === undefined
    ? all
    : `${all}, within ${formatDuration(withinSeconds * 1000)}`;
}

function settingWords({ database, values }: NonNullable<Look['settings']>): string {
  const pairs = Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return `database ${database.name} has in effect: ${pairs.join(', ')}`;
}

function factWords(fact: NonNullable<Look['fact']>): string {
  const { words, unit } = facts[fact.name];
  if (unit === 'yes') return words;
  return `${words}: ${boundWords(fact)}${unit === '' ? '' : ` ${unit}`}`;
}
