// Bigger and smaller pods, from the command to the rollout and, when that fails, back again.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { valueAt } from '../../src/change/pointer.ts';
import { Bot, channel, deployment, isCard, namespace, planOf, words } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

const here = '/spec/template/spec/containers/0';

function resources(): unknown {
  return valueAt(bot.cluster.control.get('Deployment', namespace, 'worker'), `${here}/resources`);
}

it('more cpu and memory are one patch and one rollout', async () => {
  bot = await Bot.start();
  await bot.say('/scale gl-008/worker cpu=2500m memory=5Gi reason="slow inspections"', 'ann');
  await bot.told('ann', 'cpu 2 → 2500m, memory 4Gi → 5Gi');
  const card = await bot.card('Waiting for approval: 0 of 1');
  expect(words(card)).toContain('cpu request 2 → 2500m, memory request 4Gi → 5Gi');
  expect(words(card)).toContain('The cluster would accept this (server-side dry run)');
  expect(words(card)).toContain('Headroom puts the old sizes back');
  expect(bot.writes()).toEqual([]);

  await bot.click('approve', 'bob', card);
  await bot.reply(card, 'carried out and seen ready');
  await bot.card('Done');
  expect(bot.writes()).toEqual([
    `PATCH /apis/apps/v1/namespaces/${namespace}/deployments/worker ${JSON.stringify([
      { op: 'test', path: `${here}/name`, value: 'worker' },
      { op: 'test', path: `${here}/resources/requests/cpu`, value: '2' },
      { op: 'test', path: `${here}/resources/requests/memory`, value: '4Gi' },
      { op: 'replace', path: `${here}/resources/requests/cpu`, value: '2500m' },
      { op: 'replace', path: `${here}/resources/requests/memory`, value: '5Gi' },
      { op: 'add', path: '/metadata/annotations/headroom~1plan', value: planOf(card) },
    ])}`,
  ]);
  expect(resources()).toEqual({ requests: { cpu: '2500m', memory: '5Gi' } });
});

it('with replicas, the template comes first; smaller pods need two people', async () => {
  bot = await Bot.start();
  await bot.say('/scale gl-008/worker cpu=3 replicas=7', 'ann');
  const card = await bot.card('Waiting for approval: 0 of 1');
  await bot.click('approve', 'bob', card);
  await bot.card('Done');
  expect(bot.writes().map((line) => line.split(' ')[1])).toEqual([
    `/apis/apps/v1/namespaces/${namespace}/deployments/worker`,
    `/apis/apps/v1/namespaces/${namespace}/deployments/worker/scale`,
  ]);
  await bot.say('/scale gl-008/worker cpu=1', 'eve');
  await bot.told('eve', 'you are not on that list');
  await bot.say('/scale gl-008/worker cpu=1', 'oncall');
  await bot.card('Waiting for approval: 0 of 2');
});

it('pods that find no place: the template goes back, and the card says so', async () => {
  bot = await Bot.start();
  bot.cluster.control.patch(
    { kind: 'Deployment', namespace, name: 'worker' },
    { spec: { progressDeadlineSeconds: 3 } },
  );
  await bot.say('/scale gl-008/worker cpu=65 replicas=6', 'ann');
  const card = await bot.card('Waiting for approval: 0 of 1');
  await bot.click('approve', 'bob', card);
  await bot.reply(card, 'Insufficient cpu');
  const failed = await bot.card('Failed and taken back');
  expect(words(failed)).toContain('put back: cpu request 2');
  expect(words(failed)).toContain('Insufficient cpu');
  await bot.reply(card, 'failed, and put back as it was');
  expect(resources()).toEqual({ requests: { cpu: '2', memory: '4Gi' } });
  expect(bot.replicas()).toBe(5);
  expect(bot.writes()).toHaveLength(2);
});

it('what the cluster would refuse is not proposed, and a missing right is named', async () => {
  bot = await Bot.start();
  const { control } = bot.cluster;
  control.injectFault({
    match: { method: 'PATCH', path: '/deployments/worker', dryRun: true },
    status: 422,
    body: {
      kind: 'Status',
      status: 'Failure',
      reason: 'Invalid',
      code: 422,
      message: 'denied by a rule: too big',
    },
    times: 1,
  });
  await bot.say('/scale gl-008/worker cpu=3', 'ann');
  await bot.told('ann', 'too big');
  control.forbid({ verb: 'patch', resource: 'deployments' });
  await bot.say('/scale gl-008/worker cpu=3', 'bob');
  await bot.told('bob', 'Headroom may not patch deployments in namespace greenlang-gl008');
  expect((await bot.control.messages(channel)).filter(isCard)).toEqual([]);
  expect(bot.writes()).toEqual([]);
});

