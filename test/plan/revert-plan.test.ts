// The plan that takes another one back: its exact undos, last first, what somebody has set since left alone, and the rest said.

import { describe, expect, it } from 'vitest';
import {
  type Change,
  type CreateChange,
  isDecrease,
  type SqlChange,
} from '../../src/change/change.ts';
import type { State } from '../../src/change/compare.ts';
import { isDeedDecrease, sqlDeedWords, undoOfDeed } from '../../src/database/sql-deed.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { PlanState } from '../../src/plan/plan-state.ts';
import {
  assembleRevert,
  mayBeReverted,
  undoingOf,
  whyNotReverted,
} from '../../src/plan/revert-plan.ts';
import type { System } from '../../src/plan/system.ts';
import {
  makeClusterState,
  makeDatabasePlace,
  makePatchChange,
  makePlan,
  makeScaleChange,
  makeSeenDeployment,
  makeSystem,
  makeWorkload,
  makeWorkloadState,
  now,
  people,
} from '../make.ts';

const scaled = makeScaleChange({ before: { replicas: 5 }, after: { replicas: 8 } });

const setting = (
  name: 'work_mem' | 'max_connections',
  over: Partial<SqlChange> = {},
): SqlChange => ({
  kind: 'sql',
  workload: makeWorkload(),
  database: { system: 'steam-traps', name: 'main', server: '7' },
  deed: {
    deed: 'setting',
    name,
    after: '64MB',
    running: '100',
    ...(name === 'max_connections' && { restart: true }),
  },
  floor: false,
  undo: 'exact',
  ...over,
});

const made = (kind: CreateChange['object']['kind']): CreateChange => ({
  kind: 'create',
  workload: makeWorkload(),
  object: { cluster: 'production', namespace: 'shop', kind, name: 'pgbouncer' },
  fields: {},
  rollout: kind === 'Deployment',
  floor: false,
  undo: 'exact',
});

const running = (replicas: number): State =>
  makeClusterState({ workload: makeWorkloadState({ replicas }) });

/** What is drawn where each undo finds such a state. */
function reverted(
  written: readonly Change[],
  states: readonly State[],
  {
    plan = makePlan(),
    there = [],
    system = makeSystem(),
    firing = [],
  }: {
    plan?: Plan;
    there?: readonly CreateChange[];
    system?: System;
    firing?: readonly string[];
  } = {},
) {
  const undoing = undoingOf(plan, written);
  if ('because' in undoing) return undoing.because;
  const seen = undoing.changes.map((change, index) => ({
    change,
    state: states[index] ?? running(0),
  }));
  const drawn = assembleRevert(
    {
      of: plan,
      system,
      undoing,
      seen,
      there,
      firing,
      states: new Map(),
      origin: { kind: 'command', commandId: 'c-1', by: people.ann },
      now,
    },
    { id: 'p-2', revision: 1 },
  );
  return drawn.kind === 'refused' ? drawn.because : drawn.plan;
}

const states: Readonly<Record<PlanState, RegExp | undefined>> = {
  applied: undefined,
  left: undefined,
  // Replicas that it added are still there.
  reverted: undefined,
  applying: /is being carried out; stop it first/,
  unknown: /is being carried out/,
  failed: /is being carried out/,
  proposed: /has written nothing yet/,
  approved: /has written nothing yet/,
  denied: /is denied and has written nothing/,
  expired: /has written nothing/,
  withdrawn: /has written nothing/,
  superseded: /has written nothing/,
  lapsed: /has written nothing/,
};

it.each(Object.entries(states))('of a plan that is %s', (state, because) => {
  const why = whyNotReverted('p-1', state as PlanState);
  expect(why).toEqual(because === undefined ? undefined : expect.stringMatching(because));
});

