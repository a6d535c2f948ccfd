// The gates that a step of a procedure comes to: what stands by itself, and what is looked at after its change.

import type { PlannedStep, StepTarget } from '../sizing/planned-step.ts';
import { lookWords } from '../sizing/step-words.ts';
import { resolveLook } from './resolve-look.ts';
import type { Gate } from './step.ts';
import type { System } from './system.ts';

/** What a step looks at or waits for, by itself or after its change. */
export function gatesOfStep(step: PlannedStep, system: System): readonly Gate[] {
  const target = targetOf(step);
  switch (step.kind) {
    case 'check':
      return step.check === undefined ? [] : [checkGate(step.check, step, system)];
    case 'wait':
      return [waitGate(step, system)];
    case 'human':
      return [humanGate(step.what, step.check, step, system)];
    case 'database':
    case 'scale':
    case 'pods':
    case 'autoscaler':
    case 'config':
    case 'env':
    case 'restart':
    case 'apply':
    case 'storage':
      return gatesAfter(step, system, target);
  }
}

/** What must be seen after a change, and the pause before the next. */
function gatesAfter(
  step: PlannedStep,
  system: System,
  target: StepTarget | undefined,
): readonly Gate[] {
  const { gate = poolsWork(step, system), waitSeconds } = step;
  return [
    ...(gate === undefined ? [] : [checkGate(gate, { otherwise: 'stop' }, system, target)]),
    ...(waitSeconds === undefined ? [] : [{ kind: 'wait', seconds: waitSeconds } as const]),
  ];
}

/** Its pods are ready by then; an exporter is asked about every half minute. */
const poolsWithinSeconds = 300;

/** A new pooler is looked at before anybody is sent to it, where Headroom can: for people the guide's own look is enough. */
function poolsWork({ change }: PlannedStep, system: System): Planned | undefined {
  if (change?.kind !== 'database' || change.deed !== 'pooler') return undefined;
  const { database } = change;
  const look: Planned = {
    fact: 'pooler-waiting-clients',
    database,
    atMost: 0,
    withinSeconds: poolsWithinSeconds,
  };
  return resolveLook(look, system, undefined).kind === 'look' ? look : undefined;
}

type Planned = NonNullable<PlannedStep['check']>;

/** What Headroom cannot look at, a person sees for themselves. */
function checkGate(
  planned: Planned,
  { otherwise = 'stop', say }: Pick<PlannedStep, 'otherwise' | 'say'>,
  system: System,
  target?: StepTarget,
): Gate {
  const said = say === undefined ? {} : { say };
  const resolved = resolveLook(planned, system, target);
  if (resolved.kind === 'look') return { kind: 'check', look: resolved.look, otherwise, ...said };
  const what = `See that ${lookWords(planned)}`;
  const why = `${resolved.because}, so somebody has to look`;
  return { kind: 'human', what, say: say === undefined ? why : `${say} (${why})` };
}

function waitGate(step: PlannedStep, system: System): Gate {
  const look = step.check === undefined ? undefined : resolveLook(step.check, system, undefined);
  return {
    kind: 'wait',
    seconds: step.waitSeconds ?? 0,
    ...(look?.kind === 'look' && { look: look.look }),
    ...(step.say !== undefined && { say: step.say }),
  };
}

function humanGate(
  what: string,
  planned: Planned | undefined,
  { who, say }: Pick<PlannedStep, 'who' | 'say'>,
  system: System,
): Gate {
  const resolved = planned === undefined ? undefined : resolveLook(planned, system, undefined);
  const seen = resolved?.kind === 'unmeasured' ? `, and see that ${lookWords(planned ?? {})}` : '';
  return {
    kind: 'human',
    what: `${what}${seen}`,
    ...(who !== undefined && { who }),
    ...(resolved?.kind === 'look' && { look: resolved.look }),
    ...(say !== undefined && { say }),
  };
}

function targetOf({ change }: PlannedStep): StepTarget | undefined {
  return change === undefined || change.kind === 'database' ? undefined : change.target;
}
