// Three settings of a real database in one plan, and the app killed at them: the next process looks, sends what is missing, and ends the plan.

import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTarget, type Target } from '../servers/target.ts';
import { channel, deploymentOf, people } from '../simulation/scene.ts';
import { type Bundle, bundleProgram } from './bundle.ts';
import { World } from './world.ts';

const testTimeoutMs = 180_000;

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundleProgram('child.ts');
});
afterAll(() => bundle.remove());

async function inWorld(work: (world: World, target: Target) => Promise<void>): Promise<void> {
  // Lets a test stand between two statements.
  const target = await startTarget({ conf: { allow_system_table_mods: 'on' } });
  const secret = join(tmpdir(), `headroom-sets-${target.server.port}`);
  await writeFile(secret, target.server.url('shop'), { mode: 0o600 });
  const config = `
clusters: { production: {} }
systems:
  sets:
    profile: sets
    mode: apply
    cluster: production
    channel: ${channel}
    databases: { main: { connection: { file: ${secret} }, allow: [settings] } }
policy:
  rules: [{ name: everyone, systems: ["*"], approvers: [${people.ann}, ${people.bob}] }]
`;
  const profilesDir = fileURLToPath(new URL('../fixtures/profiles/sets', import.meta.url));
  const world = await World.start({ program: bundle.file, config, profilesDir });
  try {
    world.cluster.control.seed([deploymentOf('web', 2)]);
    world.cluster.control.settle();
    await work(world, target);
  } finally {
    await world.stop();
    await target.close();
    await rm(secret, { force: true });
  }
}

/** Asks for the plan and approves it. */
async function approve(world: World): Promise<void> {
  await world.command('/scale run sets tune', 'ann');
  await world.approve(await world.card('Waiting for approval'), 'bob');
}

/** Each setting is in effect and stands once in postgresql.auto.conf. */
async function isDone(world: World, { admin }: Target): Promise<void> {
  const { rows } = await admin.query(
    `select name, setting, applied from pg_file_settings where sourcefile like '%auto.conf' order by name`,
  );
  expect(rows).toEqual([
    { name: 'maintenance_work_mem', setting: '128MB', applied: true },
    { name: 'random_page_cost', setting: '1.1', applied: true },
    { name: 'work_mem', setting: '20MB', applied: true },
  ]);
  await world.until('the last setting being in effect', async () => {
    const { rows: shown } = await admin.query('show maintenance_work_mem');
    return shown[0]?.maintenance_work_mem === '128MB' || undefined;
  });
}

describe.concurrent('an app that is killed while it writes settings', () => {
  it('when nobody knows whether the second was sent', { timeout: testTimeoutMs }, async () =>
    inWorld(async (world, target) => {
      const child = await world.child('write-announced', 2);
      await approve(world);
      expect(await child.ended).toEqual({ code: null, signal: 'SIGKILL' });
      const next = await world.child();
      await world.planIs('applied', 60_000);
      await isDone(world, target);
      expect(next.log()).not.toContain('bug:');
      expect(await world.auditIsIntact()).toBe(true);
      expect(await world.count('target_lock')).toBe(0);
    }),
  );

  it('between two statements of one setting', { timeout: testTimeoutMs }, async () =>
    inWorld(async (world, target) => {
      await target.admin.query(`alter function pg_catalog.pg_reload_conf() rename to at_last;
        create function pg_catalog.pg_reload_conf() returns boolean volatile
          language sql as 'select pg_catalog.pg_sleep(120) is null'`);
      const child = await world.child();
      await approve(world);
      const waiting = `select from pg_stat_activity where query like 'select pg_reload_conf%' and state = 'active'`;
      await world.until('the configuration being read anew', async () =>
        (await target.admin.query(waiting)).rowCount === 1 ? true : undefined,
      );
      child.signal('SIGKILL');
      await child.ended;
      await target.admin.query(`drop function pg_catalog.pg_reload_conf();
        alter function pg_catalog.at_last() rename to pg_reload_conf`);
      expect((await target.admin.query('show work_mem')).rows).toEqual([{ work_mem: '4MB' }]);
      const next = await world.child();
      await world.planIs('applied', 60_000);
      await isDone(world, target);
      expect(next.log()).not.toContain('bug:');
      expect(await world.auditIsIntact()).toBe(true);
    }),
  );
});