describe('what is taken back', () => {
  it('is the last first, each to what was there before it', () => {
    const patch = makePatchChange({ rollout: false });
    const undoing = undoingOf(makePlan(), [scaled, patch]);
    expect(undoing).toMatchObject({
      changes: [
        {
          kind: 'patch',
          fields: [{ before: patch.fields[0]?.after, after: patch.fields[0]?.before }],
        },
        { kind: 'scale', before: { replicas: 8 }, after: { replicas: 5 }, floor: false },
      ],
      notes: [],
    });
  });

  it('says what it costs less, and is a decrease', () => {
    expect(reverted([scaled], [running(8)])).toMatchObject({
      id: 'p-2',
      takesBack: 'p-0abcd',
      procedure: { id: 'revert', title: 'take back plan p-0abcd, worker' },
      replicas: { after: 5 },
      decrease: true,
      cost: { beforeUsdPerMonth: 584, afterUsdPerMonth: 365 },
    });
  });

  it('leaves what is back already, and what somebody has set since', () => {
    const other = makeScaleChange({
      workload: makeWorkload({ name: 'other' }),
      before: { replicas: 2 },
      after: { replicas: 4 },
    });
    expect(reverted([scaled, other], [running(4), running(6)])).toMatchObject({
      steps: [{ workload: { name: 'other' } }],
      notes: ['Stays as it is: Deployment worker has 6 replicas, the plan saw 8'],
    });
    expect(reverted([scaled], [running(5)])).toBe(
      'nothing of plan p-0abcd is there to be taken back',
    );
    expect(reverted([scaled], [running(6)])).toContain('Deployment worker has 6 replicas');
  });

  it('takes requests that were raised away under the stricter rule', () => {
    const raised = makePatchChange();
    const state = makeClusterState({
      objects: [makeSeenDeployment({ requests: { cpu: '2500m' } })],
    });
    expect(reverted([raised], [state])).toMatchObject({ decrease: true });
    const [field] = raised.fields;
    if (field === undefined) throw new Error('a patch has a field');
    const undoOf = (over: Partial<typeof field>) => {
      const undoing = undoingOf(makePlan(), [makePatchChange({ fields: [{ ...field, ...over }] })]);
      if ('because' in undoing) throw new Error(undoing.because);
      return undoing.changes.map(isDecrease);
    };
    const { before: _, ...added } = field;
    const resources = '/spec/template/spec/containers/0/resources';
    const target = '/spec/metrics/0/resource/target/averageUtilization';
    expect(undoOf({ before: '3' })).toEqual([false]);
    expect(undoOf({ pointer: target, before: 80, after: 60 })).toEqual([true]);
    expect(undoOf({ pointer: '/data/limit', before: '100', after: '200' })).toEqual([true]);
    expect(undoOf({ pointer: '/data/mode', before: 'session', after: 'x' })).toEqual([false]);
    const whole = { ...added, pointer: `${resources}/requests`, after: { cpu: '2' } };
    const wholeUndone = undoingOf(makePlan(), [makePatchChange({ fields: [whole] })]);
    expect(wholeUndone).toMatchObject({ changes: [{ decrease: true }] });
    const limits = { ...whole, pointer: `${resources}/limits` };
    const limitsUndone = undoingOf(makePlan(), [makePatchChange({ fields: [limits] })]);
    expect(limitsUndone).toMatchObject({ changes: [{ decrease: false }] });
  });

  it('takes away replicas that stayed when the templates of a failed plan went back', () => {
    const state = makeClusterState({ objects: [makeSeenDeployment({ requests: { cpu: '2' } })] });
    expect(reverted([scaled, makePatchChange()], [state, running(8)])).toMatchObject({
      steps: [{ kind: 'scale', after: { replicas: 5 } }],
      decrease: true,
    });
  });

  it('leaves a setting that somebody has set since, and takes back the one beside it', () => {
    const one = setting('work_mem', {
      deed: { deed: 'setting', name: 'work_mem', after: '64MB', running: '4MB', unit: 'kB' },
    });
    const other = setting('work_mem', {
      deed: { deed: 'setting', name: 'random_page_cost', after: '1.1', running: '4' },
    });
    const answers = (value: string, file: string, vartype: string, unit: string | null) => ({
      ...running(1),
      answers: [
        [
          {
            setting: value,
            unit,
            vartype,
            context: 'user',
            pending: false,
            shown: file,
            isFromAlterSystem: true,
          },
        ],
        [{ setting: file, error: null }],
        [],
      ],
    });
    const found = [answers('1.1', '1.1', 'real', null), answers('32768', '32MB', 'integer', 'kB')];
    expect(reverted([one, other], found)).toMatchObject({
      steps: [{ deed: { name: 'random_page_cost', before: '1.1' } }],
      notes: [expect.stringContaining('postgresql.auto.conf says 32MB for work_mem')],
    });
  });

  it('says of a setting what is in effect now and what will be, as often as it is taken back', () => {
    const { deed } = setting('work_mem', {
      deed: { deed: 'setting', name: 'work_mem', after: '64MB', running: '4MB', unit: 'kB' },
    });
    const { by } = undoOfDeed(deed);
    if (by === undefined) throw new Error('a setting has an undo');
    expect(sqlDeedWords(by)).toBe('work_mem 64MB → as in the other files, 4MB');
    expect(isDeedDecrease(by)).toBe(true);
    expect(undoOfDeed(by).by).toEqual(deed);
  });

  it('keeps no rows for a shorter time than somebody has chosen since', () => {
    const at = (name: string) => ({ schema: 'public', name, relation: 7 });
    const longer = setting('work_mem', {
      deed: {
        deed: 'timescale-policy',
        policy: 'retain',
        on: at('readings'),
        table: at('readings'),
        functions: 'public',
        words: 'compress',
        before: { after: { seconds: 30 * 86_400, text: '30 days' } },
        after: { after: { seconds: 90 * 86_400, text: '90 days' } },
      },
    });
    expect(mayBeReverted(longer)).toBe(false);
    expect(undoingOf(makePlan(), [longer])).toMatchObject({
      changes: [],
      notes: [
        expect.stringMatching(/readings.* stays: how long rows are kept is a plan of its own$/),
      ],
    });
  });

  it('has nobody delete what held something: that is gone for good', () => {
    const held = { ...made('StatefulSet'), undo: 'compensating' as const };
    expect(undoingOf(makePlan(), [held])).toEqual({
      changes: [],
      made: [],
      notes: ['StatefulSet pgbouncer stays: it cannot be taken back exactly'],
    });
  });

  it('leaves restarts out: pods that were started anew are not made old by another one', () => {
    const [field] = makePatchChange().fields;
    if (field === undefined) throw new Error('a patch has a field');
    const restart = makePatchChange({ fields: [{ ...field, what: 'restart' }] });
    expect(undoingOf(makePlan(), [restart])).toEqual({ changes: [], made: [], notes: [] });
  });

  it('starts no pods anew where what they read stays as somebody has set it since', () => {
    const annotation = '/spec/template/metadata/annotations/restartedAt';
    const restart = makePatchChange({
      fields: [{ pointer: annotation, what: 'restart', after: 'now' }],
      guards: [],
    });
    const object = { ...restart.object, kind: 'ConfigMap' as const, name: 'pools' };
    const field = { pointer: '/data/size', what: 'size', before: '20', after: '40' };
    const config = makePatchChange({ object, fields: [field], guards: [], rollout: false });
    const seenAs = (kind: string, name: string, value: unknown) =>
      makeClusterState({ objects: [{ ...makeSeenDeployment(), kind, name, value }] });
    const template = { metadata: { annotations: { restartedAt: 'now' } } };
    const started = seenAs('Deployment', 'worker', { spec: { template } });
    const back = (size: string) =>
      reverted([config, restart], [seenAs('ConfigMap', 'pools', { data: { size } }), started]);
    expect(back('40')).toMatchObject({
      steps: [{ object: { kind: 'ConfigMap' } }, { fields: [{ what: 'restart' }] }],
    });
    expect(back('30')).toBe(
      'nothing of plan p-0abcd is there to be taken back (Stays as it is: ConfigMap pools has size 30, the plan saw 40)',
    );
  });

  it('names the alerts that fire about what it takes from', () => {
    const firing = ['InspectionQueueBacklog'];
    expect(reverted([scaled], [running(8)], { firing })).toMatchObject({
      decrease: true,
      notes: ['Still firing about worker: InspectionQueueBacklog.'],
    });
  });

  it('puts back what pods read before it starts them anew', () => {
    const [field] = makePatchChange().fields;
    if (field === undefined) throw new Error('a patch has a field');
    const restart = makePatchChange({ fields: [{ ...field, what: 'restart' }] });
    const object = { ...restart.object, kind: 'ConfigMap' as const };
    const config = makePatchChange({ object, rollout: false });
    expect(undoingOf(makePlan(), [config, restart])).toMatchObject({
      changes: [{ object: { kind: 'ConfigMap' } }, { fields: [{ what: 'restart' }] }],
    });
  });

  it('names what cannot be taken back, and what people did', () => {
    const grown = makePatchChange({ undo: 'none', rollout: false });
    const plan = makePlan({ steps: [grown, { kind: 'human', what: 'Tell the plant' }] });
    const undoing = undoingOf(plan, [grown]);
    expect(undoing).toMatchObject({
      changes: [],
      notes: [
        expect.stringMatching(/ stays: it cannot be taken back exactly$/),
        'What people did for plan p-0abcd stays as they did it: Tell the plant',
      ],
    });
  });

  it('has a person delete what it made, as far as that is still there', () => {
    const [config, deployment] = [made('ConfigMap'), made('Deployment')];
    const drawn = reverted([config, deployment, scaled], [running(8)], {
      there: [deployment, config],
    });
    expect(drawn).toMatchObject({
      steps: [
        { kind: 'scale' },
        {
          kind: 'human',
          what: 'Delete what plan p-0abcd made, once nobody uses it any more, with kubectl pointed at cluster production: kubectl -n shop delete deployment/pgbouncer configmap/pgbouncer',
        },
      ],
    });
    expect(reverted([config], [], { there: [config] })).toMatch(
      /^nothing of plan p-0abcd is there to be taken back \(Delete .*configmap\/pgbouncer\)$/,
    );
  });

  it('is a plan of its own where a restart brings it into effect', () => {
    expect(reverted([setting('work_mem'), setting('max_connections')], [])).toBe(
      'plan p-0abcd wrote what a restart of database main brings into effect, and that is a plan of its own: /scale restart steam-traps main max_connections=100',
    );
    expect(reverted([], [], { plan: makePlan({ restarts: ['main'] }) })).toMatch(
      /\/scale restart steam-traps main setting=old value$/,
    );
    expect(undoingOf(makePlan(), [setting('work_mem')])).toMatchObject({
      changes: [{ deed: { before: '64MB' } }],
    });
  });

  it('restarts no database by the way', () => {
    const object = { ...makePatchChange().object, kind: 'StatefulSet' as const };
    const window = { at: '02:00', minutes: 60, timezone: 'UTC', days: [] };
    const place = makeDatabasePlace({
      restart: { statefulSet: object.name, approvers: [], window },
    });
    const system = makeSystem({ databases: new Map([['main', place]]) });
    const seen = { ...makeSeenDeployment({ requests: { cpu: '2500m' } }), kind: 'StatefulSet' };
    const state = makeClusterState({ objects: [seen] });
    expect(reverted([makePatchChange({ object })], [state], { system })).toContain(
      'a plan of its own: /scale restart steam-traps main',
    );
  });
});
