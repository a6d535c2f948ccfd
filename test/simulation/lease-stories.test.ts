// Stories of lent capacity in time that does not pass by itself: restarts, stops, other people's changes, and leases on top of each other.

import { expect, it } from 'vitest';
import { askOfLease } from '../../src/workflow/ask-of-lease.ts';
import { castVote } from '../../src/workflow/cast-vote.ts';
import { receiveAlerts } from '../../src/workflow/receive-alerts.ts';
import { receiveCommand } from '../../src/workflow/receive-command.ts';
import { resume, stop } from '../../src/workflow/stop-and-resume.ts';
import type { AppProcess } from './app-process.ts';
import { Lending, mind, minuteMs, rules, worker } from './lending.ts';
import { alertname, namespace, people, workerAutoscaler } from './scene.ts';
import { pass, through } from './story.ts';
import type { World } from './world.ts';

const owner = { kind: 'HorizontalPodAutoscaler', namespace, name: 'worker-hpa' };
const stories = new Lending();

it('what is due while nobody runs is given back by the process that comes next, once', async () =>
  stories.inWorld(async (world, process) => {
    await stories.lend(world, process);
    process.kill();
    await world.advance(150 * minuteMs);
    const next = world.startProcess(rules);
    await mind(world, next);
    expect((await stories.lease()).state).toBe('given');
    await mind(world, next);
    expect(world.effects.map(({ to }) => to.replicas)).toEqual([9, 6]);
  }));

it('a process that dies after the write was sent is followed by one that looks and does not write', async () =>
  stories.inWorld(async (world, process) => {
    await stories.lend(world, process);
    await world.advance(121 * minuteMs);
    process.doom = { point: 'give-back-sent', left: 1 };
    await mind(world, process);
    expect(process.isAlive).toBe(false);
    const next = world.startProcess(rules);
    await world.advance(10_000);
    for (let round = 0; round < 3; round += 1) await mind(world, next);
    expect((await stories.lease()).state).toBe('given');
    expect(world.effects).toHaveLength(2);
  }));

it('an answer that is lost is looked for, and only when nothing arrived it is written again', async () =>
  stories.inWorld(async (world, process) => {
    await stories.lend(world, process);
    await world.advance(121 * minuteMs);
    const match = { method: 'PATCH' };
    world.cluster.control.injectFault({ match, drop: true, times: 1 });
    await through(world, () => process.loop('runs'));
    for (const run of world.queue.splice(0)) await through(world, () => process.run(run));
    expect((await stories.lease()).state).toBe('unknown');
    for (let round = 0; round < 3; round += 1) await mind(world, process);
    expect((await stories.lease()).state).toBe('given');
    expect(world.effects.map(({ to }) => to.replicas)).toEqual([9, 6]);
  }));

it('what somebody else has set meanwhile is left, and labels that move are not that', async () =>
  stories.inWorld(async (world, process) => {
    await stories.lend(world, process);
    world.asForeigner('touches a label', () => {
      world.cluster.control.patch(worker, { metadata: { annotations: { touched: '1' } } }, 'churn');
    });
    world.asForeigner('edits replicas', () => {
      world.cluster.control.patch(worker, { spec: { replicas: 7 } }, 'kubectl-edit');
    });
    await world.advance(121 * minuteMs);
    await mind(world, process);
    const seen = await stories.lease();
    expect(seen.state).toBe('ended');
    expect(seen.note).toContain('has 7 replicas, the plan had set 9 (changed by kubectl-edit');
    expect(world.sizes().replicas).toBe(7);
    expect(world.effects).toHaveLength(1);
  }));

it('a stop, too much load and a silent Prometheus each keep it, with their reason', async () =>
  stories.inWorld(async (world, process) => {
    await stories.lend(world, process);
    await world.advance(121 * minuteMs);
    const by = 'cli:driver';
    await through(world, () =>
      process.begin('stop', () => stop({ scope: '*', by }, world.commandLine)),
    );
    await mind(world, process);
    expect(await stories.lease()).toMatchObject({ state: 'lent', held: 'approval' });
    const askedAt = world.time.now();
    await resume({ scope: '*', by, askedAt }, world.commandLine);

    world.backlog = 1_000;
    await world.advance(16 * minuteMs);
    await mind(world, process);
    expect((await stories.lease()).note).toContain('8 pods are needed and 6 would be left');

    world.metricTrouble = 1;
    await world.advance(16 * minuteMs);
    await mind(world, process);
    const seen = await stories.lease();
    expect(seen).toMatchObject({ state: 'lent', held: 'not-measured' });
    expect(seen.due_at.getTime()).toBeGreaterThan(world.time.ms);

    world.metricTrouble = 0;
    world.backlog = 0;
    await world.advance(30 * minuteMs);
    await mind(world, process);
    expect((await stories.lease()).state).toBe('given');
    expect(world.effects.map(({ to }) => to.replicas)).toEqual([9, 6]);
  }));

