// A cluster that may not be watched and answers badly: a plan is not drawn on half a look, and somebody is told why.

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { FaultMatch } from '../../sandbox/cluster/faults.ts';
import { Bot, channel, isCard, namespace } from '../bot.ts';
import { broken, clusterDeadlineMs, cut, forbidden, hang, waits } from './fault-kinds.ts';

const look: FaultMatch = { verb: 'get', resource: 'deployments', namespace, name: 'worker' };
let bot: Bot;

beforeAll(async () => {
  bot = await Bot.start({ clusterDeadlineMs });
  bot.cluster.control.forbid({ verb: 'watch', resource: 'deployments' });
});
afterAll(async () => {
  await bot.stop();
});
afterEach(() => {
  bot.cluster.control.clearFaults();
});

it.each([
  ['forbidden', 'ann', forbidden, 'cannot get resource "deployments"'],
  ['told to wait', 'bob', waits, 'asks us to wait'],
  ['failing', 'oncall', broken, 'injected fault'],
  ['broken off', 'ann', cut, 'cannot be reached'],
  ['not answered', 'bob', hang, 'no answer in time'],
] as const)('a look that is %s: no plan, and the reason', async (_what, who, fault, says) => {
  bot.cluster.control.injectFault({ ...fault, match: look, times: 9 });
  await bot.say('/scale gl-008/worker replicas=6', who);
  await bot.told(who, says);
  expect((await bot.control.messages(channel)).filter(isCard)).toEqual([]);
  expect(bot.writes()).toEqual([]);
});

it('and once it answers, the plan is drawn and carried out without a watch', async () => {
  await bot.say('/scale gl-008/worker replicas=6', 'ann');
  const card = await bot.card('Waiting for approval');
  await bot.click('approve', 'bob', card);
  await bot.card('Done');
  expect(bot.writes()).toHaveLength(1);
});
