// Finds a setting that two steps of one procedure write: the second would be worked out from what is there before the first.

import type { PlannedStep } from '../sizing/planned-step.ts';

/** In words, why a procedure cannot be drawn as one plan; undefined where every setting of a database has one step. */
export function whyWrittenTwice(steps: readonly PlannedStep[]): string | undefined {
  const writers = new Map<string, PlannedStep>();
  for (const step of steps) {
    for (const what of settingsOf(step)) {
      const earlier = writers.get(what);
      if (earlier !== undefined) {
        return `steps ${earlier.number} and ${step.number} both write ${what}, and a plan knows only what is there before it: leave it to one of them, or make two procedures of it`;
      }
      writers.set(what, step);
    }
  }
  return undefined;
}

function settingsOf({ change }: PlannedStep): readonly string[] {
  if (change?.kind !== 'database') return [];
  const { database } = change;
  if (change.deed === 'settings') {
    return Object.keys(change.settings).map((name) => `${name} of database ${database}`);
  }
  if (change.deed !== 'tables') return [];
  return Object.entries(change.tables).flatMap(([table, settings]) =>
    Object.keys(settings).map((name) => `${name} of ${table} in database ${database}`),
  );
}
