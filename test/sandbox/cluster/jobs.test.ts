// Jobs in the sandbox cluster: run to their end, in parallel, after a wait, or until they have failed often enough.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JsonObject } from '../../../sandbox/cluster/json.ts';
import { objects, text } from '../../../sandbox/cluster/json.ts';
import { adminToken, type Cluster, startCluster } from '../../../sandbox/cluster/server.ts';
import { clientOf } from './ask.ts';
import { HandClock } from './hand-clock.ts';

const path = '/apis/batch/v1/namespaces/shop/jobs/report';
const job = (more: JsonObject): JsonObject => ({
  kind: 'Job',
  metadata: { name: 'report', namespace: 'shop' },
  spec: {
    template: {
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'shop/report:1' }] },
    },
    ...more,
  },
});

let clock: HandClock;
let cluster: Cluster;
let admin: ReturnType<typeof clientOf>;
beforeEach(async () => {
  clock = new HandClock();
  cluster = await startCluster({ autoTick: false, clock });
  admin = clientOf(cluster, adminToken);
});
afterEach(async () => {
  await cluster.stop();
});

function pass(seconds: number): void {
  for (let passed = 0; passed < seconds * 10; passed += 1) {
    clock.advance(100);
    cluster.control.tick();
  }
}

const held = () => cluster.control.get('Job', 'shop', 'report') ?? {};
const conditions = () =>
  objects(held(), 'status', 'conditions').map(
    (item) => `${text(item, 'type')} ${text(item, 'status')} ${text(item, 'reason')}`,
  );

test('a Job starts as many pods as it may at once until enough have succeeded', () => {
  cluster.control.seed([job({ parallelism: 2, completions: 3 })]);
  pass(1);
  expect(held()['status']).toMatchObject({ active: 2 });
  pass(9);
  expect(held()['status']).toMatchObject({ succeeded: 3, ready: 0 });
  expect(conditions()).toContain('Complete True CompletionsReached');
});

test('a Job that waits starts nothing until it is told to', async () => {
  cluster.control.seed([job({ suspend: true })]);
  pass(1);
  expect(conditions()).toEqual(['Suspended True JobSuspended']);
  expect(cluster.control.list('Pod', 'shop')).toEqual([]);
  await admin('PATCH', path, { body: { spec: { suspend: false } } });
  pass(5);
  expect(conditions()).toEqual([
    'Suspended False JobResumed',
    'SuccessCriteriaMet True CompletionsReached',
    'Complete True CompletionsReached',
  ]);
});

test('a Job tries as often as its limit says, and leaves its pods unless told otherwise', async () => {
  cluster.control.podFailure('shop', 'report', 'CrashLoopBackOff');
  cluster.control.seed([job({ backoffLimit: 1 })]);
  pass(10);
  expect(conditions()).toEqual([
    'FailureTarget True BackoffLimitExceeded',
    'Failed True BackoffLimitExceeded',
  ]);
  expect(cluster.control.list('Pod', 'shop')).toHaveLength(2);
  const answer = await admin('DELETE', `${path}?propagationPolicy=Background`);
  expect([answer.status, answer.warning]).toEqual([200, '']);
  pass(2);
  expect(cluster.control.list('Pod', 'shop')).toEqual([]);
});

test.each([
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['0 25 * * *', 'end of range (25) above maximum (23): 25'],
  ['30-10 * * * *', 'beginning of range (30) beyond end of range (10): 30-10'],
  ['@never', 'unrecognized descriptor: @never'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['0 6 * * mon-fri', undefined],
  ['@every 1h30m', undefined],
])('a schedule of %s is answered with %s', async (schedule, words) => {
  cluster.control.ensureNamespace('shop');
  const answer = await admin('POST', '/apis/batch/v1/namespaces/shop/cronjobs?dryRun=All', {
    body: {
      metadata: { name: 'a' },
      spec: { schedule, jobTemplate: { spec: job({})['spec'] ?? {} } },
    },
  });
  const [first] = objects(answer.body, 'details', 'causes');
  const said = text(first, 'message').split(': ').slice(2).join(': ');
  const about = text(first, 'field') === 'spec.schedule' ? said : undefined;
  expect(about).toBe(words);
});
