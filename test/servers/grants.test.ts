// The very role that `headroom grants` makes: it can do what is allowed, and where a grant is missing the words say which.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowedDeeds } from '../../src/database/deed-kind.ts';
import { drawDeed, questionsFor, type SqlStep } from '../../src/database/draw-deed.ts';
import { grantsText } from '../../src/database/grants.ts';
import { serverFacts, serverQueries } from '../../src/database/server-facts.ts';
import type { SqlDeed } from '../../src/database/sql-deed.ts';
import { now } from '../make.ts';
import { startTarget, type Target, type Way } from './target.ts';
import { onEachVersion } from './versions.ts';

const login = 'head"room';
const owner = 'shop owner';

onEachVersion((version) => {
  let target: Target;
  let way: Way;
  const granted = () => target.admin.query(grantsText({ allow: allowedDeeds, owner }, login));
  beforeAll(async () => {
    target = await startTarget({ version });
    await target.admin.query(`create role "shop owner" login;
      create schema authorization "shop owner"; create table "shop owner".item (id int primary key);
      alter table "shop owner".item owner to "shop owner"`);
    await granted();
    await target.admin.query(`alter role "head""room" password 'known'`);
    way = target.way({ url: target.urlAs(login, 'known'), place: { role: owner } });
  });
  afterAll(() => target.close());

  async function draw(step: SqlStep): Promise<readonly SqlDeed[]> {
    const { ref } = target;
    const facts = serverFacts(await way.databases.read(ref, serverQueries), { now });
    const answers = await way.databases.read(ref, questionsFor(step, facts));
    const drawn = drawDeed(step, answers, { ...facts, memoryBytes: 16 * 1024 ** 3 });
    return drawn.kind === 'deeds' ? drawn.deeds : expect.fail(JSON.stringify(drawn));
  }

  async function carryOut(step: SqlStep, dryRun = false) {
    const answers = [];
    for (const deed of await draw(step)) {
      const write = { how: 'sql', database: target.ref, deed } as const;
      answers.push(await way.databases.write(write, { dryRun }));
    }
    return answers;
  }

  const settings: SqlStep = {
    deed: 'settings',
    settings: { work_mem: '20MB', max_connections: '50' },
    restart: false,
  };

  it('may be granted again', async () => {
    await expect(granted()).resolves.toBeDefined();
  });

  it('is enough for settings', async () => {
    expect(await carryOut(settings)).toEqual([{ kind: 'written' }, { kind: 'written' }]);
    await target.admin.query('alter system reset all');
    await target.admin.query('select pg_reload_conf()');
    const shown = async () => (await target.admin.query('show work_mem')).rows;
    await expect.poll(shown).toEqual([{ work_mem: '4MB' }]);
  });

  describe.each([
    ['revoke pg_monitor from "head""room"', /no member of pg_monitor/],
    ['revoke select on pg_file_settings from "head""room"', /pg_file_settings/],
    [
      'revoke execute on function pg_show_all_file_settings() from "head""room"',
      /pg_show_all_file_settings/,
    ],
    [
      'revoke alter system on parameter work_mem from "head""room"',
      /lacks ALTER SYSTEM.*\(work_mem\)/,
    ],
    ['revoke execute on function pg_reload_conf() from "head""room"', /lacks.*pg_reload_conf/],
  ])('after %s', (revoke, words) => {
    it('changes nothing and says what is missing, before people are asked as well', async () => {
      await target.admin.query(revoke);
      for (const dryRun of [true, false]) {
        const said = await carryOut(settings, dryRun).catch((error: unknown) => String(error));
        expect(JSON.stringify(said)).toMatch(words);
        expect(JSON.stringify(said)).toContain('headroom grants');
      }
      const { rows } = await target.admin.query(
        `select name from pg_file_settings where sourcefile like '%auto.conf' and name = 'work_mem'`,
      );
      expect(rows).toEqual([]);
      await granted();
    });
  });
});
