// PgBouncer as plans write it: the real program takes the configuration of every guide, and people get in by SCRAM.

import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { poolerObjects } from '../../src/plan/pooler-objects.ts';
import { poolerSettings } from '../../src/plan/pooler-settings.ts';
import { changesOf } from '../profile/plan-of.ts';
import { mayBeSkipped } from '../real/programs.ts';
import { type Bouncer, pgbouncer, startBouncer } from './bouncer.ts';
import { startTarget, type Target } from './target.ts';

/** What Debian 12 has, which is the oldest that is tried. */
const image = 'registry.example/pgbouncer:1.18.0';

const asked = { 'gl-003': {}, 'gl-008': {}, 'gl-009': {}, 'gl-010': { facilities: 150 } };

/** The settings a guide gives its pooler. */
function settingsOf(id: keyof typeof asked): Readonly<Record<string, string>> {
  const found = changesOf(id, 'pgbouncer', asked[id]).find(
    (change) => change.kind === 'database' && change.deed === 'pooler',
  );
  if (found?.kind !== 'database' || found.deed !== 'pooler') throw new Error(`none in ${id}`);
  return found.settings;
}

/** The text of pgbouncer.ini as a plan writes it. */
function configOf(
  wanted: Readonly<Record<string, string>>,
  port: number,
  statsUser?: string,
): string {
  const checked = poolerSettings(wanted, image);
  if (checked.kind === 'refused') throw new Error(checked.because);
  const objects = poolerObjects(
    { replicas: 2, settings: checked.settings },
    {
      pooler: {
        host: '127.0.0.1',
        port,
        image,
        userlist: 'users',
        ...(statsUser !== undefined && { statsUser }),
      },
    },
  );
  if ('because' in objects) throw new Error(objects.because);
  const config = objects.find(({ kind }) => kind === 'ConfigMap')?.fields['data'];
  const text: unknown = Reflect.get(Object(config), 'pgbouncer.ini');
  return String(text);
}

describe.skipIf(mayBeSkipped(pgbouncer))('a real PgBouncer', () => {
  let target: Target;
  let users = '';
  beforeAll(async () => {
    target = await startTarget();
    await target.admin.query(`create role shopper login password 'let me in'`);
    // The Secret holds what the server holds, so nobody has to know the password.
    const { rows } = await target.admin.query<{ rolpassword: string }>(
      `select rolpassword from pg_authid where rolname = 'shopper'`,
    );
    users = `"shopper" "${rows[0]?.rolpassword}"\n`;
  });
  afterAll(() => target.close());

  let bouncer: Bouncer | undefined;
  afterEach(async () => {
    await bouncer?.stop();
    bouncer = undefined;
  });

  const port = () => Number(new URL(target.server.url()).port);

  async function through<T>(password: string, use: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({
      host: '127.0.0.1',
      port: bouncer?.port ?? 0,
      user: 'shopper',
      password,
      database: 'shop',
    });
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  }

  it.each(Object.keys(asked) as (keyof typeof asked)[])(
    'takes the configuration of %s as it is, and lets people through with their password only',
    async (id) => {
      expect(users).toContain('SCRAM-SHA-256$');
      bouncer = await startBouncer(configOf(settingsOf(id), port()), { users });
      expect(bouncer.log()).not.toMatch(/ERROR|WARNING|FATAL/);
      const { rows } = await through('let me in', (client) =>
        client.query('select current_user as name, $1::int + 1 as sum', [41]),
      );
      expect(rows).toEqual([{ name: 'shopper', sum: 42 }]);
      await expect(through('let me out', async () => undefined)).rejects.toThrow(/SASL|auth/);
    },
  );

  it('tells on its console how many clients wait, to the user who may look and nobody else', async () => {
    const wanted = { pool_mode: 'transaction', default_pool_size: '1' };
    const text = configOf(wanted, port(), 'shopper');
    bouncer = await startBouncer(text, { users });
    const consoleOf = (user: string) =>
      target.way({
        place: { poolerConsole: { env: 'POOLER_URL' } },
        url: `postgresql://${user}:let%20me%20in@127.0.0.1:${bouncer?.port}/pgbouncer`,
      }).databases;
    const waiting = () => consoleOf('shopper').waitingClients(target.ref);
    expect(await waiting()).toBe(0);
    await through('let me in', async (first) => {
      await first.query('begin');
      await through('let me in', async (second) => {
        const queued = second.query('select 1');
        await expect.poll(waiting).toBe(1);
        await first.query('commit');
        await queued;
      });
    });
    expect(await waiting()).toBe(0);
    await expect(consoleOf('other').waitingClients(target.ref)).rejects.toThrow(
      /asking the pooler of database main: /,
    );
    await bouncer.stop();
    bouncer = await startBouncer(configOf(wanted, port()), { users });
    await expect(waiting()).rejects.toThrow(/asking the pooler of database main: .*not allowed/);
  });

  it('takes every setting that is let through, and would not start with one that is not', async () => {
    const all = {
      ...settingsOf('gl-010'),
      server_lifetime: '3600',
      server_check_delay: '30.5',
      idle_transaction_timeout: '60',
      max_user_connections: '50',
      query_wait_timeout: '120',
      tcp_keepalive: '1',
      ignore_startup_parameters: 'extra_float_digits,options',
      stats_users: 'shopper',
    };
    bouncer = await startBouncer(configOf(all, port()), { users });
    expect(bouncer.log()).not.toMatch(/ERROR|WARNING|FATAL/);
    await bouncer.stop();
    const text = `${configOf(all, port())}max_prepared_statements = 200\n`;
    bouncer = await startBouncer(text, { users });
    expect(bouncer.log()).toContain('unknown parameter');
    for (const wrong of [
      { log_stats: 'true' },
      { server_lifetime: '1h' },
      { default_pool_size: '1.5' },
      { auth_type: 'cert' },
    ]) {
      expect(poolerSettings(wrong, image)).toMatchObject({ kind: 'refused' });
      await bouncer.stop();
      const [[name, value] = []] = Object.entries(wrong);
      const ini = configOf({}, port()).replace(/^auth_type.*/m, '');
      bouncer = await startBouncer(`${ini}${name} = ${value}\n`, { users });
      expect(bouncer.log(), name).toContain('FATAL');
    }
    expect(poolerSettings({ ...all, max_prepared_statements: '200' }, image)).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('needs PgBouncer 1.21'),
    });
  });
});
