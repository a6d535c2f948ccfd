// A cluster that answers badly, at every moment of a change: what people read then, and what was written.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault, FaultMatch } from '../../sandbox/cluster/faults.ts';
import type { Message } from '../../sandbox/slack/workspace.ts';
import { Bot, channel, isCard, namespace, words } from '../bot.ts';

const forbidden = { status: 403 } as const;
const conflict = { status: 409 } as const;
const waits = { status: 429, headers: { 'retry-after': '1' } } as const;
const broken = { status: 500 } as const;
const webhook = { webhook: { name: 'guard.example.com', message: 'not on a Sunday' } } as const;
const cut = { resetMidway: true } as const;
const hang = { hang: true } as const;

const missingRight = 'cannot patch resource "deployments/scale"';
const moved = 'the object has been modified';
const denied = 'admission webhook "guard.example.com" denied the request: not on a Sunday';

let bot: Bot;
/** Injected when the next write has been sent. */
let afterWrite: (() => void) | undefined;
let story = 0;

beforeAll(async () => {
  bot = await Bot.start({
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
    ['a look that is forbidden', look, forbidden, /cannot get resource "deployments"/],
    ['a look that must wait', look, waits, /asks us to wait/],
    ['a look that fails', look, broken, /injected fault/],
    ['a look that breaks off', look, cut, /cannot be reached \(|connection/],
    ['a look that gets no answer', look, hang, /no answer in time/],
    ['a dry run that must wait', dryRun, waits, /asks us to wait/],
    ['a dry run that fails', dryRun, broken, /injected fault/],
    ['a dry run that breaks off', dryRun, cut, /no answer came/],
  ] as const)('%s leaves a doubt that the card states', async (_what, match, fault, says) => {
    inject(match, fault, 9);
    const reason = await ask();
    const card = await cardThatSays(reason, /Not known: whether the cluster accepts this/);
    expect(words(card)).toMatch(says);
    expect(bot.writes()).toEqual([]);
    bot.cluster.control.clearFaults();
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
    ['a dry run that fails', dryRun, broken],
  ] as const)('%s for once does not stop the run', async (_what, match, fault) => {
    const reason = await approved(() => inject(match, fault));
    await cardThatSays(reason, /Done/);
    expect(bot.writes()).toHaveLength(1);
  });

  it.each([
    ['a look that is forbidden', look, forbidden, 'cannot get resource "deployments"'],
    ['a dry run that a webhook denies', dryRun, webhook, denied],
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
    ['gets half an answer is found in place, and made once', cut, 1],
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
});
