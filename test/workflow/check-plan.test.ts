// What the checks of a plan ask of a cluster: nothing twice, and nothing that an answer they have anyway proves.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningClusters } from '../../src/adapters/kubernetes.ts';
import type { Change } from '../../src/change/change.ts';
import type { Quota } from '../../src/sizing/quota.ts';
import { checkPlan } from '../../src/workflow/check-plan.ts';
import {
  type FollowedCluster,
  refOf,
  startFollowed,
  workloadOf,
} from '../adapters/followed-cluster.ts';
import { makePatchChange, makePlan, makeScaleChange } from '../make.ts';
import { noDatabases } from '../no-databases.ts';

const web = refOf('web');
let followed: FollowedCluster;
let clusters: RunningClusters;

beforeAll(async () => {
  followed = await startFollowed();
});
afterAll(async () => {
  await followed.stop();
});
beforeEach(async () => {
  followed.cluster.control.seed([workloadOf(web, 3)]);
  followed.cluster.control.settle();
  clusters = await followed.open();
  await clusters.follow(web);
  followed.cluster.control.requests.clear();
});
afterEach(async () => {
  await followed.reset();
});

const scale = makeScaleChange({ workload: web, before: { replicas: 3 }, after: { replicas: 5 } });

const budget: Change = {
  kind: 'create',
  workload: web,
  object: { cluster: 'main', namespace: 'shop', kind: 'PodDisruptionBudget', name: 'web' },
  fields: { spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } } },
  rollout: false,
  floor: false,
  undo: 'exact',
};

const check = (steps: readonly Change[], isBeforeWrite: boolean, quotas: readonly Quota[] = []) =>
  checkPlan(
    makePlan({ workload: web, steps }),
    { mode: 'apply', isBeforeWrite },
    {
      clusters,
      databases: noDatabases,
      systems: new Map(),
      allowed: new Map([
        ['main', { namespaces: ['shop'], kinds: ['Deployment', 'PodDisruptionBudget'] }],
      ]),
      lookForRoom: async () => ({
        nodes: { kind: 'unknown', because: 'it is not looked at here' },
        namespaces: new Map([
          [
            'shop',
            {
              quotas: { kind: 'known', value: quotas },
              limitRanges: { kind: 'known', value: [] },
            },
          ],
        ]),
      }),
    },
  );

/** What was asked, as verb and last part of the path. */
const asked = () =>
  followed
    .asked()
    .map(({ method, path, query }) =>
      [method, path.split('/').at(-1), query.includes('dryRun') ? 'dry' : ''].join(' ').trim(),
    );

describe('the checks of a plan ask', () => {
  it.each([
    ['when it is drawn', false],
    ['before it is written', true],
  ])('%s only for the dry run: what it proves is not asked again', async (_, isBeforeWrite) => {
    const { checks, looked } = await check([scale], isBeforeWrite);
    expect(asked()).toEqual(['PATCH scale dry']);
    expect(checks.filter(({ result }) => result === 'refused')).toEqual([]);
    expect(checks.map(({ text }) => text)).toContain('Headroom may write it');
    expect(looked).toMatchObject([{ kind: 'seen', write: { how: 'patch' } }]);
  });

  it('for the right to take back what a plan makes, which no dry run proves', async () => {
    await check([budget], false);
    expect(asked()).toEqual(['GET web', 'PATCH web dry', 'POST selfsubjectaccessreviews']);
    followed.cluster.control.forbid({ verb: 'delete', resource: 'poddisruptionbudgets' });
    const { checks } = await check([budget], false);
    expect(checks).toContainEqual({
      kind: 'access',
      result: 'refused',
      text: expect.stringContaining('may not delete poddisruptionbudgets'),
    });
  });

  it('for the right that is missing where a dry run is refused, and name it', async () => {
    followed.cluster.control.forbid({ verb: 'patch', resource: 'deployments/scale' });
    const { checks } = await check([scale], false);
    expect(checks).toContainEqual({
      kind: 'access',
      result: 'refused',
      text: expect.stringContaining('may not patch deployments/scale'),
    });
  });

  it('nothing of what stands on an earlier change, and say that it was not tried', async () => {
    if (budget.kind !== 'create') throw new Error('it makes something');
    const after: Change = makePatchChange({
      workload: web,
      object: budget.object,
      fields: [{ pointer: '/spec/minAvailable', what: 'at least', before: 1, after: 2 }],
      guards: [],
      rollout: false,
    });
    const { checks } = await check([budget, after], false);
    expect(checks.filter(({ kind }) => kind === 'dry-run')).toEqual([
      { kind: 'dry-run', result: 'ok', text: expect.stringContaining('would accept this') },
      {
        kind: 'dry-run',
        result: 'unknown',
        text: '1 change could not be tried at the cluster yet: earlier steps of this plan make what it stands on',
      },
    ]);
  });

  it('the cluster itself before they say that somebody has moved something', async () => {
    followed.cluster.control.patch(web, { spec: { replicas: 4 } }, 'kubectl');
    const { looked } = await check([scale], true);
    expect(looked).toMatchObject([{ kind: 'seen', drift: expect.stringContaining('4') }]);
    expect(asked()).toContain('GET web');
  });

  it('a quota for the one pod that a rollout starts before it takes any away', async () => {
    const wait = { pointer: '/spec/minReadySeconds', what: 'wait', after: 5 };
    const change = makePatchChange({ workload: web, object: web, fields: [wait], guards: [] });
    const found = async (used: number) => {
      const line = { resource: 'pods', used, hard: 4 } as const;
      const { checks } = await check([change], false, [
        { name: 'team', scopes: [], lines: [line] },
      ]);
      return checks.filter(({ kind }) => kind === 'quota').map(({ text }) => text);
    };
    expect(await found(3)).toEqual([]);
    expect(await found(4)).toEqual([expect.stringContaining('Quota team: pods 4 of 4 used')]);
    // A quarter of four is one, and that one makes room.
    followed.cluster.control.patch(web, { spec: { replicas: 4 } }, 'kubectl');
    await expect.poll(() => found(4)).toEqual([]);
  });

  it('whether somebody holds the rollout that a new template would be', async () => {
    const wait = { pointer: '/spec/minReadySeconds', what: 'wait', after: 5 };
    const change = makePatchChange({ workload: web, object: web, fields: [wait], guards: [] });
    expect((await check([change], true)).looked).toMatchObject([{ write: { how: 'patch' } }]);
    followed.cluster.control.patch(web, { spec: { paused: true } }, 'kubectl-rollout');
    const drift = expect.stringContaining('Deployment web is paused');
    const looked = async () => (await check([change], true)).looked;
    // A watch tells it a moment later.
    await expect.poll(looked).toMatchObject([{ kind: 'seen', drift }]);
  });
});
