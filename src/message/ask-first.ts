// What a button asks before it does what takes capacity away or cannot be undone: a tap on a phone may meet the wrong card.

import { type Change, isDecrease } from '../change/change.ts';
import type { Plan } from '../plan/plan.ts';
import { changesOf } from '../plan/step.ts';
import { changeWords } from './change-words.ts';
import { cut, literal, type Question } from './message.ts';

/** `words`: what goes from what to what. */
export function giveBackQuestion(words: string): Question {
  return {
    title: 'Give back now?',
    text: `${words}. It is done at once, unless an alert fires or what stays could not carry the load.`,
    yes: 'Give back',
    no: 'Keep it',
  };
}

/** Undefined for a plan that only adds, and can be undone: there Approve is the question. */
export function approveQuestion(plan: Plan): Question | undefined {
  const changes = changesOf(plan);
  const final = changes.filter(({ undo }) => undo === 'none');
  const fewer = changes.filter((change) => isDecrease(change) && !final.includes(change));
  if (final.length + fewer.length === 0) return undefined;
  const parts = [
    ...(final.length === 0 ? [] : [`It cannot be undone: ${first(final)}.`]),
    ...(fewer.length === 0 ? [] : [`It takes capacity away: ${first(fewer)}.`]),
  ];
  return {
    title: final.length === 0 ? 'Approve a decrease?' : 'Approve what cannot be undone?',
    text: parts.join(' '),
    yes: 'Approve',
    no: 'Not yet',
  };
}

/** The first one in words, and how many more there are: a dialog has little room. */
function first(changes: readonly Change[]): string {
  const words = changes.slice(0, 1).map((change) => cut(changeWords(change), 100));
  const others = changes.length - 1;
  return others > 0 ? `${words.join()} and ${others} more` : words.join();
}

/** That a person has done a step is not taken back, and the plan goes on from it. */
export function doneQuestion(what: string): Question {
  return {
    title: 'Is it done?',
    text: `${literal(what, 180)}. The plan goes on from here, and that cannot be taken back.`,
    yes: 'It is done',
    no: 'Not yet',
  };
}
