// As many runs are stuck as the queue carries out at once: what else is approved is carried out all the same.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Bot, channel, deployment } from '../bot.ts';

const shop = 'shop';
/** As many as the queue carries out at once. */
const stuck = ['one', 'two', 'three', 'four', 'five'];
const component = (name: string) => `
  ${name}:
    workload: { kind: Deployment, namespace: ${shop}, name: ${name}, container: ${name} }
    replicas: { min: 2, max: 10, baseline: 4, source: Limits }
    pod: { cpu: 2, memory: 4Gi, source: Baseline }`;
const profile = `profile: shop
title: Shop
guide: Shop guide 1
components:${[...stuck, 'web'].map(component).join('')}
cost: { cpuCoreHourUsd: 0.05, memoryGbHourUsd: 0.01, source: Rates }
`;

let bot: Bot;
let profilesDir: string;
beforeEach(async () => {
  profilesDir = await mkdtemp(join(tmpdir(), 'headroom-stuck-'));
  await writeFile(join(profilesDir, 'shop.yaml'), profile);
  bot = await Bot.start({
    profilesDir,
    systems: `
  shop: { profile: shop, mode: apply, cluster: production, channel: ${channel} }
`,
  });
});
afterEach(async () => {
  await bot.stop();
  await rm(profilesDir, { recursive: true, force: true });
});

async function scale(name: string): Promise<void> {
  await bot.say(`/scale shop/${name} replicas=5`, 'ann');
  await bot.click('approve', 'bob', await bot.card(`${name}: 4 →`));
}

it('five rollouts without an end hold up no sixth, and none of them is given up for it', async () => {
  const { control } = bot.cluster;
  control.seed([...stuck, 'web'].map((name) => deployment(name, 4, shop)));
  control.settle();
  for (const name of stuck) control.podFailure(shop, name, 'Unschedulable');
  await Promise.all(stuck.map(scale));
  for (const name of stuck) await bot.reply(await bot.card(`${name}: 4 →`), '4 of 5 pods ready');
  await scale('web');
  await bot.reply(await bot.card('web: 4 →'), 'carried out and seen ready');
  expect(bot.replicas('web', shop)).toBe(5);
  for (const name of stuck) control.podFailure(shop, name, undefined);
  for (const name of stuck) {
    await bot.reply(await bot.card(`${name}: 4 →`), 'carried out and seen ready');
  }
});
