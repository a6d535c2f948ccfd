// Holds a run at a gate until it may go on: looks, lets time pass, or waits for somebody's word. Survives a restart.

import { evaluateApproval } from '../approval/evaluate.ts';
import { whyHalted } from '../approval/why-halted.ts';
import { assert, unreachable } from '../errors.ts';
import type { Gate } from '../plan/step.ts';
import type { RunChangeState } from '../ports.ts';
import type { ChangeAtHand, ChangeEnd } from './change-at-hand.ts';
import { limits } from './limits.ts';
import { type Looked, lookOnce } from './look.ts';
import { wantInThread } from './move-plan.ts';
import type { Parts } from './parts.ts';
import { readCase } from './read-plan.ts';

export type GateAtHand = Omit<ChangeAtHand, 'change'> & { readonly gate: Gate };

/** What one look at a gate comes to. */
type GateState =
  | { readonly kind: 'go'; readonly state: 'passed' | 'warned'; readonly seen: string }
  | { readonly kind: 'stop'; readonly because: string }
  | { readonly kind: 'hold'; readonly progress: string };

/** A gate that an earlier run went through is not asked again: what came after it may have changed what it looks at. */
export async function passGate(at: GateAtHand, parts: Parts): Promise<ChangeEnd> {
  const { run, position, gate, shutdown } = at;
  const earlier = await parts.store.transaction((tx) => tx.runs.stepDone(run.planId, position));
  if (earlier.isDone) {
    const state = earlier.isWarned === true ? 'warned' : 'passed';
    return store(at, state, 'an earlier run went through', parts);
  }
  const since = earlier.since ?? parts.clock.now();
  let told: string | undefined;
  for (;;) {
    const now = await look(gate, { at, since }, parts);
    switch (now.kind) {
      case 'go':
        return store(at, now.state, now.seen, parts);
      case 'stop': {
        const end = await store(at, 'blocked', now.because, parts);
        return end.kind === 'done' ? { kind: 'failed', code: 'gate', because: now.because } : end;
      }
      case 'hold': {
        const end = await store(at, 'holding', now.progress, parts, told);
        if (end.kind !== 'done') return end;
        told = now.progress;
        break;
      }
      default:
        unreachable(now);
    }
    parts.checkpoint('gate-held');
    if (!shutdown.aborted) await parts.clock.sleep(limits.gatePollMs, shutdown);
    if (shutdown.aborted)
      return {
        kind: 'handed-over',
        because: 'Headroom was stopped at a gate of the plan; it goes on there',
      };
  }
}

interface Held {
  readonly at: GateAtHand;
  readonly since: Date;
}

function look(gate: Gate, held: Held, parts: Parts): Promise<GateState> {
  switch (gate.kind) {
    case 'check':
      return check(gate, held, parts);
    case 'wait':
      return wait(gate, held, parts);
    case 'human':
      return ask(gate, held, parts);
    default:
      return unreachable(gate);
  }
}

async function check(
  { look: wanted, otherwise }: Extract<Gate, { kind: 'check' }>,
  { since }: Held,
  parts: Parts,
): Promise<GateState> {
  const looked = await lookOnce(wanted, parts);
  if (looked.holds) return { kind: 'go', state: 'passed', seen: looked.seen };
  if (!isOver(looked, since, wanted.withinSeconds, parts)) {
    return { kind: 'hold', progress: looked.seen };
  }
  return otherwise === 'warn'
    ? { kind: 'go', state: 'warned', seen: looked.seen }
    : { kind: 'stop', because: looked.seen };
}

