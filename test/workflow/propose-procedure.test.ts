// What a procedure finds when it is drawn: a region that is gone, and volumes, which grow only where their class lets them, and have grown when their claims have the size.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../sandbox/cluster/json.ts';
import { createCounters } from '../../src/adapters/counters.ts';
import { writeFor } from '../../src/change/write.ts';
import type { System } from '../../src/plan/system.ts';
import type { Transaction } from '../../src/ports.ts';
import type { ChangeAtHand } from '../../src/workflow/change-at-hand.ts';
import { observeChange } from '../../src/workflow/observe-change.ts';
import type { Parts } from '../../src/workflow/parts.ts';
import { drawProcedure } from '../../src/workflow/propose-procedure.ts';
import { rolloutOf, verifyChange } from '../../src/workflow/verify-change.ts';
import {
  type FollowedCluster,
  refOf,
  startFollowed,
  workloadOf,
} from '../adapters/followed-cluster.ts';
import { makeRecord, makeSystem, now } from '../make.ts';
import { noDatabases } from '../no-databases.ts';
import { planOf } from '../profile/plan-of.ts';
import { readProfile } from '../profile/read-profile.ts';

const database = refOf('postgresql', { kind: 'StatefulSet', namespace: 'greenlang-db' });
const profile = readProfile('gl-003');
const plan = planOf('gl-003', 'database-resources');
let followed: FollowedCluster;

beforeAll(async () => {
  followed = await startFollowed();
});
afterAll(async () => {
  await followed.stop();
});
afterEach(async () => {
  await followed.reset();
});

/** A store that keeps nothing and tells where a change of a run stands. */
function transactionsThat(tell: (change: { state: string; detail?: string }) => void) {
  const group = (name: string) =>
    new Proxy(
      {},
      {
        get: (_, method) => async (_run: unknown, change: { state: string; detail?: string }) => {
          if (`${name}.${String(method)}` === 'runs.setChange') tell(change);
          return true;
        },
      },
    );
  const tx = new Proxy({}, { get: (_, name) => group(String(name)) }) as Transaction;
  return { transaction: <T>(work: (tx: Transaction) => Promise<T>) => work(tx) };
}

/** Only the growth of the volume: the rest is another story. */
const growth = { ...plan, steps: plan.steps.filter(({ kind }) => kind === 'storage') };

const classOf = (
  name: string,
  allowVolumeExpansion: boolean,
  more: JsonObject = {},
): JsonObject => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name },
  provisioner: 'example.com/disks',
  allowVolumeExpansion,
  ...more,
});

function seed(...more: readonly JsonObject[]): void {
  const { control } = followed.cluster;
  control.seed([workloadOf(database, 1), ...more]);
  control.settle();
}

const claimOf = (storageClassName: string): JsonObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'postgres-pvc', namespace: database.namespace },
  spec: {
    storageClassName,
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '100Gi' } },
  },
});

function notAsked(): never {
  throw new Error('it drops nothing, so it is not asked');
}

async function drawn(mode: System['mode'] = 'apply') {
  const workloads = new Map([['postgresql', { ...database, container: 'postgresql' }]]);
  const system = makeSystem({ profile, mode, cluster: 'main', workloads });
  const origin = { kind: 'command', commandId: 'c-1', by: 'U0ANN' } as const;
  const kinds = ['PersistentVolumeClaim'] as const;
  const request = { system, id: 'database-resources', plan: growth, origin } as const;
  const allowed = new Map([['main', { namespaces: [database.namespace], kinds }]]);
  return drawProcedure(request, await partsWith(allowed));
}

async function partsWith(allowed: Parts['allowed']): Promise<Parameters<typeof drawProcedure>[1]> {
  return {
    clusters: await followed.open(),
    databases: noDatabases,
    systems: new Map(),
    clock: { now: () => now, sleep: async () => undefined },
    newId: () => 'p-1',
    counters: createCounters().counters,
    metricsOf: notAsked,
    probe: notAsked,
    allowed,
    lookForRoom: async () => ({
      nodes: { kind: 'unknown', because: 'not looked at' },
      namespaces: new Map(),
    }),
  };
}

describe('a failover', () => {
  const namespace = 'greenlang-gl008';
  const west = 'steam-trap-inspector-us-west-2';
  const draw = async (east: string) => {
    seed(workloadOf(refOf(west, { namespace }), 4));
    const here = { namespaces: [namespace], kinds: ['Deployment'] } as const;
    const system = makeSystem({ profile: readProfile('gl-008'), cluster: 'main' });
    const origin = { kind: 'command', commandId: 'c-1', by: 'U0ANN' } as const;
    const request = {
      system,
      id: 'failover',
      plan: planOf('gl-008', 'failover', { east }),
      origin,
    };
    const allowed = new Map([
      ['main', here],
      ['gone', here],
    ]);
    return drawProcedure(request, await partsWith(allowed));
  };

  it('needs nothing of the region that does not answer', async () => {
    const result = await draw('gone');
    if (result.kind === 'refused') throw new Error(result.because);
    const { steps } = result.plan;
    expect(steps[0]).toMatchObject({
      kind: 'scale',
      workload: { name: west },
      after: { replicas: 12 },
    });
    expect(steps.at(-1)).toMatchObject({
      kind: 'human',
      what: expect.stringContaining('When cluster gone answers again'),
    });
  });

  it('to or from a cluster that headroom.yaml does not name is refused', async () => {
    expect(await draw('esat')).toEqual({
      kind: 'refused',
      because: 'cluster esat is not in headroom.yaml',
    });
  });
});

