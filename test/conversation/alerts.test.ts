// What becomes of alerts: joined, superseding, cleared, listed, or answered with a finding.

import { afterEach, expect, it } from 'vitest';
import { Bot, channel, deployment, isCard, namespace, planOf, usualAlert, words } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

const resolved = { status: 'resolved', endsAt: '2026-11-22T03:20:00Z' } as const;

it('a plan whose alert clears asks "approve anyway?", takes it back when it fires again, and is withdrawn later', async () => {
  bot = await Bot.start();
  await bot.alert();
  await bot.card('Waiting for approval');

  await bot.alert(resolved);
  const cleared = await bot.card('Approve anyway?');
  expect(words(cleared)).toContain('Approve anyway');

  // Firing again is a new start of the same alert.
  await bot.alert({ startsAt: '2026-11-22T03:25:00Z' });
  await bot.card('Waiting for approval');
  await bot.alert({
    ...resolved,
    startsAt: '2026-11-22T03:25:00Z',
    endsAt: '2026-11-22T03:30:00Z',
  });
  await bot.card('Approve anyway?');

  bot.later(16 * 60_000);
  const withdrawn = await bot.card('Withdrawn');
  expect(words(withdrawn)).toContain('nobody approved it anyway within 15 minutes');
  expect(bot.writes()).toEqual([]);
});

it('a cleared plan can still be approved', async () => {
  bot = await Bot.start();
  await bot.alert();
  await bot.card('Waiting for approval');
  await bot.alert(resolved);
  const card = await bot.card('Approve anyway?');
  await bot.click('approve', 'bob', card);
  await bot.reply(card, 'carried out and seen ready');
  expect(bot.replicas()).toBe(8);
});

it('an alert that needs more replaces the plan and clears its votes', async () => {
  bot = await Bot.start({
    policy: `
policy:
  rules:
    - { name: two, systems: ["*"], approvers: [U0ANN00001, U0BOB00001], required: 2 }
`,
  });
  await bot.alert();
  const first = await bot.card('at least 8');
  await bot.click('approve', 'ann', first);
  await bot.card('1 of 2');

  bot.measure({ backlog: 1_500 });
  await bot.alert({ fingerprint: 'feedfacefeedface' });
  const second = await bot.card('at least 9');
  expect(words(second)).toContain('Waiting for approval: 0 of 2');
  expect(words(second)).toContain('revision 2');
  const old = await bot.card('at least 8');
  expect(words(old)).toContain('Replaced by a newer plan');
});

it('alerts that come while a plan is carried out are listed on it and draw no other', async () => {
  bot = await Bot.start({ clusterSpeed: 0.2 });
  await bot.alert();
  const card = await bot.card('Waiting for approval');
  await bot.click('approve', 'bob', card);
  await bot.card('Being carried out');
  bot.measure({ backlog: 5_000 });
  await bot.alert({ fingerprint: 'feedfacefeedface' });
  await bot.reply(card, 'carried out and seen ready');
  const cards = (await bot.control.messages(channel)).filter(isCard);
  expect(cards).toHaveLength(1);
  expect(words(await bot.card('watching whether it helps')).split('still firing').length).toBe(3);
});

it('a change that does not help in time is said, and the alert is looked at again', async () => {
  bot = await Bot.start();
  await bot.alert();
  const card = await bot.card('Waiting for approval');
  await bot.click('approve', 'bob', card);
  await bot.card('watching whether it helps');
  bot.measure({ backlog: 1_900, arrivalPerMinute: 350 });
  bot.later(16 * 60_000);
  await bot.reply(card, 'it did not help in time');
  const next = await bot.card('8 → at least 11 replicas');
  expect(next.ts).not.toBe(card.ts);
});

it('without a metric the outcome is called unmeasured, not good', async () => {
  bot = await Bot.start();
  await bot.alert();
  const card = await bot.card('Waiting for approval');
  await bot.click('approve', 'bob', card);
  await bot.card('watching whether it helps');
  bot.prometheus.control.remove('inspection_queue_depth');
  bot.later(16 * 60_000);
  await bot.reply(card, 'whether it helped is not known');
});

it('a measurement below the target means no plan, and that is said', async () => {
  bot = await Bot.start();
  bot.measure({ backlog: 120 });
  await bot.alert();
  const card = await bot.card('no change needed');
  expect(words(card)).toContain('120 jobs is not above the target of 250 jobs');
  expect(JSON.stringify(card.blocks)).not.toContain('plan.approve');
  await bot.alert(resolved);
  await bot.card('Withdrawn');
});

