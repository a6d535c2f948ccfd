// Clicks, commands and modals as the app meets them: repeated, tampered with, and while the database is slow.

import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { signature } from '../../sandbox/slack/deliver.ts';
import type { Message } from '../../sandbox/slack/workspace.ts';
import { Bot, channel, people } from '../bot.ts';

const signingSecret = 'signing-secret-for-tests';
let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

async function proposed(mode: 'http' | 'socket' = 'http'): Promise<Message> {
  bot = await Bot.start({ mode });
  await bot.alert();
  return bot.card('Waiting for approval');
}

interface Button {
  readonly action_id: string;
  readonly block_id: string;
  readonly value: string;
}

function buttonOf(card: Message): Button {
  for (const block of card.blocks) {
    const elements: unknown = block['elements'];
    const list: readonly unknown[] = Array.isArray(elements) ? elements : [];
    for (const element of list) {
      const button = element as { action_id?: string; value?: string };
      if (button.action_id === 'plan.approve' && button.value !== undefined) {
        return {
          action_id: button.action_id,
          value: button.value,
          block_id: String(block['block_id']),
        };
      }
    }
  }
  throw new Error('the card has no Approve button');
}

/** Delivers a click with a genuine signature and contents that no card ever had. */
async function deliver(actions: readonly object[], user: unknown = people.bob): Promise<number> {
  const { deliverTo } = await bot.control.state();
  if (deliverTo === 'socket') throw new Error('this needs signed HTTP');
  const payload = {
    type: 'block_actions',
    user: { id: user, team_id: 'T0TEAM00001' },
    team: { id: 'T0TEAM00001', domain: 'example' },
    api_app_id: 'A0APP000001',
    trigger_id: '1.2.abc',
    response_url: `${bot.slack.url}/nowhere`,
    container: { type: 'message', channel_id: channel },
    channel: { id: channel },
    actions,
  };
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const answer = await fetch(deliverTo.url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signature(signingSecret, timestamp, body),
    },
  });
  await answer.text();
  return answer.status;
}

async function counts(): Promise<{
  votes: number;
  runs: number;
  commands: number;
  states: string[];
}> {
  const { rows } = await bot.database.pool.query(
    `select (select count(*)::int from vote) as votes, (select count(*)::int from run) as runs,
            (select count(*)::int from command) as commands,
            (select coalesce(array_agg(state), '{}') from plan) as states`,
  );
  return rows[0];
}

describe('a click whose button was tampered with does nothing:', () => {
  it('another plan, another text of the plan, garbage, two at once, another place, nobody', async () => {
    const card = await proposed();
    const button = buttonOf(card);
    const [planId = '', hash = ''] = button.value.split(':');
    const other = hash.replace(/^./, (first) => (first === '0' ? '1' : '0'));
    const nothing = { votes: 0, runs: 0, commands: 0, states: ['proposed'] };
    const tampered: readonly (readonly [string, readonly object[], unknown?])[] = [
      ['another plan', [{ ...button, value: `p-zzzzzzzz:${hash}` }]],
      ['another text', [{ ...button, value: `${planId}:${other}` }]],
      ['upper case', [{ ...button, value: `${planId}:${hash.toUpperCase()}` }]],
      ['garbage', [{ ...button, value: "'; drop table vote; --" }]],
      ['more behind it', [{ ...button, value: `${button.value}:approve` }]],
      ['no value', [{ action_id: button.action_id, block_id: button.block_id }]],
      ['an object as value', [{ ...button, value: { planId } }]],
      ['two at once', [button, button]],
      ['none at all', []],
      ['a foreign block', [{ ...button, block_id: 'something-else' }]],
      ["another plan's block", [{ ...button, block_id: 'decision-p-zzzzzzzz' }]],
      ['no user', [button], undefined],
      ['an odd user', [button], '<!channel>'],
    ];
    for (const [what, actions, ...user] of tampered) {
      await (user.length === 0 ? deliver(actions) : deliver(actions, user[0] ?? ''));
      expect([what, await counts()]).toEqual([what, nothing]);
    }
    expect(bot.writes()).toEqual([]);

    // The genuine one, sent the same way, counts: it was the tampering that was refused.
    expect(await deliver([button])).toBe(200);
    expect(await counts()).toMatchObject({ votes: 1, runs: 1 });
    await bot.card('Done');
  });
});

