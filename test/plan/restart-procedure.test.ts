// The restart of a database as a plan: alone, with what it brings into effect, and only where the plan is there for it.

import { describe, expect, it } from 'vitest';
import { targetKey } from '../../src/change/change.ts';
import type { SeenObject } from '../../src/change/compare.ts';
import { objectKey } from '../../src/change/kinds.ts';
import type { CommandPlan } from '../../src/plan/assemble-command.ts';
import { assembleProcedurePlan } from '../../src/plan/assemble-procedure.ts';
import { memoryOfServer, objectOfServer } from '../../src/plan/database-memory.ts';
import { gateWords } from '../../src/plan/gate-words.ts';
import { operatedSettings } from '../../src/plan/operated-settings.ts';
import { readsOf } from '../../src/plan/procedure-facts.ts';
import { restartProcedure } from '../../src/plan/restart-procedure.ts';
import { isChange } from '../../src/plan/step.ts';
import type { DatabasePlace, System } from '../../src/plan/system.ts';
import type { Texts } from '../../src/sizing/planned-step.ts';
import type { ProcedurePlan } from '../../src/sizing/procedure.ts';
import { makeFacts } from '../database/make-hypertable.ts';
import { makeDatabasePlace, makeSystem, makeWorkloadState, now, people } from '../make.ts';
import { readProfile } from '../profile/read-profile.ts';

const window = { at: '02:00', minutes: 120, timezone: 'UTC', days: [] };
const approvers = [people.ann];
const plain = makeDatabasePlace({ restart: { statefulSet: 'db', approvers, window } });
const operated = makeDatabasePlace({ operated: 'db', restart: { approvers, window } });

const statefulSet = {
  metadata: {},
  spec: {
    replicas: 1,
    template: {
      metadata: {},
      spec: { containers: [{ name: 'postgres', resources: { limits: { memory: '16Gi' } } }] },
    },
  },
};
const cluster = { metadata: {}, spec: { instances: 2, resources: { limits: { memory: '8Gi' } } } };

/** What a database says of settings that nobody lets SQL write: nothing. */
const unwritten = {
  primary: { facts: makeFacts(undefined, { allow: [] }), answers: [] },
  standbys: new Map(),
};

function drawn(
  place: DatabasePlace,
  plan: (system: System) => ProcedurePlan,
  restarts?: readonly string[],
  object: object = statefulSet,
): CommandPlan {
  const system = makeSystem({
    profile: readProfile('gl-008'),
    databases: new Map([['main', place]]),
  });
  const planned = plan(system);
  const { workloads, objects } = readsOf(planned, system);
  const states = new Map(
    workloads.map((workload) => [
      targetKey(workload),
      {
        workload: makeWorkloadState({ replicas: 1 }),
        autoscaler: undefined,
        objects: [seen(workload.kind, workload.name, object)],
      },
    ]),
  );
  const found = new Map(
    objects.map((ref) => [
      objectKey(ref),
      seen(ref.kind, ref.name, ref.kind === 'Cluster' ? cluster : statefulSet),
    ]),
  );
  const origin = { kind: 'command', commandId: 'c-1', by: people.bob } as const;
  return assembleProcedurePlan(
    {
      system,
      id: 'restart',
      plan: planned,
      states,
      objects: found,
      databases: new Map([[2, unwritten]]),
      origin,
      now,
      ...(restarts && { restarts }),
    },
    { id: 'p-1', revision: 1 },
  );
}

function seen(kind: string, name: string, value: unknown): SeenObject {
  return { kind, name, resourceVersion: '1', value, writers: [] };
}

const restart = (
  place: DatabasePlace,
  settings: Texts = {},
  restarts: readonly string[] | undefined = ['main'],
  object: object = statefulSet,
) =>
  drawn(
    place,
    (system) => {
      if (place.restart === undefined) throw new Error('it may be restarted');
      return restartProcedure({ database: 'main', settings, restart: place.restart }, system);
    },
    restarts,
    object,
  );

