// Finds what a procedure that drops rows may not do beside it: dropping is a plan of its own, for people who see it coming.
import type { Mistake, Places, YamlPath } from '../yaml/parse-yaml.ts';
import { promqlNames } from './promql.ts';
import type { StepFile } from './schema/steps.ts';

/** What stands beside a drop: it looks, waits or asks, and changes nothing. */
const harmless: readonly (keyof StepFile)[] = ['check', 'wait', 'human'];

/** All mistakes of one procedure; `at` is where its steps stand. */
export function dropMistakes(
  steps: readonly StepFile[],
  { isEmergency, daily }: { readonly isEmergency: boolean; readonly daily: YamlPath | undefined },
  at: YamlPath,
  places: Places,
): readonly Mistake[] {
  if (!steps.some(isDrop)) return [];
  return [
    ...(daily === undefined
      ? []
      : [places.at(daily, 'rows are dropped when somebody asks for it, not every day')]),
    ...steps.flatMap((step, index): readonly Mistake[] => {
      const here = [...at, index];
      if (isDrop(step)) return ownMistakes(step, [...here, 'database'], { isEmergency, places });
      return harmless.some((kind) => step[kind] !== undefined)
        ? []
        : [places.at(here, 'dropping rows is a plan of its own: put this change elsewhere')];
    }),
  ];
}

function isDrop({ database }: StepFile): boolean {
  return database?.dropDetached !== undefined;
}

function ownMistakes(
  { database }: StepFile,
  at: YamlPath,
  { isEmergency, places }: { readonly isEmergency: boolean; readonly places: Places },
): readonly Mistake[] {
  const backup = database?.dropDetached?.backup;
  const promql = backup?.promql;
  const filled = promqlNames.find((name) => promql?.includes(`$${name}`));
  const here = [...at, 'dropDetached'];
  return [
    ...(isEmergency ? [places.at(here, 'an emergency never drops rows')] : []),
    ...(backup === undefined
      ? [
          places.at(
            here,
            'rows are dropped only where the age of the newest backup is measured, and a person’s tick is not enough: backup: { hours: 24 }, with promql where CloudNativePG does not say it',
          ),
        ]
      : []),
    ...(filled === undefined
      ? []
      : [
          places.at(
            [...here, 'backup', 'promql'],
            `nothing fills in "$${filled}" here: write the labels out`,
          ),
        ]),
  ];
}
