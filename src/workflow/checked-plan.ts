// Gives a drawn plan the results of its checks before it is frozen; what would certainly be refused is not proposed.

import { assert } from '../errors.ts';
import type { CommandPlan } from '../plan/assemble-command.ts';
import type { Plan } from '../plan/plan.ts';
import { whyRefused } from '../plan/plan-check.ts';
import { findingExpiresAfterSeconds, type System } from '../plan/system.ts';
import { checkPlan } from './check-plan.ts';

/** What is drawn is drawn again when its target has moved since it was looked at; after so many times that is the answer. */
const drawsMax = 3;

type Outside = Parameters<typeof checkPlan>[2];

/** For whoever asked for it: refused in words, or the plan with what was found out. `draw` looks anew each time. */
export async function checkedPlan(
  draw: () => Promise<CommandPlan>,
  { mode }: Pick<System, 'mode'>,
  parts: Outside,
): Promise<CommandPlan> {
  for (let attempt = 1; ; attempt += 1) {
    const drawn = await draw();
    if (drawn.kind === 'refused' || drawn.plan.steps.length === 0) return drawn;
    const { plan } = drawn;
    const { checks, looked } = await checkPlan(plan, { mode, isBeforeWrite: false }, parts);
    const [moved] = looked.flatMap((each) => (each.kind === 'seen' ? (each.drift ?? []) : []));
    if (moved !== undefined && attempt < drawsMax) continue;
    const because = moved === undefined ? whyRefused(checks) : `${moved}; it moves again and again`;
    return because === undefined
      ? { kind: 'plan', plan: { ...plan, checks } }
      : { kind: 'refused', because };
  }
}

/** For an alert: what would be refused becomes a finding that says why, and is looked at again. */
export async function checkedAnswer(
  draw: () => Promise<Plan>,
  system: Pick<System, 'mode'>,
  parts: Outside,
): Promise<Plan> {
  let last: Plan | undefined;
  const once = async (): Promise<CommandPlan> => {
    last = await draw();
    return { kind: 'plan', plan: last };
  };
  const checked = await checkedPlan(once, system, parts);
  if (checked.kind === 'plan') return checked.plan;
  assert(last !== undefined, 'what is refused was drawn');
  return frozen(last, checked.because);
}

function frozen(plan: Plan, because: string): Plan {
  const { cost: _cost, outcomeTest: _test, requests: _requests, ...rest } = plan;
  const { before, after } = plan.replicas;
  const wanted = after === before ? '' : `${after} replicas are needed, but `;
  const expiresAt = Date.parse(plan.createdAt) + findingExpiresAfterSeconds * 1000;
  return {
    ...rest,
    replicas: { before, after: before },
    steps: [],
    decrease: false,
    finding: { kind: 'frozen', because: `${wanted}${because}`, lookAt: [] },
    expiresAt: new Date(expiresAt).toISOString(),
  };
}