it('of a class that lets volumes grow it is planned, with no doubt left', async () => {
  seed(classOf('growing', true), claimOf('growing'));
  const result = await drawn();
  if (result.kind === 'refused') throw new Error(result.because);
  expect(result.plan.steps).toMatchObject([
    { kind: 'patch', object: { kind: 'PersistentVolumeClaim', name: 'postgres-pvc' } },
  ]);
  expect(result.plan.notes.join('\n')).not.toContain('is not known');
});

it('of a class that does not it is refused, with the class and what to do', async () => {
  seed(classOf('fixed', false), claimOf('fixed'));
  expect(await drawn()).toMatchObject({
    kind: 'refused',
    because: expect.stringContaining(
      'storage class fixed of claim postgres-pvc does not let volumes grow: set allowVolumeExpansion',
    ),
  });
  expect(followed.asked().some(({ method }) => method === 'PATCH')).toBe(false);
});

it.each([
  ['of a volume that somebody made by hand', '', 'made by hand'],
  ['of a class that is gone', 'gone', 'storage class gone'],
])('%s it is refused', async (_, storageClass, says) => {
  seed(claimOf(storageClass));
  expect(await drawn()).toMatchObject({ kind: 'refused', because: expect.stringContaining(says) });
});

it('of a class that may not be read it is proposed with the doubt', async () => {
  seed(classOf('growing', true), claimOf('growing'));
  followed.cluster.control.forbid({ verb: 'get', resource: 'storageclasses' });
  const result = await drawn();
  if (result.kind === 'refused') throw new Error(result.because);
  expect(result.plan.notes.join('\n')).toContain(
    'Whether the storage class of claim postgres-pvc lets it grow is not known',
  );
});

describe('a growth that is written', () => {
  const disk = { name: 'disk', persistentVolumeClaim: { claimName: 'postgres-pvc' } };
  const podOf = (name: string): JsonObject => ({
    kind: 'Pod',
    metadata: { name, namespace: database.namespace },
    spec: { containers: [{ name: 'a', image: 'a:1' }], volumes: [disk] },
  });

  /** Writes the growth of the claim as the plan has it. */
  async function write(expansion?: string) {
    const parameters = expansion === undefined ? {} : { parameters: { expansion } };
    seed(classOf('some', true, parameters), claimOf('some'), podOf('first'));
    const result = await drawn();
    if (result.kind === 'refused') throw new Error(result.because);
    const [step] = result.plan.steps;
    if (step?.kind !== 'patch') throw new Error('the step grows the claim');
    const clusters = await followed.open();
    const state = () => observeChange(step, { clusters });
    const request = writeFor(step, 'p-1', await state());
    if (request === undefined || request.how === 'sql') throw new Error('it can be written');
    expect(await clusters.write(request, { dryRun: false })).toEqual({ kind: 'written' });
    return { step, plan: result.plan, state, clusters };
  }

  /** The same, and tells how far it is whenever asked. */
  async function grow(expansion?: string) {
    const { step, state } = await write(expansion);
    return async () => {
      followed.cluster.control.settle();
      return rolloutOf(step, await state());
    };
  }

  it('that nobody ends by a restart is told, waited for, and no change that is seen ready', async () => {
    const { step, plan: drawnPlan, clusters } = await write('at-pod-start');
    followed.cluster.control.settle();
    const stored: string[] = [];
    let atMs = now.getTime();
    const at = {
      run: { planId: 'p-1', number: 1 },
      record: makeRecord({ plan: drawnPlan }),
      hold: { holder: 'h-1' },
      position: 0,
      change: step,
      shutdown: new AbortController().signal,
    } as unknown as ChangeAtHand;
    const parts = {
      clusters,
      store: transactionsThat((change) => stored.push(`${change.state}: ${change.detail}`)),
      systems: new Map(),
      wake: () => undefined,
      clock: {
        now: () => new Date(atMs),
        sleep: async () => {
          atMs += 120_000;
        },
      },
    } as unknown as Parts;
    const end = await verifyChange(at, 'verified', parts);
    const why = 'claim postgres-pvc asked 500Gi, has 100Gi: file system resize is pending';
    expect(end).toMatchObject({
      kind: 'failed',
      because: expect.stringContaining(`not ready after 10 minutes: ${why}`),
    });
    expect(stored).toHaveLength(2);
    expect(stored[0]).toContain(`written: ${why}`);
    expect(stored[1]).toContain(`failed: not ready after 10 minutes: ${why}`);
  });

  it('in use is ready once the claim has the size', async () => {
    const rollout = await grow();
    expect(await rollout()).toEqual({ kind: 'ready' });
  });

  it('that waits for a restart is not ready, says whose, and is ready after that restart', async () => {
    const rollout = await grow('at-pod-start');
    expect(await rollout()).toEqual({
      kind: 'on-its-way',
      progress:
        'claim postgres-pvc asked 500Gi, has 100Gi: file system resize is pending (FileSystemResizePending); if that stays so, the pod that uses it must be restarted, by a plan of its own or by hand',
    });
    const { control } = followed.cluster;
    control.remove('Pod', database.namespace, 'first');
    control.seed([podOf('second')]);
    await expect.poll(rollout, { timeout: 10_000 }).toEqual({ kind: 'ready' });
  });

  it('that the storage cannot do has failed, with its words', async () => {
    const rollout = await grow('infeasible');
    expect(await rollout()).toEqual({
      kind: 'failed',
      because: expect.stringContaining(
        'asked 500Gi, has 100Gi: its storage cannot grow it (ControllerResizeInfeasible: ControllerResizeError: failed to expand',
      ),
    });
  });

  it('before and not in effect yet is no growth that is done', async () => {
    const rollout = await grow('at-pod-start');
    await rollout();
    expect(await drawn()).toMatchObject({
      because: expect.stringContaining('asked 500Gi, has 100Gi: file system resize is pending'),
    });
  });
});
