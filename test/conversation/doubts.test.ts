// A doubt that stands: people are asked to look first, can scale all the same, and get the proposal once it is gone.

import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Bot, type BotOptions, channel, deployment, isCard, words } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

const shop = 'shop';
const options: BotOptions = {
  profilesDir: fileURLToPath(new URL('../fixtures/profiles-with-doubts', import.meta.url)),
  systems: `
  shop:
    profile: shop
    mode: apply
    cluster: production
    channel: ${channel}
`,
};
const labels = { alertname: 'ShopHighCPU', namespace: shop, headroom_system: 'shop' };
const alert = { labels, annotations: { summary: 'CPU of web is high' } };

interface Readings {
  readonly cpu?: number;
  readonly releases?: number;
  readonly growth?: number;
}

function measure({ cpu = 0.9, releases, growth }: Readings): void {
  const { control } = bot.prometheus;
  for (const [name, value] of [
    ['shop_cpu', cpu],
    ['shop_releases', releases],
    ['shop_cpu_growth', growth],
  ] as const) {
    control.remove(name);
    if (value !== undefined) control.set({ name, labels: { namespace: shop } }, value);
  }
}

async function start(readings: Readings): Promise<void> {
  bot = await Bot.start(options);
  bot.cluster.control.seed([deployment('web', 4, shop)]);
  bot.cluster.control.settle();
  measure(readings);
  await bot.alert(alert);
}

it('asks to look first and names what would have been proposed', async () => {
  await start({ releases: 1, growth: 0.1 });
  const card = await bot.card('look before scaling');
  expect(JSON.stringify(card.blocks)).not.toContain('plan.approve');
  expect(words(card)).toContain(
    'scaling would go to 6 replicas, but there is something to look at first: A release ended less than half an hour ago (1, in order up to 0; Handbook, When to wait)',
  );
  expect(words(card)).toMatch(
    /• A release ended less than half an hour ago\.\n• Slow pages, before more pods hide them/,
  );
  expect(words(card)).toContain('4 pods × 90 % ÷ 60 % = 6 → 6 pods');
  expect(words(card)).toContain('ask for shop/web replicas=6 with the scale command');
  expect(bot.writes()).toEqual([]);
});

it('lets somebody who knows better scale all the same', async () => {
  await start({ releases: 1, growth: 0 });
  const held = await bot.card('look before scaling');
  await bot.say('/scale shop/web replicas=6 reason="the release is fine"', 'ann');
  const card = await bot.card('4 → at least 6 replicas');
  expect(card.ts).not.toBe(held.ts);
  await bot.click('approve', 'bob', card);
  await bot.reply(card, 'carried out and seen ready');
  expect(bot.replicas('web', shop)).toBe(6);
});

it('proposes the size once the doubt is gone, without another alert', async () => {
  await start({ releases: 1, growth: 0 });
  const held = await bot.card('look before scaling');
  measure({ releases: 0, growth: 0 });
  bot.later(60_000);
  const card = await bot.card('4 → at least 6 replicas');
  expect(words(card)).toContain('doubt: A release ended less than half an hour ago: *0 (in order');
  const old = await bot.until('the old card', async () =>
    (await bot.control.messages(channel)).filter(isCard).find(({ ts }) => ts === held.ts),
  );
  expect(words(old)).toContain('Replaced by a newer plan');
});

it('is kept back by nothing that could not be measured, and says so', async () => {
  await start({ growth: 0.2 });
  const card = await bot.card('4 → at least 6 replicas');
  expect(words(card)).toContain('not checked: "A release ended less than half an hour ago" (');
  expect(JSON.stringify(card.blocks)).toContain('plan.approve');
});

it('does not speak when there is nothing to scale', async () => {
  await start({ cpu: 0.5, releases: 3, growth: 0 });
  const card = await bot.card('no change needed');
  expect(words(card)).toContain('50 % is not above the target of 60 %');
  expect(words(card)).not.toContain('scaling would go');
});

describe('the decision tree of GL-001', () => {
  const workload = 'gl-001-process-heat-orchestrator';
  const pod = { namespace: 'greenlang', pod: `${workload}-6d4f9-x2x7p`, container: workload };
  const hot = {
    labels: { alertname: 'GL001HighCPU', namespace: 'greenlang', headroom_system: 'gl-001' },
    annotations: { summary: 'CPU of the orchestrator is high' },
  };

  /** CPU at 90 % of the request now, `before` of it until ten minutes ago; the pods are as old as said. */
  async function startGl001(facts: { readonly before: number; readonly podsAgeMinutes: number }) {
    bot = await Bot.start({
      systems: `
  gl-001:
    profile: gl-001
    mode: apply
    cluster: production
    channel: ${channel}
`,
    });
    bot.cluster.control.seed([deployment(workload, 4, 'greenlang')]);
    bot.cluster.control.settle();
    const { control } = bot.prometheus;
    const now = bot.clock.now().getTime();
    const from = now - 3 * 3_600_000;
    const turn = now - 10 * 60_000;
    control.set(
      { name: 'kube_pod_container_resource_requests', labels: { ...pod, resource: 'cpu' } },
      1.65,
    );
    control.setHistory(
      { name: 'container_cpu_usage_seconds_total', labels: pod },
      (ms) =>
        (1.65 * (facts.before * (Math.min(ms, turn) - from) + 0.9 * Math.max(0, ms - turn))) / 1000,
      new Date(from),
    );
    created(facts.podsAgeMinutes);
    await bot.alert(hot);
  }

  function created(minutesAgo: number): void {
    const set = { namespace: 'greenlang', replicaset: `${workload}-6d4f9` };
    bot.prometheus.control.set(
      { name: 'kube_replicaset_created', labels: set },
      bot.clock.now().getTime() / 1000 - minutesAgo * 60,
    );
  }

  it('asks about a recent rollout, and scales for steady growth once that is an hour ago', async () => {
    await startGl001({ before: 0.8, podsAgeMinutes: 10 });
    const card = await bot.card('look before scaling');
    expect(words(card)).toContain('scaling would go to 6 replicas');
    expect(words(card)).toContain('It was rolled out within the last hour');
    created(90);
    bot.later(60_000);
    const proposed = await bot.card('4 → at least 6 replicas');
    expect(JSON.stringify(proposed.blocks)).toContain('plan.approve');
  });

  it('asks about a sudden spike', async () => {
    await startGl001({ before: 0.3, podsAgeMinutes: 600 });
    const card = await bot.card('look before scaling');
    expect(words(card)).toContain('CPU is more than twice what it was half an hour ago');
    expect(words(card)).toContain('A sudden rise: look for a runaway process');
    expect(words(card)).not.toContain('something to look at first: It was rolled out');
  });
});
