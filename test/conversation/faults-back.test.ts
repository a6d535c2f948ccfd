// A cluster that answers badly while something is taken back or given back: it is looked for, and done once.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault, FaultMatch } from '../../sandbox/cluster/faults.ts';
import type { Message } from '../../sandbox/slack/workspace.ts';
import { valueAt } from '../../src/change/pointer.ts';
import { Bot, channel, isCard, namespace, words } from '../bot.ts';
import { broken, clusterDeadlineMs, cut, hang, waits } from './fault-kinds.ts';

const worker = { kind: 'Deployment', namespace, name: 'worker' } as const;
let bot: Bot;
let story = 0;
/** Done once a write that gives back is in place. */
let afterGiveBack: (() => void) | undefined;

beforeAll(async () => {
  bot = await Bot.start({
    clusterDeadlineMs,
    checkpoint: (point) => {
      if (point === 'give-back-stored') afterGiveBack?.();
    },
  });
});
afterAll(async () => {
  await bot.stop();
});
beforeEach(() => {
  story += 1;
  bot.cluster.control.requests.clear();
});
afterEach(() => {
  bot.cluster.control.clearFaults();
});

function inject(match: FaultMatch, fault: Fault, more: Pick<Fault, 'after' | 'times'> = {}): void {
  bot.cluster.control.injectFault({ times: 1, ...more, ...fault, match });
}

/** Asks, and approves the card of this story. */
async function approved(what: string): Promise<string> {
  const reason = `story ${story} of taking back`;
  await bot.say(`/scale gl-008/worker ${what} reason="${reason}"`, 'ann');
  await bot.click('approve', 'bob', await cardThatSays(reason, /Waiting for approval/));
  return reason;
}

async function cardThatSays(reason: string, says: RegExp): Promise<Message> {
  return bot.until(`a card for ${reason} that says ${says}`, async () =>
    (await bot.control.messages(channel)).findLast((message) => {
      const text = words(message);
      return isCard(message) && text.includes(reason) && says.test(text);
    }),
  );
}

describe('taking back', () => {
  const template: FaultMatch = { verb: 'patch', resource: 'deployments', dryRun: false };
  const cpu = () =>
    valueAt(
      bot.cluster.control.get('Deployment', namespace, 'worker'),
      '/spec/template/spec/containers/0/resources/requests/cpu',
    );

  beforeEach(() => {
    bot.cluster.control.patch(worker, { spec: { progressDeadlineSeconds: 3 } });
  });

  it.each([
    ['must wait is sent again', waits, 3],
    ['fails is looked for, and done by the next run', broken, 3],
    ['gets no answer is looked for, and done by the next run', hang, 3],
    ['gets half an answer is found in place, and done once', cut, 2],
  ] as const)('that %s', async (_what, fault, sent) => {
    inject(template, fault, { after: 1 });
    const reason = await approved('cpu=65');
    await cardThatSays(reason, /Failed and taken back/);
    expect([cpu(), bot.writes().length]).toEqual(['2', sent]);
  });
});

describe('giving back', () => {
  const look: FaultMatch = { resource: 'deployments', namespace, name: 'worker' };

  it('goes on when watches drop right after the write and looks fail: it is done once, and said', async () => {
    bot.measure({ backlog: 0, arrivalPerMinute: 200 });
    afterGiveBack = () => {
      bot.cluster.control.closeWatches('cut');
      inject({ ...look, verb: 'get' }, broken, { times: 3 });
      inject({ verb: 'watch', resource: 'deployments' }, broken);
    };
    const card = await cardThatSays(await approved('replicas=6 for=2h'), /Lent until/);
    bot.later(121 * 60_000);
    await bot.reply(card, '✅ *Given back*');
    expect([bot.replicas(), bot.writes().length]).toEqual([5, 2]);
  });
});
