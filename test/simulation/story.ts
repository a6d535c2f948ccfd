// How a story is told in virtual time: something is asked for, approved, and time passes until it is over.

import { castVote } from '../../src/workflow/cast-vote.ts';
import { receiveCommand } from '../../src/workflow/receive-command.ts';
import type { AppProcess } from './app-process.ts';
import { people } from './scene.ts';
import type { World } from './world.ts';

/** What people vote for. */
export interface Card {
  readonly id: string;
  readonly hash: string;
}

/** Begins something and lets every call through until nothing moves. */
export async function through(world: World, begin: () => void, ms = 1_000): Promise<void> {
  await world.advance(ms);
  begin();
  for (;;) {
    await world.gates.settle();
    if (world.gates.waiting.length === 0) return;
    world.gates.release(world.gates.waiting[0]);
  }
}

/** Ann asks; the plan that is drawn for it. */
export async function ask(world: World, process: AppProcess, words: string): Promise<Card> {
  const triggerId = `t${world.time.ms}`;
  await through(world, () =>
    process.begin('command', () =>
      receiveCommand(process.parts)({
        triggerId,
        words,
        userId: people.ann,
        name: '/scale',
        channelId: 'C0CAPACITY1',
        responseUrl: 'http://slack.invalid/response',
      }),
    ),
  );
  const before = await newestPlan(world);
  await through(world, () => process.loop('commands'));
  const plan = await newestPlan(world);
  if (plan === undefined || plan.id === before?.id)
    throw new Error(world.slack.answers.pop() ?? world.lines.join('\n'));
  return plan;
}

async function newestPlan(world: World): Promise<Card | undefined> {
  const { rows } = await world.database.pool.query<Card>(
    'select id, hash from plan order by created_at desc limit 1',
  );
  return rows[0];
}

/** Bob and whoever is on call approve; the run has begun and waits for time to pass. */
export async function approve(world: World, process: AppProcess, card: Card): Promise<void> {
  for (const by of [people.bob, people.oncall]) {
    const ballot = { planId: card.id, planHash: card.hash, by, kind: 'approve' } as const;
    await through(world, () => process.begin('vote', () => castVote(process.parts)(ballot)));
  }
  const [run] = world.queue.splice(0);
  if (run === undefined) throw new Error('no run was queued');
  await through(world, () => process.run(run));
}

/** Ann asks, Bob and whoever is on call approve; the run has begun. */
export async function propose(world: World, process: AppProcess, words: string): Promise<void> {
  await approve(world, process, await ask(world, process, words));
}

/** Lets time pass, in steps that are shorter than a hold on a run lasts. */
export async function pass(world: World, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 2_500) {
    await through(world, () => undefined, Math.min(left, 2_500));
  }
}

/** Lets time pass until the plan is over. */
export async function untilOver(world: World): Promise<{ state: string; reason: string | null }> {
  for (let round = 0; round < 600; round += 1) {
    const { rows } = await world.database.pool.query<{ state: string; reason: string | null }>(
      'select state, reason from plan',
    );
    const [plan] = rows;
    if (plan !== undefined && ['applied', 'reverted', 'left'].includes(plan.state)) return plan;
    await pass(world, 2_500);
  }
  throw new Error(`never over:\n${world.lines.slice(-30).join('\n')}`);
}