it('a vertical autoscaler that sets the requests is named instead of fought', async () => {
  bot = await Bot.start();
  bot.cluster.control.injectFault({
    match: { method: 'GET', path: '/verticalpodautoscalers' },
    status: 200,
    body: {
      items: [
        {
          metadata: { name: 'worker-vpa' },
          spec: {
            targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'worker' },
            updatePolicy: { updateMode: 'Auto' },
          },
        },
      ],
    },
  });
  await bot.say('/scale gl-008/worker cpu=3', 'ann');
  await bot.told('ann', 'vertical autoscaler worker-vpa (mode Auto) sets the requests');
  expect((await bot.control.messages(channel)).filter(isCard)).toEqual([]);
});

it('in propose mode the command writes exactly that patch', async () => {
  bot = await Bot.start({ systemMode: 'propose' });
  await bot.say('/scale gl-008/worker cpu=3', 'ann');
  const card = await bot.card('Waiting for approval');
  await bot.click('approve', 'bob', card);
  const approved = await bot.card('yours to carry out');
  expect(words(approved)).toContain(
    `kubectl patch deployment worker --namespace ${namespace} --type=json`,
  );
  expect(bot.writes()).toEqual([]);
});

it('somebody else’s edit of the same request stops the run, with a name', async () => {
  bot = await Bot.start();
  await bot.say('/scale gl-008/worker cpu=3', 'ann');
  const card = await bot.card('Waiting for approval');
  await bot.say('/scale stop', 'ann');
  await bot.told('ann', 'Everything is stopped');
  await bot.click('approve', 'bob', card);
  await bot.card('Approved, but stopped');
  const container = {
    name: 'worker',
    image: 'registry.example/worker:1.0.0',
    resources: { requests: { cpu: '2200m', memory: '4Gi' } },
  };
  bot.cluster.control.patch(
    { kind: 'Deployment', namespace, name: 'worker' },
    { spec: { template: { spec: { containers: [container] } } } },
    'argocd',
  );
  await bot.say('/scale resume', 'ann');
  await bot.told('ann', 'Everything goes on');
  const stopped = await bot.card('Stopped');
  expect(words(stopped)).toContain('cpu request 2200m, the plan saw 2 (changed by argocd');
  expect(bot.writes()).toEqual([]);
});

it('a rollout that somebody pauses between two steps of a plan is not written to, and they are told why', async () => {
  const profilesDir = await mkdtemp(join(tmpdir(), 'headroom-paused-'));
  const profile = `profile: shop
title: Shop
guide: Shop guide 1
components:
  web:
    workload: { kind: Deployment, namespace: shop, name: web, container: web }
    replicas: { min: 2, max: 10, baseline: 4, source: Limits }
    pod: { cpu: 2, memory: 4Gi, source: Baseline }
cost: { cpuCoreHourUsd: 0.05, memoryGbHourUsd: 0.01, source: Rates }
procedures:
  grow:
    title: More pods, then other variables
    source: Growth
    steps:
      - scale: { component: web, to: 5, gate: { rollout: true, within: 10m } }
      - env: { component: web, set: { WORKERS: 8 }, gate: { rollout: true, within: 10m } }
`;
  await writeFile(join(profilesDir, 'shop.yaml'), profile);
  const web = { kind: 'Deployment', namespace: 'shop', name: 'web' };
  let isPaused = false;
  bot = await Bot.start({
    profilesDir,
    systems: `
  shop: { profile: shop, mode: apply, cluster: production, channel: ${channel} }
`,
    checkpoint: (reached) => {
      if (reached !== 'gate-passed' || isPaused) return;
      isPaused = true;
      bot.cluster.control.patch(web, { spec: { paused: true } }, 'kubectl-rollout');
    },
  });
  await rm(profilesDir, { recursive: true, force: true });
  bot.cluster.control.seed([deployment('web', 4, 'shop')]);
  bot.cluster.control.settle();
  await bot.say('/scale run shop grow', 'ann');
  const card = await bot.card('Waiting for approval');
  await bot.click('approve', 'bob', card);
  const stopped = await bot.card('Stopped');
  expect(words(stopped)).toContain('Deployment web is paused');
  expect(words(stopped)).toContain('nothing more was written');
  expect(bot.writes().map((line) => line.split(' ')[1])).toEqual([
    '/apis/apps/v1/namespaces/shop/deployments/web/scale',
  ]);
  expect(bot.replicas('web', 'shop')).toBe(5);
});
