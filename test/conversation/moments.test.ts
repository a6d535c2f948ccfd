// What others change at each moment of a plan's life: what counts stops it with a name and offers a fresh plan, churn does not.

import { afterEach, describe, expect, it } from 'vitest';
import type { Message } from '../../sandbox/slack/workspace.ts';
import type { CheckpointName } from '../../src/ports.ts';
import { Bot, namespace, people, planOf, words } from '../bot.ts';
import { workerAutoscaler } from '../simulation/scene.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

const worker = { kind: 'Deployment', namespace, name: 'worker' } as const;
const owner = { kind: 'HorizontalPodAutoscaler', namespace, name: 'worker-hpa' } as const;

/** Does something once, at a named point between the click and the write. */
async function startAt(point: CheckpointName, what: () => void): Promise<void> {
  let isDone = false;
  bot = await Bot.start({
    checkpoint: (reached) => {
      if (reached !== point || isDone) return;
      isDone = true;
      what();
    },
  });
}

const edit = () => bot.cluster.control.patch(worker, { spec: { replicas: 6 } }, 'kubectl-edit');
const churn = () =>
  bot.cluster.control.patch(worker, { metadata: { annotations: { touched: 'now' } } }, 'churn');

/** A card that is approved while everything is stopped, what happens then, and the resume. */
async function betweenApprovalAndStart(what: () => unknown): Promise<void> {
  const card = await bot.card('Waiting for approval');
  await bot.say('/scale stop', 'ann');
  await bot.told('ann', 'Everything is stopped');
  await bot.click('approve', 'bob', card);
  await bot.card('Approved, but stopped');
  await what();
  await bot.say('/scale resume', 'ann');
  await bot.told('ann', 'goes on');
}

describe('somebody else’s edit', () => {
  it('between proposal and approval stops the run before it writes, and a fresh plan has today’s facts', async () => {
    bot = await Bot.start();
    await bot.alert();
    const card = await bot.card('Waiting for approval');
    edit();
    await bot.click('approve', 'bob', card);
    const stopped = await bot.card('Stopped');
    expect(words(stopped)).toContain('has 6 replicas, the plan saw 5 (changed by kubectl-edit');
    expect(words(stopped)).toContain('nothing was written');
    expect(bot.writes()).toEqual([]);

    await bot.click('fresh', 'eve', stopped);
    await bot.told('eve', 'you are not on that list');
    await bot.click('fresh', 'bob', stopped);
    await bot.told('bob', 'Looking again at its alert');
    const fresh = await bot.card('Waiting for approval');
    expect(planOf(fresh)).not.toBe(planOf(stopped));
    expect(words(fresh)).toContain('6 → at least 8 replicas');
    await bot.click('approve', 'bob', fresh);
    await bot.card('Done');
    expect(bot.replicas()).toBe(8);
  });

  it('between approval and start does the same for a command, whose fresh plan is asked for by who clicks', async () => {
    bot = await Bot.start();
    await bot.say('/scale gl-008/worker replicas=7 reason="a launch"', 'ann');
    await betweenApprovalAndStart(edit);
    const stopped = await bot.card('Stopped');
    expect(words(stopped)).toContain('changed by kubectl-edit');
    expect(bot.writes()).toEqual([]);
    await bot.click('fresh', 'bob', stopped);
    const fresh = await bot.card('Waiting for approval');
    expect(words(fresh)).toContain(`Asked for by <@${people.bob}>: a launch`);
    expect(words(fresh)).toContain('6 → at least 7 replicas');
  });

  it.each(['observed-again', 'write-announced'] as const)(
    'between look and write (%s) is refused by the write itself and named',
    async (point) => {
      await startAt(point, edit);
      await bot.alert();
      await bot.click('approve', 'bob', await bot.card('Waiting for approval'));
      const stopped = await bot.card('Stopped');
      expect(words(stopped)).toContain('has 6 replicas, the plan saw 5 (changed by kubectl-edit');
      expect(bot.replicas()).toBe(6);
    },
  );

  it('that brings a floor to where it was to go is success', async () => {
    await startAt('observed-again', () =>
      bot.cluster.control.patch(worker, { spec: { replicas: 9 } }, 'kubectl-edit'),
    );
    await bot.alert();
    await bot.click('approve', 'bob', await bot.card('Waiting for approval'));
    await bot.card('Done');
    expect(bot.replicas()).toBe(9);
  });
});

