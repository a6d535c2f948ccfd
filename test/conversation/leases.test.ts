// Capacity for a time, from the command or the alert to the moment it is given back, or to the reason why it is not.

import { afterEach, describe, expect, it } from 'vitest';
import type { Message } from '../../sandbox/slack/workspace.ts';
import { Bot, type BotOptions, namespace, type Person, people, words } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

const minuteMs = 60_000;
const hpa = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'worker-hpa', namespace },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'worker' },
    minReplicas: 5,
    maxReplicas: 20,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
      },
    ],
  },
};

function minReplicas(): unknown {
  const spec = bot.cluster.control.get('HorizontalPodAutoscaler', namespace, 'worker-hpa')?.[
    'spec'
  ];
  return (spec as { minReplicas: number }).minReplicas;
}

/** Eight workers for two hours, asked for by Ann, approved by Bob, in place. */
async function lend(options: BotOptions = {}): Promise<Message> {
  bot = await Bot.start(options);
  bot.measure({ backlog: 0, arrivalPerMinute: 200 });
  await bot.say('/scale gl-008/worker replicas=8 for=2h reason="month end"', 'ann');
  const card = await bot.card('Waiting for approval: 0 of 1');
  await bot.click('approve', 'bob', card);
  await bot.reply(card, 'Lent until');
  await bot.card('Done');
  expect(bot.replicas()).toBe(8);
  return card;
}

async function press(
  what: 'extendLease' | 'giveBackLease',
  as: Person,
  card: Message,
  says: string,
) {
  await bot.click(what, as, await bot.reply(card, says));
}

describe('capacity that somebody asked for, for a time', () => {
  it('is announced on the card, reminded of, and given back at the time promised', async () => {
    const card = await lend();
    const said = words(await bot.card('Done'));
    expect(said).toContain(
      'Given back 2h after it is in place, unless somebody extends it: worker: 8 → 5 replicas.',
    );
    expect(said).toContain('Alerts and the load (inspection-backlog) are looked at first');
    expect(said).toContain('Lent until');
    await bot.say('/capacity status', 'eve');
    await bot.told('eve', 'worker: 8 → 5 replicas: given back');

    bot.later(106 * minuteMs);
    await bot.reply(card, '⏰ *Given back');
    await bot.reply(card, 'how it went on stands further down');
    expect(bot.replicas()).toBe(8);

    bot.later(15 * minuteMs);
    await bot.reply(card, '✅ *Given back*');
    expect(bot.replicas()).toBe(5);
    expect(words(await bot.card('Done'))).toContain('Given back ');
    expect(bot.writes()).toHaveLength(2);
    expect(bot.writes()[1]).toContain(
      JSON.stringify([
        { op: 'test', path: '/spec/replicas', value: 8 },
        { op: 'add', path: '/spec/replicas', value: 5 },
      ]),
    );
  });

  it('is neither for fewer pods nor for bigger ones', async () => {
    bot = await Bot.start();
    await bot.say('/scale gl-008/worker replicas=3 for=2h', 'ann');
    await bot.told('ann', '3 is fewer than the 5 that run');
    await bot.say('/scale gl-008/worker cpu=3 for=2h', 'ann');
    await bot.told('ann', 'for= goes with replicas= alone');
    await bot.say('/scale gl-008/worker replicas=8 for=2m', 'ann');
    await bot.told('ann', 'for must be between 5m and 7d, not "2m"');
  });

  it('in propose mode is yours to give back', async () => {
    bot = await Bot.start({ systemMode: 'propose' });
    await bot.say('/scale gl-008/worker replicas=8 for=2h', 'ann');
    const card = await bot.card('Waiting for approval');
    expect(words(card)).toContain('In propose mode nobody but you gives it back');
    await bot.click('approve', 'bob', card);
    await bot.card('yours to carry out');
    bot.later(180 * minuteMs);
    expect(bot.writes()).toEqual([]);
  });
});

describe('the buttons of lent capacity', () => {
  it('extend it for whoever may ask for changes, once for two clicks, or give it back at once', async () => {
    const card = await lend();
    const message = await bot.reply(card, 'Lent until');
    await bot.click('extendLease', 'eve', message);
    await bot.told('eve', 'you are not on that list');
    await bot.click('giveBackLease', 'eve', message);
    await bot.click('extendLease', 'ann', message);
    await bot.click('extendLease', 'ann', message);
    await bot.reply(card, `<@${people.ann}> extended it.`);

    bot.later(170 * minuteMs);
    await bot.reply(card, '⏰ *Given back');
    expect(bot.replicas()).toBe(8);
    await press('giveBackLease', 'bob', card, '⏰ *Given back');
    await bot.told('bob', 'It is looked at now.');
    await bot.reply(card, `<@${people.bob}> asked for it.`);
    expect(bot.replicas()).toBe(5);
  });

  it('do not overrule a missing measurement; the commands do the same as the buttons', async () => {
    const card = await lend();
    const [id] = /p-[a-z0-9]+/.exec(words(card)) ?? [];
    bot.prometheus.control.remove('inspection_queue_depth');
    await bot.say(`/scale extend ${id} for=3h`, 'bob');
    await bot.told('bob', 'Extended: it is given back');
    bot.later(10 * minuteMs);
    await bot.say(`/scale give-back ${id}`, 'ann');
    const held = words(await bot.reply(card, '✋ *Not given back:*'));
    expect(held).toContain('without that nothing is made smaller');
    expect(bot.replicas()).toBe(8);
    await bot.say('/scale extend p-nothing', 'bob');
    await bot.told('bob', 'That plan has lent nothing');
  });
});

describe('a minimum that was raised for an alert', () => {
  async function raise(): Promise<Message> {
    bot = await Bot.start();
    bot.cluster.control.seed([hpa]);
    bot.cluster.control.setUtilization(namespace, 'worker', { cpu: 40 });
    await bot.until(
      'the autoscaler having looked',
      async () =>
        JSON.stringify(
          bot.cluster.control.get('HorizontalPodAutoscaler', namespace, 'worker-hpa'),
        ).includes('ValidMetricFound') || undefined,
    );
    await bot.alert();
    const card = await bot.card('Waiting for approval');
    expect(words(card)).toContain('Given back 2h after it is in place');
    expect(words(card)).toContain('autoscaler worker-hpa: minReplicas 8 → 5');
    await bot.click('approve', 'bob', card);
    await bot.reply(card, 'Lent until');
    expect(minReplicas()).toBe(8);
    return card;
  }

  it('stays while the alert fires, and goes back when it has ended', async () => {
    const card = await raise();
    bot.measure({ backlog: 100, arrivalPerMinute: 100 });
    await bot.card('it helped');
    bot.later(121 * minuteMs);
    const held = words(await bot.reply(card, '✋ *Not given back:*'));
    expect(held).toContain('InspectionQueueBacklog is firing');
    expect(minReplicas()).toBe(8);

    await bot.alert({ status: 'resolved', endsAt: '2026-11-22T03:40:00Z' });
    await bot.reply(card, 'The alert resolved');
    bot.later(16 * minuteMs);
    await bot.reply(card, '✅ *Given back*');
    expect(minReplicas()).toBe(5);
  });
});
