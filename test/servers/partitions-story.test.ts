// Months of a real table from a slash command to rows that find their partition.

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { monthAt, plusMonths } from '../../src/database/months.ts';
import { Bot, channel, deployment, words } from '../bot.ts';
import { startTarget, type Target } from './target.ts';
import { tickAll } from './tick-all.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
  process.env['SHOP_MAIN_URL'] = target.server.url('shop');
});
afterAll(async () => {
  delete process.env['SHOP_MAIN_URL'];
  await target.close();
});

let bot: Bot;
afterEach(() => bot.stop());

const systems = `
  gl-009:
    profile: gl-009
    mode: apply
    cluster: production
    channel: ${channel}
    databases:
      main:
        connection: { env: SHOP_MAIN_URL }
        allow: [partitions]
`;

it('has the months of a table made by a plan that people approve', async () => {
  bot = await Bot.start({ systems });
  bot.cluster.control.seed([deployment('thermaliq', 3, 'gl-009-production')]);
  bot.cluster.control.settle();
  const { admin } = target;
  await admin.query(
    'create table energy_readings (id int, "timestamp" timestamptz not null) partition by range ("timestamp")',
  );
  const now = Date.now();
  const day = (ahead: number) => {
    const { year, month } = plusMonths(monthAt(now, 'UTC'), ahead);
    return `${year}-${String(month).padStart(2, '0')}-01`;
  };
  // Nobody made any for two months.
  await admin.query(
    `create table energy_readings_p0 partition of energy_readings for values from ('${day(-3)}') to ('${day(-2)}')`,
  );
  await bot.say('/scale run gl-009 partitions reason="months ahead"', 'ann');
  const card = await bot.card('new partition');
  expect(words(card)).toContain('attach partition');
  await bot.click('approve', 'bob', card);
  await expect
    .poll(
      async () => {
        await tickAll(bot);
        const { rowCount } = await admin.query(
          `select from pg_inherits where inhparent = 'energy_readings'::regclass`,
        );
        return rowCount;
      },
      { timeout: 60_000, interval: 300 },
    )
    .toBe(8);
  await admin.query(
    `insert into energy_readings select 1, '${day(-2)}'::timestamptz + n * interval '1 day' from generate_series(0, 180) as n`,
  );
  await bot.card('✅ Done');
});
