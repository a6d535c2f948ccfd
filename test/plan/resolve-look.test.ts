// What a step looks at in a database: measured where headroom.yaml says how, and otherwise why somebody has to look.

import { expect, it } from 'vitest';
import { resolveLook } from '../../src/plan/resolve-look.ts';
import type { DatabasePlace } from '../../src/plan/system.ts';
import { factNames, facts } from '../../src/profile/facts.ts';
import type { PlannedLook } from '../../src/sizing/planned-step.ts';
import { makeDatabasePlace, makeSystem } from '../make.ts';

function resolve(look: PlannedLook, place?: Partial<DatabasePlace>) {
  const databases = new Map(place === undefined ? [] : [['main', makeDatabasePlace(place)]]);
  return resolveLook({ atLeast: 1, ...look }, makeSystem({ databases }), undefined);
}

const connected = { connection: { env: 'SHOP_URL' } };
const role = { fact: 'database-is-primary', database: 'main' } as const;

it('a fact of a database is measured through its connection', () => {
  expect(resolve(role, connected)).toEqual({
    kind: 'look',
    look: {
      fact: {
        name: 'database-is-primary',
        cluster: 'production',
        database: { system: 'steam-traps', name: 'main' },
        atLeast: 1,
      },
    },
  });
});

it.each([
  ['headroom.yaml names no connection for database main', role, undefined],
  ['headroom.yaml names no connection for database main', role, {}],
  ['it does not say of which database', { fact: 'max-connections' }, connected],
  ['how much of a volume is free', { fact: 'disk-free-percent', database: 'main' }, connected],
  [
    'neither the console of the pooler nor',
    { fact: 'pooler-waiting-clients', database: 'main' },
    connected,
  ],
  ['only CloudNativePG says', { fact: 'backup-age-hours', database: 'main' }, connected],
] as const)('else somebody has to look, because %s', (because, look, place) => {
  expect(resolve(look, place)).toMatchObject({
    kind: 'unmeasured',
    because: expect.stringContaining(because),
  });
});

it('the age of a backup is what its operator writes down', () => {
  const place = { operated: 'shop-db', namespace: 'databases' };
  const operator = { cluster: 'production', kind: 'Cluster', name: 'shop-db' };
  expect(resolve({ fact: 'backup-age-hours', database: 'main' }, place)).toMatchObject({
    look: { fact: { database: { operator: { ...operator, namespace: 'databases' } } } },
  });
});

it('clients that wait at a pooler are what its console says, and where there is an exporter those of all poolers', () => {
  const look = { fact: 'pooler-waiting-clients', database: 'main', atMost: 0 } as const;
  const poolerConsole = { env: 'POOLER_URL' };
  const main = { system: 'steam-traps', name: 'main' };
  expect(resolve(look, { poolerConsole })).toMatchObject({
    look: { fact: { name: 'pooler-waiting-clients', database: main, atMost: 0 } },
  });
  const exported = { poolerConsole, poolerExporter: true, namespace: 'databases' } as const;
  const promql = 'sum(pgbouncer_pools_client_waiting_connections{namespace="databases"})';
  expect(resolve(look, exported)).toMatchObject({ look: { metric: { promql, atMost: 0 } } });
  expect(resolve(look, { ...exported, operated: 'shop-db' })).toMatchObject({
    look: { metric: { promql: 'sum(cnpg_pgbouncer_pools_cl_waiting{namespace="databases"})' } },
  });
});

it('only two facts of databases stay a person’s where all is stated', () => {
  const left = factNames.filter((fact) => {
    if (facts[fact].of !== 'database') return false;
    return (
      resolve({ fact, database: 'main' }, { ...connected, operated: 'shop-db' }).kind !== 'look'
    );
  });
  expect(left).toEqual(['disk-free-percent', 'pooler-waiting-clients']);
});