describe.each(['http', 'socket'] as const)(
  'what Slack delivers twice counts once (%s):',
  (mode) => {
    it('an approval', async () => {
      const card = await proposed(mode);
      expect((await bot.click('approve', 'bob', card)).acked).toBe(true);
      expect((await bot.control.redeliver()).acked).toBe(true);
      expect((await bot.control.redeliver()).acked).toBe(true);
      await bot.reply(card, 'carried out and seen ready');
      expect(await counts()).toMatchObject({ votes: 1, runs: 1 });
      expect(bot.writes()).toHaveLength(1);
    });

    it('a denial with its reason', async () => {
      const card = await proposed(mode);
      await bot.click('deny', 'bob', card);
      await bot.submit('bob', 'not tonight');
      await bot.control.redeliver();
      await bot.card('Denied');
      expect(await counts()).toEqual({ votes: 1, runs: 0, commands: 0, states: ['denied'] });
    });

    it('a command', async () => {
      bot = await Bot.start({ mode });
      await bot.say('/scale gl-008/worker replicas=7 reason="a test"', 'ann');
      await bot.control.redeliver();
      await bot.card('Waiting for approval');
      await bot.told('ann', 'is in <#');
      await bot.control.redeliver();
      expect(await counts()).toEqual({ votes: 0, runs: 0, commands: 1, states: ['proposed'] });
    });
  },
);

describe.each(['http', 'socket'] as const)(
  'with a database that takes longer than Slack waits (%s)',
  (mode) => {
    it('a click is not acknowledged, the person is told, and a second click does not count twice', async () => {
      const card = await proposed(mode);
      const outcome = await whileLocked('plan', () => bot.click('approve', 'bob', card));
      expect(outcome.acked).toBe(false);
      expect(outcome.notice).toMatch(
        /failed with the error "(operation_timeout|http_service_error)"/,
      );
      await bot.click('approve', 'bob', card);
      await bot.reply(card, 'carried out and seen ready');
      expect(await counts()).toMatchObject({ votes: 1, runs: 1 });
      expect(bot.writes()).toHaveLength(1);
    });

    it('a command is not acknowledged', async () => {
      bot = await Bot.start({ mode });
      const outcome = await whileLocked('command', () => bot.say('/capacity systems', 'ann'));
      expect(outcome.acked).toBe(false);
      expect((await bot.say('/capacity systems', 'ann')).acked).toBe(true);
      await bot.told('ann', 'gl-008');
    });

    it('a modal stays open with what was typed', async () => {
      const card = await proposed(mode);
      await bot.click('deny', 'bob', card);
      const outcome = await whileLocked('plan', () => bot.submit('bob', 'not tonight'));
      expect(outcome.acked).toBe(false);
      const [view] = await bot.control.views(people.bob);
      expect(view?.trouble).toContain('trouble');
      // It may have been stored too late for Slack; whatever is submitted again, it counts once.
      await bot.until('the denial', async () => {
        await bot.submit('bob', 'not tonight');
        return (await counts()).votes === 1 ? true : undefined;
      });
      await bot.card('Denied');
      expect(await counts()).toMatchObject({ votes: 1, states: ['denied'] });
    });
  },
);

/** Holds a table so that nothing can be stored in it, for as long as the work takes. */
async function whileLocked<T>(table: 'plan' | 'command', work: () => Promise<T>): Promise<T> {
  const holder = new Client({ connectionString: bot.database.url });
  await holder.connect();
  try {
    await holder.query('begin');
    await holder.query(`lock table ${table} in access exclusive mode`);
    return await work();
  } finally {
    await holder.end();
  }
}