function steps(asked: CommandPlan): readonly string[] {
  if (asked.kind === 'refused') return [`refused: ${asked.because}`];
  return asked.plan.steps.map((step) => {
    if (step.kind === 'human') return `person: ${step.what}`;
    if (!isChange(step) || step.kind !== 'patch') return step.kind;
    return `${step.object.kind} ${step.fields.map(({ pointer }) => pointer).join(' ')}`;
  });
}

describe('a restart', () => {
  it('is that of its StatefulSet, waits until the window closes, and names the database', () => {
    const asked = restart(plain);
    expect(steps(asked)).toEqual([
      'StatefulSet /spec/template/metadata/annotations',
      'check',
      'person: See that the database has the role of the primary, within 10m',
      'person: See that settings that wait for a restart: at most 0, within 10m',
    ]);
    expect(asked).toMatchObject({
      plan: {
        restarts: ['main'],
        expiresAt: '2026-11-22T04:00:00.000Z',
        notes: expect.arrayContaining([
          'Connections to a server end when it restarts; applications have to connect again.',
        ]),
      },
    });
  });

  it('is not begun while the server builds an index, where it can be asked', () => {
    const asked = restart({ ...plain, connection: { env: 'MAIN_URL' } });
    expect(steps(asked).slice(0, 2)).toEqual([
      'check',
      'StatefulSet /spec/template/metadata/annotations',
    ]);
    expect(asked).toMatchObject({
      plan: {
        steps: [
          { look: { fact: { name: 'index-builds', atMost: 0 } }, otherwise: 'stop' },
          {},
          {},
          {},
          {},
        ],
      },
    });
  });

  it('is seen done on each server that headroom.yaml names, and says whom nobody sees', () => {
    const connection = { env: 'MAIN_URL' };
    const alone = restart({ ...plain, connection });
    const standbys = new Map([['one', { env: 'ONE_URL' }]]);
    const both = restart({ ...plain, connection, standbys });
    if (alone.kind === 'refused' || both.kind === 'refused') throw new Error('both can be drawn');
    const said = ({ plan }: typeof both) => JSON.stringify(plan.steps.at(-1));
    expect(said(alone)).toContain('Only the primary is asked: headroom.yaml names no standby');
    expect(said(both)).toContain('The primary is asked, and its standby one');
    expect(both.plan.steps.at(-1)).toMatchObject({
      look: { fact: { name: 'settings-pending-restart', database: { standbys: ['one'] } } },
    });
    expect(JSON.stringify(restart(plain))).not.toContain('is asked');
  });

  it('is a person’s where nobody says which StatefulSet it is', () => {
    const byHand = makeDatabasePlace({ restart: { approvers, window } });
    expect(steps(restart(byHand))[0]).toBe(
      'person: Restart the servers of database main, its standbys before the primary, or after it where less of what both need waits',
    );
    expect(steps(restart(operated))[0]).toBe(
      'person: Restart the servers of database main: kubectl cnpg restart db',
    );
    expect(steps(restart({ ...plain, platform: 'patroni' }))[0]).toContain('patronictl restart');
    expect(steps(restart({ ...plain, platform: 'managed' }))[0]).toContain('at its provider');
  });

  it('is the operator’s own doing for settings that it writes', () => {
    const asked = restart(operated, { max_connections: '500', work_mem: '20MB' });
    expect(steps(asked)).toEqual([
      'Cluster /spec/postgresql',
      'person: See that the database has the role of the primary, within 10m',
      'person: See that settings that wait for a restart: at most 0, within 10m',
    ]);
  });

  it.each([
    [{ type: 'OnDelete' }, 'has the update strategy OnDelete'],
    [{ type: 'RollingUpdate', rollingUpdate: { partition: 1 } }, 'from ordinal 1 on only'],
    [{ type: 'RollingUpdate', rollingUpdate: { partition: 0 } }, ''],
  ])('is refused where the update strategy %j keeps it from pods', (updateStrategy, words) => {
    const object = { ...statefulSet, spec: { ...statefulSet.spec, updateStrategy } };
    const [first] = steps(restart(plain, {}, ['main'], object));
    if (words === '') expect(first).toMatch(/^StatefulSet/);
    else expect(first).toContain(words);
  });

  it('looks at what others have written first, where it may ask for that', () => {
    const connection = { env: 'MAIN_URL' };
    const place: DatabasePlace = { ...plain, connection, allow: ['settings'] };
    const whats = (given: DatabasePlace, settings: Texts = {}) =>
      restartProcedure(
        { database: 'main', settings, restart: { statefulSet: 'db', approvers, window } },
        makeSystem({ databases: new Map([['main', given]]) }),
      ).steps.map(({ what }) => what);
    const looked = 'Look at what the restart brings into effect';
    expect(whats(place)[1]).toBe(looked);
    expect(whats(place, { work_mem: '8MB' })).not.toContain(looked);
    expect(whats({ ...place, operated: 'db' })).not.toContain(looked);
  });

  it('is seen on the server before anything else is, where that can be asked', () => {
    const connection = { env: 'MAIN_URL' };
    const asked = restart({ ...operated, connection }, { max_connections: '500' });
    expect(steps(asked).slice(0, 3)).toEqual(['check', 'Cluster /spec/postgresql', 'check']);
    if (asked.kind === 'refused') throw new Error(asked.because);
    const [, , gate] = asked.plan.steps;
    expect(gate?.kind === 'check' && gateWords(gate)).toBe(
      'see that database main has in effect: max_connections 500, within 30m',
    );
    const both = restart(
      { ...operated, connection },
      { max_wal_senders: '9', work_mem: '8MB' },
      [],
    );
    expect(JSON.stringify(both)).toContain('"values":{"work_mem":"8MB"}');
  });

  it('is refused in a plan that is not there for it, with the command that draws its own', () => {
    expect(steps(restart(plain, {}, []))).toEqual([
      expect.stringContaining(
        'it restarts database main, which is a plan of its own: /scale restart steam-traps main',
      ),
    ]);
  });
});