/** What is looked at meanwhile must hold all the time; what is not known lets the run go on only once it is. */
async function wait(
  { seconds, look: meanwhile }: Extract<Gate, { kind: 'wait' }>,
  { since }: Held,
  parts: Parts,
): Promise<GateState> {
  const until = new Date(since.getTime() + seconds * 1000);
  const looked = meanwhile && (await lookOnce(meanwhile, parts));
  if (looked?.holds === false && looked.isKnown) return { kind: 'stop', because: looked.seen };
  if (parts.clock.now() < until)
    return { kind: 'hold', progress: looked?.seen ?? 'letting time pass' };
  if (looked?.holds === false) {
    const tooLate = until.getTime() + limits.gateUnknownMs;
    return parts.clock.now().getTime() >= tooLate
      ? { kind: 'stop', because: looked.seen }
      : { kind: 'hold', progress: looked.seen };
  }
  return { kind: 'go', state: 'passed', seen: looked?.seen ?? 'the time has passed' };
}

async function ask(
  { look: wanted }: Extract<Gate, { kind: 'human' }>,
  { at, since }: Held,
  parts: Parts,
): Promise<GateState> {
  const ticks = await parts.store.transaction((tx) => tx.runs.ticks(at.run.planId));
  const tick = ticks.find(({ position }) => position === at.position);
  if (tick === undefined) {
    const tooLate = since.getTime() + limits.humanStepMs;
    return parts.clock.now().getTime() >= tooLate
      ? {
          kind: 'stop',
          because: `nobody said within ${limits.humanStepMs / 3_600_000} hours that it is done`,
        }
      : { kind: 'hold', progress: 'waiting for somebody to say that it is done' };
  }
  const done = `said to be done by <@${tick.by}>`;
  if (wanted === undefined) return { kind: 'go', state: 'passed', seen: done };
  const looked = await lookOnce(wanted, parts);
  if (looked.holds) return { kind: 'go', state: 'passed', seen: `${done}; ${looked.seen}` };
  return isOver(looked, tick.at, wanted.withinSeconds, parts)
    ? { kind: 'stop', because: `${done}, but ${looked.seen}` }
    : { kind: 'hold', progress: `${done}; ${looked.seen}` };
}

/** Without a time it must be so at once; but what could not be asked is asked again for a while. */
function isOver(looked: Looked, since: Date, withinSeconds: number | undefined, { clock }: Parts) {
  if (looked.final === true) return true;
  const givenMs = (withinSeconds ?? 0) * 1000;
  const ms = looked.isKnown ? givenMs : Math.max(givenMs, limits.gateUnknownMs);
  return clock.now().getTime() >= since.getTime() + ms;
}

/** Stores how far the run has come, unless that is told already; a stop or a lost approval ends it here too. */
function store(
  { run, position, hold }: GateAtHand,
  state: Extract<RunChangeState, 'holding' | 'passed' | 'warned' | 'blocked'>,
  detail: string,
  parts: Parts,
  told?: string,
): Promise<ChangeEnd> {
  return parts.store.transaction(async (tx): Promise<ChangeEnd> => {
    const record = await tx.plans.lock(run.planId);
    assert(record !== undefined, 'a plan that runs is stored');
    const now = parts.clock.now();
    if (!(await tx.runs.renew(run, hold.holder, now, limits.runHoldMs))) return { kind: 'lost' };
    const input = await readCase(tx, record, parts);
    const halted = whyHalted(evaluateApproval(input), input.mode);
    if (halted !== undefined) {
      const because = `Halted at step ${position + 1}: ${halted}`;
      return { kind: 'failed', code: 'stopped', because };
    }
    if (detail === told) return { kind: 'done' };
    await tx.runs.setChange(run, { position, state, detail }, now);
    // Holding is said once in the trail; how it looks meanwhile is for people.
    if (told === undefined) {
      await tx.audit.append({
        at: now.toISOString(),
        event: `gate.${state}`,
        by: 'headroom',
        planId: run.planId,
        detail: { run: run.number, position, detail },
      });
    }
    await wantInThread(tx, record, { kind: 'progress', run: run.number }, parts);
    parts.wake('messages');
    if (state !== 'holding') parts.checkpoint('gate-passed');
    return { kind: 'done' };
  });
}
