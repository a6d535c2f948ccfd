// What was found out about a plan's changes before anybody votes; the same is asked again before anything is written.

/** Which question was asked. */
export type PlanCheckKind =
  | 'access'
  | 'dry-run'
  | 'room'
  | 'quota'
  | 'limits'
  | 'disruption'
  | 'connections'
  | 'replicas'
  | 'backup';

/**
 * The answer to one question, as part of the plan. `refused`: it would certainly not work, so it is not proposed;
 * `warning`: it would work with a consequence; `unknown`: it could not be asked, and that is said.
 */
export interface PlanCheck {
  readonly kind: PlanCheckKind;
  readonly result: 'ok' | 'warning' | 'refused' | 'unknown';
  /** For people; a sentence without its full stop. */
  readonly text: string;
}

/** The sentences of what would certainly not work; undefined when nothing is refused. */
export function whyRefused(checks: readonly PlanCheck[]): string | undefined {
  const refused = checks.filter(({ result }) => result === 'refused').map(({ text }) => text);
  return refused.length === 0 ? undefined : refused.join('; ');
}
