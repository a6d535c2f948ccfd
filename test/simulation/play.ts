// Plays a procedure that ships from its command to its end in virtual time: people vote and tick, waits are waited for, nothing is left out.

import type { Plan } from '../../src/plan/plan.ts';
import { isChange, type Step } from '../../src/plan/step.ts';
import { tickStep } from '../../src/workflow/tick-step.ts';
import type { Shipped } from '../plan/shipped-procedures.ts';
import type { AppProcess } from './app-process.ts';
import { GoodAnswers } from './good-answers.ts';
import { people } from './scene.ts';
import { approve, ask, type Card, through } from './story.ts';
import type { World } from './world.ts';

/** A step as the run has left it so far. */
export interface PlayedStep {
  readonly position: number;
  readonly state: string;
  readonly detail: string | null;
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface Played {
  readonly card: Card;
  readonly plan: Plan;
  readonly state: string;
  readonly reason: string | null;
  readonly steps: readonly PlayedStep[];
}

export interface Playing {
  readonly world: World;
  readonly process: AppProcess;
  /** So much time passes between two looks at what is known to be stuck. (Default: five seconds) */
  readonly leapMs?: number;
}

/** What else happens on the way. */
export interface Meanwhile {
  /** The plan is drawn, and nobody has voted yet. */
  readonly drawn?: (plan: Plan, answers: GoodAnswers) => void;
  /** The run has come to another step. */
  readonly came?: (step: PlayedStep, answers: GoodAnswers) => void;
}

const over = ['applied', 'reverted', 'left', 'lapsed'];
/** A rollout of twenty pods takes some seconds each; a run that needs more looks than this hangs. */
const roundsMax = 600;

/** Longer than any pause between two looks, and shorter than a run is held. */
const stepMs = 5_000;

export async function play(
  playing: Playing,
  shipped: Shipped,
  meanwhile: Meanwhile = {},
): Promise<Played> {
  const { world, process } = playing;
  const inputs = Object.entries(shipped.given).map(([key, value]) => ` ${key}=${value}`);
  const words = `run ${shipped.profile.id} ${shipped.id}${inputs.join('')} reason="it is played"`;
  world.answering = new GoodAnswers();
  const card = await ask(world, process, words);
  const begin = () => approve(world, process, card);
  return playOn(playing, { card, begin }, meanwhile);
}

/** From a plan that is drawn to its end. */
export async function playOn(
  playing: Playing,
  { card, begin }: { readonly card: Card; readonly begin: () => Promise<void> },
  { drawn, came }: Meanwhile = {},
): Promise<Played> {
  const { world } = playing;
  const answers = new GoodAnswers();
  const { plan } = await look(world, card);
  answers.for(plan.steps);
  world.answering = answers;
  drawn?.(plan, answers);
  await begin();
  let told = -1;
  for (let round = 0; round < roundsMax; round += 1) {
    const now = await look(world, card);
    if (over.includes(now.state)) return { card, ...now };
    const step = now.steps.at(-1);
    if (step !== undefined && step.position !== told) {
      told = step.position;
      came?.(step, answers);
    }
    await goOn(playing, card, plan.steps, step);
  }
  throw new Error(`plan ${card.id} is never over:\n${world.lines.slice(-30).join('\n')}`);
}

async function goOn(
  playing: Playing,
  card: Card,
  steps: readonly Step[],
  now: PlayedStep | undefined,
): Promise<void> {
  const { world, process } = playing;
  const aWhile = (ms = stepMs) => through(world, () => undefined, ms);
  const step = now && steps[now.position];
  if (now?.state !== 'holding' || step === undefined || isChange(step))
    return playing.leapMs === undefined ? aWhile() : leap(world, card, playing.leapMs);
  if (step.kind === 'human' && !now.detail?.startsWith('said to be done')) {
    const done = { planId: card.id, planHash: card.hash, position: now.position, by: people.bob };
    await through(world, () => process.begin('tick', () => tickStep(process.parts)(done)), 0);
    return aWhile();
  }
  const seconds = step.kind === 'wait' ? step.seconds : 0;
  const leftMs = now.sinceMs + seconds * 1000 - world.time.ms;
  return leftMs <= 1_000 ? aWhile() : leap(world, card, leftMs - 1_000);
}

/** Lets much time pass in one go; the driver holds the run meanwhile, in place of a heartbeat each two seconds. */
async function leap(world: World, { id }: Card, ms: number): Promise<void> {
  await world.database.pool.query(
    `update run set lease_until = lease_until + $2 * interval '1 ms' where plan_id = $1 and state = 'running'`,
    [id, ms],
  );
  await through(world, () => undefined, ms);
}

async function look(world: World, { id }: Card): Promise<Omit<Played, 'card'>> {
  const { rows } = await world.database.pool.query<{
    state: string;
    reason: string | null;
    body: string;
    steps:
      | readonly {
          position: number;
          state: string;
          detail: string | null;
          since: string;
          until: string;
        }[]
      | null;
  }>(
    `select state, reason, body,
            (select json_agg(json_build_object('position', position, 'state', state, 'detail', detail, 'since', since,
                                               'until', updated_at) order by position)
               from run_change where plan_id = id) as steps
       from plan where id = $1`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`no plan ${id}`);
  const steps = (row.steps ?? []).map(({ since, until, ...step }) => ({
    ...step,
    sinceMs: Date.parse(since),
    untilMs: Date.parse(until),
  }));
  return { plan: JSON.parse(row.body), state: row.state, reason: row.reason, steps };
}
