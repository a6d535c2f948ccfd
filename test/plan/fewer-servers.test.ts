// Which servers of a database a plan may take away: never the last replica, the primary, or one that commits wait for.

import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/change/change.ts';
import type { StandbyNow } from '../../src/database/health.ts';
import { fewerServers, judgeFewer } from '../../src/plan/fewer-servers.ts';
import {
  makeAutoscalerChange,
  makeAutoscalerState,
  makeClusterState,
  makeDatabasePlace,
  makePatchChange,
  makeScaleChange,
  makeSystem,
  makeWorkload,
  makeWorkloadState,
} from '../make.ts';

const workload = makeWorkload({ kind: 'StatefulSet', name: 'postgres', namespace: 'databases' });
const window = { at: '02:00', minutes: 60, timezone: 'UTC', days: [] };
const system = makeSystem({
  databases: new Map([
    [
      'main',
      makeDatabasePlace({
        namespace: 'databases',
        restart: { statefulSet: 'postgres', approvers: [], window },
      }),
    ],
    ['archive', makeDatabasePlace({ operated: 'archive-db' })],
  ]),
});

function fewer(change: Change, spec: object = {}) {
  const state = makeClusterState({
    workload: makeWorkloadState({ replicas: 4 }),
    autoscaler: makeAutoscalerState({ minReplicas: 4, maxReplicas: 6 }),
    objects: [
      { kind: 'StatefulSet', name: 'postgres', resourceVersion: '1', value: { spec }, writers: [] },
    ],
  });
  return fewerServers([{ workload: change.workload, changes: [change], state }], system);
}

const scaledTo = (replicas: number, of = workload) =>
  makeScaleChange({ workload: of, before: { replicas: 4 }, after: { replicas }, floor: false });

const instances = (before: number, after: number) =>
  makePatchChange({
    object: { cluster: 'production', namespace: 'databases', kind: 'Cluster', name: 'archive-db' },
    fields: [{ pointer: '/spec/instances', what: 'instances', before, after }],
    rollout: false,
  });

describe('fewer servers', () => {
  it('are those with the highest ordinals of the StatefulSet of a database', () => {
    const main = { database: 'main', name: 'StatefulSet postgres' };
    expect(fewer(scaledTo(2))).toEqual([
      { ...main, before: 4, after: 2, going: ['postgres-2', 'postgres-3'] },
    ]);
    expect(fewer(scaledTo(3), { ordinals: { start: 5 } })).toMatchObject([
      { going: ['postgres-8'] },
    ]);
  });

  it('are also those that an autoscaler may take away by a lower minimum', () => {
    const lower = makeAutoscalerChange({
      workload,
      before: { minReplicas: 4, maxReplicas: 6 },
      after: { minReplicas: 2, maxReplicas: 6 },
      floor: false,
    });
    expect(fewer(lower)).toMatchObject([{ after: 2, going: ['postgres-2', 'postgres-3'] }]);
  });

  it('of a Cluster are the operator’s choice', () => {
    expect(fewer(instances(4, 3))).toEqual([
      { database: 'archive', name: 'Cluster archive-db', before: 4, after: 3 },
    ]);
  });

  it.each<[string, Change]>([
    ['more of them', scaledTo(5)],
    ['more instances', instances(3, 4)],
    [
      'a workload that is no database',
      scaledTo(2, makeWorkload({ kind: 'StatefulSet', name: 'cache' })),
    ],
    ['a Deployment', scaledTo(2, makeWorkload({ name: 'postgres', namespace: 'databases' }))],
  ])('are none for %s', (_, change) => {
    expect(fewer(change)).toEqual([]);
  });
});

const standby = (ordinal: number, sync?: string): StandbyNow => ({
  name: `postgres-${ordinal}`,
  ...(sync !== undefined && { state: 'streaming', sync }),
});
const set = { name: 'StatefulSet postgres', before: 4, after: 3, going: ['postgres-3'] };
const async = [standby(1, 'async'), standby(2, 'async')];
const words = (...asked: Parameters<typeof judgeFewer>) => {
  const { result, text } = judgeFewer(...asked);
  return `${result}: ${text}`;
};

