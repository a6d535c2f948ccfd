// The doctor at databases of headroom.yaml: all fine with the role that the grants make, and one thing wrong at a time.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { targetParts } from '../../src/cli/doctor/target-checks.ts';
import { grantsText } from '../../src/database/grants.ts';
import type { DatabasePlace } from '../../src/plan/system.ts';
import { now } from '../make.ts';
import { mayBeSkipped } from '../real/programs.ts';
import { pgbouncer, startBouncer } from './bouncer.ts';
import { startTarget, type Target } from './target.ts';

const allow = ['settings', 'indexes'] as const;
let target: Target;

beforeAll(async () => {
  target = await startTarget({ standby: true });
  await target.admin.query('create role shop_owner');
  await granted();
  await target.admin.query(`alter role headroom_bot password 'known'`);
  process.env['SHOP_URL'] = target.urlAs('headroom_bot', 'known');
  process.env['NOBODY_URL'] = 'postgresql://nobody:x@127.0.0.1:1/none';
  const one = new URL(target.standby?.url('shop') ?? '');
  one.username = 'headroom_bot';
  one.password = 'known';
  process.env['ONE_URL'] = one.href;
});
afterAll(async () => {
  for (const name of ['SHOP_URL', 'ONE_URL', 'NOBODY_URL']) delete process.env[name];
  await target.close();
});

const granted = () =>
  target.admin.query(grantsText({ allow, owner: 'shop_owner' }, 'headroom_bot'));

async function findings(place: Partial<DatabasePlace> = {}, ownServer = 'another') {
  await target.standbyHasAll();
  const { system } = target.way({ place: { allow, role: 'shop_owner', ...place } });
  const [part, ...others] = await targetParts({ systems: [system], ownServer, now });
  expect(others).toEqual([]);
  return part?.findings ?? [];
}
const broken = async (...asked: Parameters<typeof findings>) =>
  (await findings(...asked)).filter(({ state }) => state === 'broken');

it('finds nothing wrong, and says which server it is', async () => {
  const all = await findings();
  expect(all.map(({ what, state }) => [what, state])).toEqual([
    ['connection', 'fine'],
    ['server', 'fine'],
    ['platform', 'fine'],
    ['grants', 'fine'],
    ['standby one', 'fine'],
  ]);
  expect(all[1]?.says).toMatch(/^PostgreSQL 18\.\d+, as headroom_bot, the primary$/);
});

it('does not look at a database without a connection', async () => {
  const { system } = target.way();
  const databases = new Map([['main', { standbys: new Map(), allow: [] }]]);
  const asked = { systems: [{ ...system, databases }], ownServer: undefined, now };
  expect(await targetParts(asked)).toEqual([]);
});

describe('names', () => {
  it('an address that is not there, without the address itself', async () => {
    const [found] = await broken({ connection: { env: 'NOBODY_URL' } });
    expect(found).toMatchObject({
      what: 'connection',
      says: expect.stringContaining('nobody listens'),
      fix: expect.stringContaining('databases.main.connection'),
    });
    expect(JSON.stringify(found)).not.toContain('nobody:x');
    expect(await broken({ connection: { env: 'NOT_SET_URL' } })).toMatchObject([
      { says: expect.stringContaining('no NOT_SET_URL') },
    ]);
  });

  it.skipIf(mayBeSkipped(pgbouncer))('a pooler in transaction mode in the way', async () => {
    const { hostname, port } = new URL(target.server.url('shop'));
    const config = `[databases]
* = host=${hostname} port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = 0
auth_type = plain
auth_file = /etc/pgbouncer-users/userlist.txt
pool_mode = transaction
`;
    const bouncer = await startBouncer(config, { users: '"headroom_bot" "known"\n' });
    const through = new URL(target.urlAs('headroom_bot', 'known'));
    through.port = String(bouncer.port);
    process.env['NOBODY_URL'] = through.href;
    const found = await broken({ connection: { env: 'NOBODY_URL' } });
    await bouncer.stop();
    expect(found).toMatchObject([
      { what: 'connection', says: expect.stringContaining('a pooler in transaction mode') },
    ]);
  });

  it("Headroom's own server", async () => {
    expect(await broken({}, target.ref.server)).toMatchObject([
      { what: 'server', says: expect.stringContaining('its own state') },
    ]);
  });

  it('a standby where the primary should be, and the other way round', async () => {
    expect(await broken({ connection: { env: 'ONE_URL' }, standbys: new Map() })).toMatchObject([
      { what: 'server', says: expect.stringContaining('it is a standby') },
    ]);
    const standbys = new Map([['one', { env: 'SHOP_URL' }]]);
    expect(await broken({ standbys })).toMatchObject([
      { what: 'standby one', says: 'its address leads to a primary' },
    ]);
  });

  it('a platform that the server does not look like, without calling it wrong', async () => {
    const all = await findings({ platform: 'managed' });
    expect(all.filter(({ state }) => state !== 'fine')).toMatchObject([
      { what: 'platform', state: 'unknown', says: expect.stringContaining('looks like plain') },
    ]);
  });

  it.each([
    ['revoke shop_owner from headroom_bot', 'missing: membership in the owner'],
    ['revoke alter system on parameter work_mem from headroom_bot', '(work_mem)'],
    ['revoke pg_monitor from headroom_bot', 'no member of pg_monitor'],
  ])('what is missing after %s, and the command for it', async (revoke, words) => {
    await target.admin.query(revoke);
    const found = await broken();
    await granted();
    expect(found).toMatchObject([
      {
        what: 'grants',
        says: expect.stringContaining(words),
        fix: expect.stringContaining('headroom grants'),
      },
    ]);
  });

  it('that objects are to be changed and nobody owns them', async () => {
    const { system } = target.way({ place: { allow } });
    const [part] = await targetParts({ systems: [system], ownServer: undefined, now });
    expect(part?.findings.find(({ what }) => what === 'role')).toMatchObject({ state: 'unknown' });
  });
});
