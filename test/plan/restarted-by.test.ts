// What would start the servers of a database anew as a part of something else, and what would not.

import { expect, it } from 'vitest';
import type { PatchField } from '../../src/change/change.ts';
import { assembleCommandPlan } from '../../src/plan/assemble-command.ts';
import { whyRestarting } from '../../src/plan/restarted-by.ts';
import {
  makeAlertFacts,
  makeClusterState,
  makeDatabasePlace,
  makePatchChange,
  makeSeenDeployment,
  makeSystem,
  now,
  people,
} from '../make.ts';
import { readProfile } from '../profile/read-profile.ts';

const place = { cluster: 'production', namespace: 'shop' };
const operated = { ...place, kind: 'Cluster', name: 'db' } as const;
const parameters = '/spec/postgresql/parameters';

function because(fields: readonly PatchField[], cnpg = 'db', restarts: readonly string[] = []) {
  const databases = new Map([['main', makeDatabasePlace({ operated: cnpg })]]);
  const change = makePatchChange({ object: operated, fields, rollout: false });
  return whyRestarting([change], makeSystem({ databases }), restarts) ?? '';
}

it.each<[string, PatchField[]]>([
  ['a parameter', [{ pointer: `${parameters}/max_connections`, what: '', after: '500' }]],
  ['all of them', [{ pointer: parameters, what: '', after: { shared_buffers: '2GB' } }]],
  ['one we do not know', [{ pointer: `${parameters}/huge_pages`, what: '', after: 'on' }]],
  ['its resources', [{ pointer: '/spec/resources/limits/memory', what: '', after: '8Gi' }]],
  ['its image', [{ pointer: '/spec/imageName', what: '', after: 'postgresql:18' }]],
])('an operator starts its servers anew for %s, which is a plan of its own', (_, fields) => {
  expect(because(fields)).toContain('/scale restart steam-traps main');
  expect(because(fields, 'another')).toContain('restarts the servers of Cluster db');
  expect(because(fields, 'db', ['main'])).toBe('');
});

it('an operator adds servers, grows them and reloads what needs no more', () => {
  const fields = [
    { pointer: '/spec/instances', what: '', before: 2, after: 3 },
    { pointer: '/spec/storage/size', what: '', before: '1Gi', after: '2Gi' },
    { pointer: '/spec/postgresql', what: '', after: { parameters: { work_mem: '8MB' } } },
  ];
  expect(because(fields)).toBe('');
});

it('what the profile calls its database is not restarted either where headroom.yaml names no StatefulSet', () => {
  const system = makeSystem({ profile: readProfile('gl-003') });
  const workload = system.workloads.get('postgresql');
  if (workload === undefined) throw new Error('the profile has one');
  const { cluster: name, namespace, kind } = workload;
  const object = { cluster: name, namespace, kind, name: workload.name };
  const change = makePatchChange({ workload, object, rollout: true });
  expect(whyRestarting([change], system, [])).toContain('restarts the servers of StatefulSet');
  const other = makePatchChange({ object: { ...object, name: 'other' }, rollout: true });
  expect(whyRestarting([other], system, [])).toBeUndefined();
});

it('a resize of the one pod that is the database is refused as well', () => {
  const { system, component, workload } = makeAlertFacts();
  const { database } = readProfile('gl-003');
  if (database === undefined) throw new Error('the profile has one');
  const own = { ...database, component: component.id };
  const cluster = makeClusterState({ objects: [makeSeenDeployment()] });
  const origin = { kind: 'command', commandId: 'c-1', by: people.eve } as const;
  const facts = { component, workload, cluster, now, origin, requests: { memoryMi: 3072 } };
  const asked = (given: typeof system) =>
    assembleCommandPlan({ ...facts, system: given }, { id: 'p-1', revision: 1 });
  expect(asked(system)).toMatchObject({ kind: 'plan' });
  expect(asked({ ...system, profile: { ...system.profile, database: own } })).toMatchObject({
    kind: 'refused',
    because: expect.stringContaining('restarts the servers of Deployment worker'),
  });
});