describe('churn of what a plan does not write', () => {
  it('between approval and start is no drift', async () => {
    bot = await Bot.start();
    await bot.alert();
    await betweenApprovalAndStart(churn);
    await bot.card('Done');
    expect(bot.replicas()).toBe(8);
  });

  it.each(['locks-taken', 'observed-again', 'write-announced'] as const)(
    'of an autoscaler that gets its first annotation at %s only costs another request',
    async (point) => {
      await startAt(point, () => {
        const metadata = { annotations: { touched: 'now' } };
        bot.cluster.control.patch(owner, { metadata }, 'churn');
      });
      const { control } = bot.cluster;
      control.seed([workerAutoscaler(5, 20)]);
      control.setUtilization(namespace, 'worker', { cpu: 70 });
      await bot.until('the autoscaler at work', async () =>
        JSON.stringify(control.get(owner.kind, namespace, owner.name)).includes('ScalingActive')
          ? true
          : undefined,
      );
      await bot.alert();
      await bot.click('approve', 'bob', await bot.card('minReplicas'));
      const done = await bot.card('Done');
      expect(control.get(owner.kind, namespace, owner.name)).toMatchObject({
        metadata: { annotations: { touched: 'now', 'headroom/plan': planOf(done) } },
        spec: { minReplicas: 8 },
      });
    },
  );
});

describe('what became impossible since a plan was drawn', () => {
  it('a quota that is used up meanwhile stops the run with words before it writes', async () => {
    bot = await Bot.start();
    await bot.alert();
    await betweenApprovalAndStart(async () => {
      bot.cluster.control.seed([
        {
          kind: 'ResourceQuota',
          metadata: { name: 'team-a', namespace },
          spec: { hard: { 'requests.cpu': '18' } },
        },
      ]);
      await bot.until('the quota being counted', async () =>
        JSON.stringify(bot.cluster.control.get('ResourceQuota', namespace, 'team-a')).includes(
          '"used":{"requests.cpu":"18"}',
        )
          ? true
          : undefined,
      );
    });
    const stopped = await bot.card('Stopped');
    expect(words(stopped)).toContain(
      'Since this plan was drawn: Quota team-a: requests.cpu 18 of 18 used',
    );
    // On a busy machine it may be the second attempt that finds it.
    expect(words(stopped)).toMatch(/nothing (?:more )?was written/);
    expect(words(stopped)).toContain('Draw a fresh plan');
    expect(bot.writes()).toEqual([]);
  });

  it('a right that was taken away is named with what grants it', async () => {
    bot = await Bot.start();
    await bot.alert();
    await betweenApprovalAndStart(() =>
      bot.cluster.control.forbid({ verb: 'patch', resource: 'deployments/scale' }),
    );
    expect(words(await bot.card('Stopped'))).toContain(
      'Headroom may not patch deployments/scale in namespace greenlang-gl008',
    );
    expect(bot.writes()).toEqual([]);
  });

  it('a disruption budget is said when pods are taken away, and stops that when it came later', async () => {
    bot = await Bot.start();
    const budget = (name: string) => ({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name, namespace },
      spec: { minAvailable: 5, selector: { matchLabels: { app: 'worker' } } },
    });
    bot.cluster.control.seed([budget('worker')]);
    await bot.say('/scale gl-008/worker replicas=4', 'oncall');
    const card = await bot.card('Waiting for approval');
    expect(words(card)).toContain(
      '⚠️ PodDisruptionBudget worker wants at least 5 pods available, and 4 would be left',
    );
    bot.cluster.control.seed([budget('another')]);
    await bot.click('approve', 'ann', card);
    await bot.click('approve', 'bob', card);
    expect(words(await bot.card('Stopped'))).toContain('PodDisruptionBudget another wants');
    expect(bot.writes()).toEqual([]);
  });
});

describe('while new pods are on their way', () => {
  /** Approved and written, but the new pods find no room. */
  async function underWay(): Promise<Message> {
    bot.cluster.control.podFailure(namespace, 'worker', 'Unschedulable');
    await bot.alert();
    const card = await bot.card('Waiting for approval');
    await bot.click('approve', 'bob', card);
    await bot.reply(card, '5 of 8 pods ready');
    return card;
  }

  it('somebody who takes them back ends the run, is named, and is not fought', async () => {
    bot = await Bot.start();
    const card = await underWay();
    edit();
    const ended = await bot.card('Stopped');
    expect(ended.ts).toBe(card.ts);
    expect(words(ended)).toContain(
      'It was written, but then Deployment worker has 6 replicas, the plan saw 5 (changed by kubectl-edit',
    );
    expect(bot.replicas()).toBe(6);
    expect(bot.writes()).toHaveLength(1);
  });

  it('an autoscaler that starts more of them than the plan asked for is no drift', async () => {
    bot = await Bot.start();
    const { control } = bot.cluster;
    control.seed([workerAutoscaler(5, 20)]);
    control.setUtilization(namespace, 'worker', { cpu: 70 });
    await underWay();
    control.setUtilization(namespace, 'worker', { cpu: 140 });
    await bot.until('more pods', async () => (bot.replicas() > 8 ? true : undefined));
    control.podFailure(namespace, 'worker', undefined);
    await bot.card('Done');
    expect(bot.replicas()).toBeGreaterThan(8);
  });
});