it('without measurement and without a number in the alert, one step of the policy is proposed', async () => {
  bot = await Bot.start();
  bot.prometheus.control.remove('inspection_queue_depth');
  bot.prometheus.control.remove('inspections_enqueued_total');
  await bot.alert();
  const card = await bot.card('Waiting for approval');
  expect(words(card)).toContain('*not known*');
  expect(words(card)).toMatch(/5 → at least (9|10) replicas/);
});

it('an unreachable cluster gives a finding now and a plan once it answers', async () => {
  bot = await Bot.start();
  bot.cluster.control.injectFault({ status: 503 });
  await bot.alert();
  await bot.card('replicas: *not known*');
  bot.cluster.control.clearFaults();
  bot.later(60_000);
  await bot.card('5 → at least 8 replicas');
});

it('an alert that fits nowhere is kept, counted and listed', async () => {
  bot = await Bot.start();
  const answer = await bot.alert({ labels: { alertname: 'DiskFull', namespace: 'elsewhere' } });
  expect(answer.status).toBe(200);
  await bot.until('the alert being looked at', async () =>
    (await (await fetch(`${bot.url}/metrics`)).text()).includes('headroom_alerts_unrouted 1')
      ? true
      : undefined,
  );
  await bot.say('/capacity status', 'eve');
  const status = await bot.told('eve', 'Alerts that fit no system: 1');
  expect(words(status)).toContain('DiskFull in elsewhere');
});

it('a symptom with many causes says what to look at and has no buttons', async () => {
  bot = await Bot.start();
  await bot.alert({
    labels: {
      ...usualAlert.labels,
      alertname: 'HighAPILatency',
      headroom_system: 'gl-008',
      headroom_component: 'api-gateway',
    },
  });
  const card = await bot.card('HighAPILatency');
  expect(JSON.stringify(card.blocks)).not.toContain('plan.approve');
});

it('an autoscaler at its maximum gets a higher maximum, not a write it would undo', async () => {
  bot = await Bot.start();
  bot.cluster.control.seed([autoscaler('worker', { min: 3, max: 5 })]);
  bot.cluster.control.setUtilization(namespace, 'worker', { cpu: 180 });
  await bot.until('the autoscaler wanting more than its maximum', async () =>
    JSON.stringify(
      bot.cluster.control.get('HorizontalPodAutoscaler', namespace, 'worker'),
    ).includes('TooManyReplicas')
      ? true
      : undefined,
  );
  await bot.alert();
  const card = await bot.card('maxReplicas 5 → at least 8');
  await bot.click('approve', 'bob', card);
  await bot.reply(card, 'carried out and seen ready');
  expect(bot.writes()).toEqual([
    `PATCH /apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/worker [{"op":"test","path":"/spec/maxReplicas","value":5},{"op":"replace","path":"/spec/maxReplicas","value":8},{"op":"test","path":"/metadata/annotations","value":null},{"op":"add","path":"/metadata/annotations","value":{"headroom/plan":"${planOf(card)}"}}]`,
  ]);
});

it('a workload that is not there is said by name', async () => {
  bot = await Bot.start();
  bot.cluster.control.remove('Deployment', namespace, 'worker');
  await bot.alert();
  await bot.card(`there is no Deployment worker in namespace ${namespace} of cluster production`);
  bot.cluster.control.seed([deployment('worker', 5)]);
});

function autoscaler(name: string, { min, max }: { readonly min: number; readonly max: number }) {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: min,
      maxReplicas: max,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
        },
      ],
    },
  };
}

it('a sample that is too old does not count as measured, and its age is said', async () => {
  bot = await Bot.start();
  // Prometheus still answers with it: it looks back five minutes.
  bot.later(60_000);
  const sampledAt = new Date(bot.clock.now().getTime() - 200_000);
  bot.prometheus.control.remove('inspection_queue_depth');
  bot.prometheus.control.set(
    { name: 'inspection_queue_depth', labels: { namespace, pod: 'old' } },
    9_000,
    { at: sampledAt },
  );
  await bot.alert({ annotations: { summary: 'Inspection backlog', value: '812' } });
  const card = await bot.card('Waiting for approval');
  expect(words(card)).toContain('5 → at least 8 replicas');
  expect(words(card)).toContain(
    '*not known now*; the newest measurement, 9,000 jobs, is 3 min old',
  );
});