describe('a server may go', () => {
  it.each([
    ['no commit waits for it', { needed: 0, standbys: [...async, standby(3, 'async')] }],
    [
      'another is the synchronous one',
      { needed: 1, standbys: [standby(1, 'sync'), standby(2, 'async'), standby(3, 'potential')] },
    ],
    [
      'enough of a quorum stay',
      { needed: 1, standbys: [standby(1, 'quorum'), standby(2, 'quorum'), standby(3, 'quorum')] },
    ],
  ])('where %s', (_, now) => {
    expect(words(set, now)).toMatch(/^ok: StatefulSet postgres: postgres-3 may go/);
  });

  it.each([
    [
      'it is the synchronous one',
      [...async, standby(3, 'sync')],
      1,
      /postgres-3, the synchronous standby/,
    ],
    [
      'too few of a quorum would stay',
      [standby(1, 'quorum'), standby(3, 'quorum')],
      2,
      /of the 2 .* 1 would stay/,
    ],
    [
      'the other one of the quorum still catches up',
      [{ ...standby(1, 'potential'), state: 'catchup' }, standby(2, 'async'), standby(3, 'quorum')],
      1,
      /of the 1 .* 0 would stay/,
    ],
    [
      'no other one streams',
      [{ ...standby(2, 'async'), state: 'catchup' }, standby(3, 'async')],
      0,
      /no standby that streams would stay/,
    ],
    [
      'it is the synchronous one beside a connection of before',
      [...async, standby(3, 'async'), standby(3, 'sync')],
      1,
      /postgres-3, the synchronous standby/,
    ],
    [
      'another one of the quorum is shown twice',
      [standby(1, 'quorum'), standby(1, 'quorum'), standby(3, 'quorum')],
      2,
      /of the 2 .* 1 would stay/,
    ],
    [
      'it is the primary',
      [standby(0, 'async'), ...async],
      0,
      /none of the standbys .* it is the primary itself/,
    ],
  ])('but not where %s', (_, standbys, needed, because) => {
    expect(words(set, { needed, standbys })).toMatch(/^refused: /);
    expect(words(set, { needed, standbys })).toMatch(because);
  });

  it('but never the last replica, whatever anybody knows', () => {
    const now = { because: 'nobody listens' };
    expect(words({ ...set, after: 1 }, now)).toMatch(/^refused: .* left with its primary alone/);
    expect(words({ ...set, after: 0 }, now)).toMatch(/^refused: .* left with no server/);
  });

  it.each([
    ['nobody answers', { because: 'nobody listens' }, 'nobody listens'],
    [
      'standbys have other names',
      { needed: 1, standbys: [{ name: 'walreceiver' }] },
      'walreceiver',
    ],
    ['their part is not shown', { needed: 1, standbys: [standby(3)] }, 'may not see'],
  ])('with what holds all the same where %s', (_, now, because) => {
    expect(words(set, now)).toMatch(/^unknown: .*: postgres-3 will go, .* and 3 servers stay/);
    expect(words(set, now)).toContain(because);
  });

  it('of a Cluster only while more stay than commits wait for', () => {
    const cluster = { name: 'Cluster archive-db', before: 4, after: 3 };
    const standbys = [standby(1, 'quorum'), standby(2, 'quorum'), standby(3, 'quorum')];
    expect(words(cluster, { needed: 1, standbys })).toMatch(
      /^ok: .* wait for 1 of 3 standbys that stream/,
    );
    expect(words(cluster, { needed: 2, standbys })).toMatch(/^refused: .* left with 2 replicas/);
    const catching = [{ ...standby(1, 'potential'), state: 'catchup' }, ...standbys.slice(1)];
    expect(words(cluster, { needed: 1, standbys: catching })).toMatch(
      /^refused: .* left with 1 replicas that stream, and commits wait for 1 of 2/,
    );
    expect(words(cluster, { needed: 0, standbys: catching.slice(0, 2) })).toMatch(
      /^refused: .* left with 0 replicas that stream/,
    );
    expect(words(cluster, { because: 'nobody listens' })).toMatch(/^unknown: .* itself says/);
  });
});
