// Somebody asks what pods should request by what they used: the whole app, with two weeks of a past in Prometheus.

import { afterEach, beforeEach, expect, it } from 'vitest';
import { Bot, channel, isCard, namespace, words } from '../bot.ts';

const dayMs = 24 * 3_600_000;
let bot: Bot;
beforeEach(async () => {
  bot = await Bot.start({ scrapeIntervalMs: 60_000 });
});
afterEach(async () => {
  await bot.stop();
});

/** The busiest worker at 700m, the other at 300m, 1500Mi each, for so many days. */
function setUse(days: number): void {
  const from = new Date(bot.clock.now().getTime() - days * dayMs);
  for (const [pod, cores] of [
    ['worker-6f7d-aaaaa', 0.7],
    ['worker-6f7d-bbbbb', 0.3],
  ] as const) {
    const labels = { namespace, pod, container: 'worker' };
    const set = (name: string, valueAt: (ms: number) => number) =>
      bot.prometheus.control.setHistory({ name, labels }, valueAt, from);
    set('container_cpu_usage_seconds_total', (ms) => (cores * ms) / 1000);
    set('container_memory_working_set_bytes', () => 1500 * 2 ** 20);
    set('kube_pod_container_status_restarts_total', () => 0);
  }
}

it('is told sizes that fit two weeks of use, what they cost, and by which rule', async () => {
  setUse(15);
  const outcome = await bot.say('/capacity right-size gl-008/worker', 'ann');
  expect(outcome.acked).toBe(true);
  const answer = words(await bot.told('ann', '1 of 1 sizes should change'));
  expect(answer).toContain('▼ *CPU*: request 2000m → 840m');
  expect(answer).toContain('p95 700m × 1.2 = 840m');
  expect(answer).toContain('▼ *memory*: request 4Gi → 1800Mi');
  // Five pods of 2 cores and 4 GB at $0.04 and $0.005 an hour, and of 840m and 1800Mi.
  expect(answer).toContain('$365 → $154.72 a month');
  expect(answer).toMatch(/of 4,032 samples in 14d/);
  expect(answer).toContain('Rule: GL-008 SteamTrapInspector Scaling Guide');
  expect(answer).toContain('Nothing was changed.');
  expect(bot.writes()).toEqual([]);
  expect((await bot.control.messages(channel)).filter(isCard)).toEqual([]);
});

it('is told which workloads are not there, and of the others what is known', async () => {
  setUse(3);
  await bot.say('/capacity right-size gl-008', 'ann');
  const answer = words(await bot.told('ann', 'no size should change'));
  expect(answer).toContain('3 could not be looked at');
  expect(answer).toContain('*api-gateway*: there is no Deployment "api-gateway"');
  // Three days are too little to take anything away.
  expect(answer).toMatch(/= \*CPU\*: request stays 2000m[^]*but nothing is made smaller: only/);
  expect(answer).toContain('nothing is known of the memory it uses');
});

it('is told that the cluster is silent, and gets an answer all the same', async () => {
  bot.cluster.control.injectFault({ status: 503, match: { method: 'GET' } });
  await bot.say('/capacity right-size gl-008/worker', 'ann');
  const answer = words(await bot.told('ann', 'nothing could be sized'));
  expect(answer).toContain('*worker*: reading Deployment greenlang-gl008/worker');
  bot.cluster.control.clearFaults();
});

it('gets the right word for a wrong one, and the command in the help', async () => {
  for (const [line, says] of [
    ['/capacity right-size gl-008/wroker', 'did you mean "worker"?'],
    ['/capacity rightsize gl-008', 'did you mean "right-size"?'],
    ['/capacity right-size', 'which system?'],
    ['/capacity help', '/capacity right-size SYSTEM[/component]'],
  ] as const) {
    await bot.say(line, 'ann');
    await bot.told('ann', says);
  }
});