describe('settings that an operator writes', () => {
  it('are written at once but for those that restart the servers, which are named for their own plan', () => {
    const asked = restart(operated, { max_connections: '500', work_mem: '20MB' }, []);
    expect(steps(asked).slice(0, 2)).toEqual([
      'Cluster /spec/postgresql',
      'person: Have them written and the servers restarted, in a plan of its own: /scale restart steam-traps main max_connections=500',
    ]);
  });

  it('that stand in the Cluster already need nobody', () => {
    const settings = { max_connections: '500', work_mem: '20MB' };
    const step = { kind: 'database', database: 'main', deed: 'settings', settings } as const;
    const divided = operatedSettings({ ...step, restart: false }, makeSystem(), {
      restarts: [],
      present: { max_connections: '500' },
    });
    expect(divided).toEqual({
      kind: 'divided',
      step: { ...step, restart: false, settings: { work_mem: '20MB' } },
    });
  });

  it('of TimescaleDB restart the servers as well', () => {
    const asked = restart(operated, { 'timescaledb.max_background_workers': '8' }, []);
    expect(steps(asked)[0]).toContain('/scale restart steam-traps main timescaledb.max_backgr');
  });

  it('are refused where they are none that Headroom writes', () => {
    expect(steps(restart(operated, { archive_command: 'rm -rf /' }))[0]).toContain(
      'archive_command is not among the settings',
    );
  });
});

it('the memory of a server is the limit of its container, wherever that is said', () => {
  const system = makeSystem({ profile: readProfile('gl-008') });
  expect(objectOfServer(operated, system)).toMatchObject({ kind: 'Cluster', name: 'db' });
  expect(objectOfServer(plain, system)).toMatchObject({ kind: 'StatefulSet', name: 'db' });
  expect(objectOfServer(makeDatabasePlace(), system)).toBeUndefined();
  expect(memoryOfServer(seen('Cluster', 'db', cluster))).toBe(8 * 1024 ** 3);
  expect(memoryOfServer(seen('StatefulSet', 'db', statefulSet))).toBe(16 * 1024 ** 3);
  expect(memoryOfServer(seen('Cluster', 'db', { spec: {} }))).toBeUndefined();
});
