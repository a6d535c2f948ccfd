// Looks at the backups that a plan which drops rows depends on: before people see it, and again before a run writes.

import type { Plan } from '../plan/plan.ts';
import type { PlanCheck } from '../plan/plan-check.ts';
import { lookOnce } from './look.ts';

/** What is not known refuses as well: nothing else would bring the rows back. */
export async function lookAtBackups(
  { drops = [] }: Pick<Plan, 'drops'>,
  outside: Parameters<typeof lookOnce>[1],
): Promise<readonly PlanCheck[]> {
  return Promise.all(
    drops.map(async ({ database, backup }): Promise<PlanCheck> => {
      const { holds, seen } = await lookOnce(backup, outside);
      const text = `backup of database ${database}: ${seen}`;
      return holds
        ? { kind: 'backup', result: 'ok', text }
        : {
            kind: 'backup',
            result: 'refused',
            text: `${text}; without a fresh one no row is dropped`,
          };
    }),
  );
}
