// A cluster that answers badly, at every moment of a change: what people read then, and what was written.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault, FaultMatch } from '../../sandbox/cluster/faults.ts';
import type { Message } from '../../sandbox/slack/workspace.ts';
import { Bot, channel, isCard, namespace, words } from '../bot.ts';
import {
  broken,
  clusterDeadlineMs,
  conflict,
  cut,
  denied,
  drop,
  forbidden,
  hang,
  waits,
  webhook,
} from './fault-kinds.ts';

const missingRight = 'cannot patch resource "deployments/scale"';
const moved = 'the object has been modified';

let bot: Bot;
/** Injected when the next write has been sent. */
let afterWrite: (() => void) | undefined;
let story = 0;

beforeAll(async () => {
  bot = await Bot.start({
    clusterDeadlineMs,
    checkpoint: (point) => {
      if (point !== 'write-sent') return;
      afterWrite?.();
      afterWrite = undefined;
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

const look: FaultMatch = { verb: 'get', resource: 'deployments', namespace, name: 'worker' };
const change: FaultMatch = { verb: 'patch', resource: 'deployments/scale', namespace };
const dryRun: FaultMatch = { ...change, dryRun: true };
const write: FaultMatch = { ...change, dryRun: false };

function inject(match: FaultMatch, fault: Fault, times = 1): void {
  bot.cluster.control.injectFault({ ...fault, match, times });
}

/** Asks for one pod more than there are, for a reason that tells this story's card from the others. */
async function ask(): Promise<string> {
  const reason = `story ${story} of many`;
  await bot.say(`/scale gl-008/worker replicas=${bot.replicas() + 1} reason="${reason}"`, 'ann');
  return reason;
}

/** The card of a story once it says this as well. */
async function cardThatSays(reason: string, says: string | RegExp): Promise<Message> {
  return bot.until(`a card for ${reason} that says ${says}`, async () =>
    (await bot.control.messages(channel)).findLast((message) => {
      const text = words(message);
      return isCard(message) && text.includes(reason) && text.search(says) >= 0;
    }),
  );
}

async function approved(before: () => void): Promise<string> {
  const reason = await ask();
  const card = await cardThatSays(reason, /Waiting for approval/);
  before();
  await bot.click('approve', 'bob', card);
  return reason;
}

describe('while a plan is drawn', () => {
  it.each([
    ['must wait', waits, /asks us to wait/],
    ['fails', broken, /injected fault/],
    ['breaks off', cut, /no answer came/],
    ['gets no answer', hang, /no answer came|no answer in time/],
  ] as const)('a dry run that %s leaves a doubt that the card states', async (_, fault, says) => {
    inject(dryRun, fault, 9);
    const reason = await ask();
    const card = await cardThatSays(reason, /Not known: whether the cluster accepts this/);
    expect(words(card)).toMatch(says);
    expect(bot.writes()).toEqual([]);
    bot.cluster.control.clearFaults();
    await bot.click('deny', 'bob', card);
    await bot.submit('bob', 'another time');
    await cardThatSays(reason, /Denied/);
  });

  it('no look is needed where the cluster is watched, so none can fail', async () => {
    inject(look, broken, 9);
    const reason = await ask();
    const card = await cardThatSays(reason, /The cluster would accept this/);
    await bot.click('deny', 'bob', card);
    await bot.submit('bob', 'another time');
    await cardThatSays(reason, /Denied/);
  });

  it.each([
    ['forbidden', forbidden, missingRight],
    ['in conflict', conflict, moved],
    ['denied by a webhook', webhook, denied],
  ] as const)(
    'a dry run that is %s is no proposal, and the words are passed on',
    async (_what, fault, says) => {
      inject(dryRun, fault, 9);
      const reason = await ask();
      await bot.told('ann', says);
      expect(
        (await bot.control.messages(channel)).filter((one) => words(one).includes(reason)),
      ).toEqual([]);
      expect(bot.writes()).toEqual([]);
    },
  );
});

describe('before a write', () => {
  it.each([
    ['a look that must wait', look, waits],
    ['a look that fails', look, broken],
    ['a look that breaks off', look, cut],
    ['a look that gets no answer', look, hang],
    ['a dry run that must wait', dryRun, waits],
    ['a dry run that fails', dryRun, broken],
    ['a dry run that breaks off', dryRun, cut],
    ['a dry run that gets no answer', dryRun, hang],
  ] as const)('%s for once does not stop the run', async (_what, match, fault) => {
    const reason = await approved(() => inject(match, fault));
    await cardThatSays(reason, /Done/);
    expect(bot.writes()).toHaveLength(1);
  });

  it.each([
    ['a look that must wait', waits, /asks us to wait/],
    ['a look that gets no answer', hang, /no answer in time/],
  ] as const)('%s again and again ends the run, and nothing is written', async (_, fault, says) => {
    const replicas = bot.replicas();
    const reason = await approved(() => inject(look, fault, 99));
    const card = await cardThatSays(reason, /nothing was written/);
    expect(words(card)).toMatch(says);
    expect([bot.writes(), bot.replicas()]).toEqual([[], replicas]);
  });

  it.each([
    ['a look that is forbidden', look, forbidden, 'cannot get resource "deployments"'],
    ['a dry run that a webhook denies', dryRun, webhook, denied],
    ['a dry run in conflict', dryRun, conflict, moved],
    ['a dry run that is forbidden', dryRun, forbidden, missingRight],
  ] as const)('%s stops the run, and nothing is written', async (_what, match, fault, says) => {
    const replicas = bot.replicas();
    const reason = await approved(() => inject(match, fault, 99));
    const card = await cardThatSays(reason, /nothing was written/);
    expect(words(card)).toContain(says);
    expect([bot.writes(), bot.replicas()]).toEqual([[], replicas]);
  });
});

describe('a write', () => {
  it.each([
    ['forbidden', forbidden, missingRight],
    ['in conflict', conflict, moved],
    ['denied by a webhook', webhook, denied],
  ] as const)('that is %s is over, and the card has the words', async (_what, fault, says) => {
    const replicas = bot.replicas();
    const reason = await approved(() => inject(write, fault, 9));
    const card = await cardThatSays(reason, /nothing was written/);
    expect(words(card)).toContain(says);
    expect(bot.replicas()).toBe(replicas);
  });

  it.each([
    ['must wait is sent again', waits, 2],
    ['fails is looked for, and made by the next run', broken, 2],
    ['breaks off before it is made is looked for, and made by the next run', drop, 2],
    ['gets no answer is looked for, and made by the next run', hang, 2],
    ['gets half an answer is found in place, and made once', cut, 1],
    ['gets none once it is made is found in place, and made once', { dropAfterWrite: true }, 1],
  ] as const)('that %s', async (_what, fault, sent) => {
    const wanted = bot.replicas() + 1;
    const reason = await approved(() => inject(write, fault));
    await cardThatSays(reason, /Done/);
    expect([bot.replicas(), bot.writes().length]).toEqual([wanted, sent]);
  });
});

describe('after a write', () => {
  it.each([
    ['must wait', waits],
    ['fail', broken],
    ['break off', cut],
    ['get no answer', hang],
  ] as const)('looks that %s are no failure of the rollout', async (_what, fault) => {
    const reason = await approved(() => {
      afterWrite = () => {
        bot.cluster.control.closeWatches('cut');
        inject({ ...look, verb: 'get' }, fault, 3);
        inject({ verb: 'watch', resource: 'deployments' }, fault, 1);
      };
    });
    await cardThatSays(reason, /Done/);
    expect(bot.writes()).toHaveLength(1);
  });

  it.each([
    ['forbidden', forbidden],
    ['not answered', hang],
  ] as const)('an Event that is %s stops nothing', async (_what, fault) => {
    const reason = await approved(() => inject({ verb: 'create', resource: 'events' }, fault, 9));
    await cardThatSays(reason, /Done/);
    expect(bot.writes()).toHaveLength(1);
  });
});
