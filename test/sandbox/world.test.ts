// The world of the demo hangs together: what the cluster runs drains the queue, and what waits is what the metrics say.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SandboxWorld, startWorld } from '../../sandbox/world.ts';
import { createMetrics } from '../../src/adapters/prometheus.ts';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import { fillPromql } from '../../src/profile/promql.ts';

const profileFile = new URL('../../profiles/gl-008.yaml', import.meta.url);
const names = { namespace: 'greenlang-gl008', workload: 'worker', container: 'worker' };

let world: SandboxWorld;

beforeEach(async () => {
  const parsed = parseProfile(await readFile(profileFile, 'utf8'), 'gl-008.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.mistakes));
  world = await startWorld({
    profile: parsed.value,
    backlog: 812,
    alertFor: '0s',
    timings: { startMs: 0, stopMs: 0 },
    slack: {
      manifestPath: fileURLToPath(new URL('../../manifest.yml', import.meta.url)),
      signingSecret: 'secret',
      botToken: 'xoxb-1',
      appToken: 'xapp-1',
    },
  });
  await ready(5);
});

afterEach(() => world.stop());

test('starts with the workloads of the guide and the one autoscaler it names', () => {
  const { control } = world.cluster;
  const sizes = control.list('Deployment', world.namespace).map((deployment) => {
    const { metadata, spec } = deployment as {
      metadata: { name: string };
      spec: { replicas: number };
    };
    return [metadata.name, spec.replicas];
  });
  expect(Object.fromEntries(sizes)).toEqual({
    'steam-trap-inspector': 4,
    'api-gateway': 3,
    worker: 5,
    'sensor-gateway': 3,
    'ml-service': 2,
  });
  expect(control.list('HorizontalPodAutoscaler', world.namespace).length).toBe(1);
});

test('answers the queries of the profile with the figures of the story', async () => {
  const metrics = createMetrics({ url: world.prometheus.url });
  const parsed = parseProfile(await readFile(profileFile, 'utf8'), 'gl-008.yaml');
  const trigger = parsed.ok ? parsed.value.triggers.get('inspection-backlog') : undefined;
  if (trigger?.kind !== 'backlog' || trigger.arrival === undefined) throw new Error('no trigger');
  const ask = (promql: string) => metrics.query(fillPromql(promql, names));
  expect(await ask(trigger.measure.promql)).toMatchObject({ kind: 'value', value: 812 });
  const arrival = await ask(trigger.arrival.promql);
  expect(arrival.kind === 'value' && arrival.value).toBeCloseTo(300, 6);
});

test('the alert is true while too much waits, and only then', () => {
  const { control } = world.prometheus;
  control.tick();
  expect(control.alerts()).toMatchObject([
    {
      state: 'firing',
      labels: { alertname: 'InspectionQueueBacklog', namespace: world.namespace },
      annotations: { value: '812' },
    },
  ]);
  world.hold(500);
  control.tick();
  expect(control.alerts()).toEqual([]);
});

test('more workers drain the queue, and fewer cannot', async () => {
  expect(world.backlog()).toBe(812);
  expect(() => world.drainWithin(1)).toThrow('5 workers cannot drain the queue');
  const target = { kind: 'Deployment', namespace: world.namespace, name: 'worker' };
  world.cluster.control.patch(target, { spec: { replicas: 8 } });
  await ready(8);
  world.drainWithin(0.1);
  await until(() => world.backlog() < 250);
  world.hold(900);
  expect(world.backlog()).toBe(900);
  world.resetWorkers();
  await ready(5);
  expect(world.backlog()).toBe(900);
});

async function ready(pods: number): Promise<void> {
  await until(() => {
    const status = world.cluster.control.get('Deployment', world.namespace, 'worker')?.['status'];
    return JSON.stringify(status).includes(`"readyReplicas":${pods}`);
  });
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it did not come to hold');
    await new Promise((done) => setTimeout(done, 10));
  }
}