it('a freeze keeps it, also from whoever wants it back now, and it goes back when that is over', async () => {
  const frozen = ['2026-11-22 05:00', '2026-11-22 07:00'] as const;
  await stories.inWorld(
    async (world, process) => {
      await stories.lend(world, process);
      await world.advance(121 * minuteMs);
      await mind(world, process);
      const seen = await stories.lease();
      expect(seen).toMatchObject({ state: 'lent', held: 'freeze' });
      expect(seen.note).toBe(
        'freeze year-end (Year-end closing) until 2026-11-22 07:00 UTC: nothing is taken away before its end',
      );
      await world.advance(90 * minuteMs);
      await mind(world, process);
      expect((await stories.lease()).held).toBe('freeze');
      await world.advance(90 * minuteMs);
      await mind(world, process);
      expect((await stories.lease()).state).toBe('given');
      expect(world.effects.map(({ to }) => to.replicas)).toEqual([9, 6]);
    },
    { frozen },
  );
});

it('more time is given once for a click that is delivered twice, and not to everybody', async () =>
  stories.inWorld(async (world, process) => {
    await stories.lend(world, process);
    const before = (await stories.lease()).due_at.getTime();
    const { rows } = await stories.database.pool.query<{ id: string; hash: string }>(
      'select id, hash from plan',
    );
    const [plan] = rows;
    if (plan === undefined) throw new Error('no plan');
    const press = (by: string, planHash = plan.hash) => {
      const wish = { planId: plan.id, planHash, by, what: { kind: 'extend' } } as const;
      return through(world, () => process.begin('press', () => askOfLease(process.parts)(wish)));
    };
    await press(people.eve);
    await press(people.ann, 'f'.repeat(64));
    expect((await stories.lease()).due_at.getTime()).toBe(before);
    await press(people.ann);
    await press(people.ann);
    expect((await stories.lease()).due_at.getTime()).toBe(before + 60 * minuteMs);
  }));

async function fire(world: World, process: AppProcess, status: 'firing' | 'resolved') {
  const alert = {
    fingerprint: 'aaaa000000000001',
    startsAt: '2026-11-22T02:59:00Z',
    status,
    labels: { alertname, namespace },
    annotations: {},
    ...(status === 'resolved' && { endsAt: world.time.now().toISOString() }),
  };
  await through(world, () =>
    process.begin('alert', () =>
      receiveAlerts(process.parts)({ ok: true, alerts: [alert], truncated: 0 }),
    ),
  );
  await through(world, () => process.loop('alerts'));
}

/** Whoever is asked approves the newest plan, and it is carried out and judged. */
async function approveNewest(world: World, process: AppProcess): Promise<string> {
  const { rows } = await stories.database.pool.query<{ id: string; hash: string }>(
    `select id, hash from plan where state = 'proposed'`,
  );
  const [plan] = rows;
  if (plan === undefined) throw new Error(`nothing is proposed:\n${world.lines.join('\n')}`);
  const ballot = { planId: plan.id, planHash: plan.hash, by: people.bob, kind: 'approve' } as const;
  await through(world, () => process.begin('vote', () => castVote(process.parts)(ballot)));
  for (const run of world.queue.splice(0)) await through(world, () => process.run(run));
  await pass(world, 20_000);
  await through(world, () => process.loop('outcomes'));
  return plan.id;
}

it('a minimum raised for an alert goes back when the alert is over, whatever the autoscaler does', async () =>
  stories.inWorld(async (world, process) => {
    world.cluster.control.seed([workerAutoscaler(6, 20)]);
    world.cluster.control.setUtilization(namespace, 'worker', { cpu: 70 });
    await pass(world, 20_000);
    world.backlog = 812;
    await fire(world, process, 'firing');
    const first = await approveNewest(world, process);
    expect(world.sizes().minReplicas).toBe(8);
    world.backlog = 0;
    await through(world, () => process.loop('outcomes'));

    await world.advance(6 * minuteMs);
    await mind(world, process);
    expect(await stories.lease(first)).toMatchObject({ state: 'lent', held: 'alert' });
    await fire(world, process, 'resolved');
    world.cluster.control.setUtilization(namespace, 'worker', { cpu: 60 });
    world.cluster.control.patch(owner, { metadata: { annotations: { touched: '1' } } }, 'churn');
    await world.advance(16 * minuteMs);
    await mind(world, process);
    expect((await stories.lease(first)).state).toBe('given');
    expect(world.sizes().minReplicas).toBe(6);
  }));

it('what was lent on top goes first, then what is below it', async () =>
  stories.inWorld(async (world, process) => {
    await stories.lend(world, process, 'replicas=8 for=1h');
    const [below] = (await stories.database.pool.query<{ id: string }>('select id from plan')).rows;
    await through(world, () =>
      process.begin('command', () =>
        receiveCommand(process.parts)({
          triggerId: 't2',
          words: 'gl-008/worker replicas=10 for=2h',
          userId: people.ann,
          name: '/scale',
          channelId: 'C0CAPACITY1',
          responseUrl: 'http://slack.invalid/response',
        }),
      ),
    );
    await through(world, () => process.loop('commands'));
    const top = await approveNewest(world, process);
    await world.advance(70 * minuteMs);
    await mind(world, process);
    expect(await stories.lease(below?.id)).toMatchObject({ state: 'lent', held: 'lease-on-top' });
    await world.advance(60 * minuteMs);
    for (let round = 0; round < 2; round += 1) await mind(world, process);
    expect((await stories.lease(top)).state).toBe('given');
    await world.advance(61 * minuteMs);
    await mind(world, process);
    expect((await stories.lease(below?.id)).state).toBe('given');
    expect(world.effects.map(({ to }) => to.replicas)).toEqual([8, 10, 8, 6]);
  }));
