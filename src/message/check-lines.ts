// What a plan's checks came to, as short as it can be said: all that is in order in one line, then each thing that is not.

import type { PlanCheck } from '../plan/plan-check.ts';
import { literal } from './message.ts';

/** Lines for a card; what is not known is said. */
export function checkLines(checks: readonly PlanCheck[]): readonly string[] {
  const of = (wanted: PlanCheck['result']) =>
    checks.filter(({ result }) => result === wanted).map(({ text }) => literal(text, 400));
  const ok = of('ok');
  return [
    ...(ok.length === 0 ? [] : [`☑️ ${ok.join('; ')}.`]),
    ...[...of('refused'), ...of('warning')].map((text) => `⚠️ ${text}.`),
    ...of('unknown').map((text) => `❔ Not known: ${text}`),
  ];
}
