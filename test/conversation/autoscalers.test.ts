// A system that is only a namespace: what becomes of an autoscaler at its maximum, whoever claims that it is.

import { afterEach, expect, it } from 'vitest';
import {
  Bot,
  type BotOptions,
  channel,
  deployment,
  isCard,
  namespace,
  people,
  planOf,
  words,
} from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

const shop = 'shop';
const systems = (mode: string) => `
  shop:
    title: Web shop
    mode: ${mode}
    cluster: production
    namespace: ${shop}
    channel: ${channel}
`;
const labels = {
  alertname: 'KubeHpaMaxedOut',
  namespace: shop,
  horizontalpodautoscaler: 'web-hpa',
  severity: 'warning',
};
const alert = {
  labels,
  annotations: { description: 'HPA shop/web-hpa has been running at max replicas' },
};
const resolved = { ...alert, status: 'resolved', endsAt: '2026-11-22T03:20:00Z' } as const;
const hpaPath = `/apis/autoscaling/v2/namespaces/${shop}/horizontalpodautoscalers/web-hpa`;

function autoscaler(name: string, scales: string, over: { readonly kind?: string } = {}) {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: shop },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: over.kind ?? 'Deployment', name: scales },
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
        },
      ],
    },
  };
}

/** Five pods of web; with `cpu` the autoscaler has a metric and has looked at it. */
async function start({ cpu, ...options }: BotOptions & { readonly cpu?: number }): Promise<void> {
  bot = await Bot.start({ systems: systems('apply'), ...options });
  bot.cluster.control.seed([deployment('web', 5, shop), autoscaler('web-hpa', 'web')]);
  bot.cluster.control.setUtilization(shop, 'web', cpu === undefined ? undefined : { cpu });
  await bot.until('the autoscaler having looked', async () => {
    const seen = JSON.stringify(
      bot.cluster.control.get('HorizontalPodAutoscaler', shop, 'web-hpa'),
    );
    return seen.includes(cpu === undefined ? '"False"' : 'ValidMetricFound') ? true : undefined;
  });
}

it('gets one step more room, and five minutes later it is seen to stay below its new maximum', async () => {
  await start({ cpu: 180 });
  await bot.alert(alert);
  const card = await bot.card('Waiting for approval');
  const said = words(card);
  expect(said).toContain('Web shop web: KubeHpaMaxedOut 100 %: 5 → up to 8 replicas, cost unknown');
  expect(said).toContain('autoscaler web-hpa: maxReplicas 5 → at least 8');
  expect(said).toContain('• cpu, target 70 %: *180 %*');
  expect(said).toContain('one step up from a maximum of 5 pods → 8 pods');
  expect(said).toContain('by its metrics it wants 13 pods now');
  expect(said).toContain('this system has no profile, so what it costs is not known');
  expect(said).not.toContain('whether nodes and quota have room for more pods is not known');
  await bot.click('approve', 'eve', card);
  await bot.told('eve', 'Only people listed');
  expect(bot.writes()).toEqual([]);

  await bot.click('approve', 'bob', card);
  await bot.reply(card, 'carried out and seen ready');
  expect(bot.writes()).toEqual([
    `PATCH ${hpaPath} [{"op":"test","path":"/spec/maxReplicas","value":5},{"op":"replace","path":"/spec/maxReplicas","value":8},{"op":"test","path":"/metadata/annotations","value":null},{"op":"add","path":"/metadata/annotations","value":{"headroom/plan":"${planOf(card)}"}}]`,
  ]);
  const replicas = { namespace: shop, horizontalpodautoscaler: 'web-hpa' };
  const state = 'kube_horizontalpodautoscaler';
  bot.later(6 * 60_000);
  const scraped = { at: new Date(bot.clock.now().getTime() - 60_000) };
  const { control } = bot.prometheus;
  control.set({ name: `${state}_status_desired_replicas`, labels: replicas }, 6, scraped);
  control.set({ name: `${state}_spec_max_replicas`, labels: replicas }, 8, scraped);
  await bot.reply(card, 'share-of-maximum 100 % → 75 %, below 100 %');
});

it('in propose mode an approval ends as the command for a person', async () => {
  await start({ cpu: 180, systems: systems('propose') });
  await bot.alert(alert);
  const card = await bot.card('Waiting for approval');
  await bot.click('approve', 'ann', card);
  const approved = await bot.card('yours to carry out');
  expect(words(approved)).toContain(
    `kubectl patch hpa web-hpa --namespace ${shop} --type=json --patch='[{"op":"test","path":"/spec/maxReplicas","value":5}`,
  );
  expect(bot.writes()).toEqual([]);
});

it('without a policy nobody can approve it', async () => {
  await start({ cpu: 180, policy: `operators: [${people.ann}]` });
  await bot.alert(alert);
  const card = await bot.card('Nobody can approve this');
  expect(JSON.stringify(card.blocks)).not.toContain('plan.approve');
});

it('that may still grow needs nothing, whatever the alert says', async () => {
  await start({ cpu: 30 });
  await bot.alert(alert);
  const card = await bot.card('no change needed');
  expect(words(card)).toMatch(
    /autoscaler web-hpa (is at its maximum of 5 pods and wants no more|wants \d pods? and may go to 5)/,
  );
  await bot.alert(resolved);
  await bot.card('Withdrawn');
  expect(bot.writes()).toEqual([]);
});

it('that cannot read its metrics gets that as its finding, and a plan once it can', async () => {
  await start({});
  await bot.alert(alert);
  const card = await bot.card('no change can be proposed');
  expect(words(card)).toContain('autoscaler web-hpa cannot read its metrics');
  bot.cluster.control.setUtilization(shop, 'web', { cpu: 180 });
  await bot.until('the autoscaler being at its maximum', async () =>
    JSON.stringify(bot.cluster.control.get('HorizontalPodAutoscaler', shop, 'web-hpa')).includes(
      'TooManyReplicas',
    )
      ? true
      : undefined,
  );
  // Once a minute it is looked at again; what is followed by a watch may be there a moment later than in the cluster.
  let looks = 0;
  await bot.until('the plan in place of the finding', async () => {
    if (looks++ % 100 === 0) bot.later(60_000);
    const cards = (await bot.control.messages(channel)).filter(isCard);
    return cards.find((each) => words(each).includes('5 → up to 8 replicas'));
  });
});

it('has one card for all its alerts, which asks once more when they are over', async () => {
  await start({ cpu: 180 });
  const other = { ...labels, alertname: 'KubeHpaReplicasMismatch' };
  await bot.deliver([alert, { ...alert, labels: other, fingerprint: 'feedfacefeedface' }]);
  const card = await bot.until('both alerts on the card', async () => {
    const seen = await bot.card('Waiting for approval');
    return words(seen).split('still firing').length === 3 ? seen : undefined;
  });
  expect((await bot.control.messages(channel)).filter(isCard)).toHaveLength(1);
  await bot.alert({ ...resolved, labels: other, fingerprint: 'feedfacefeedface' });
  await bot.alert(resolved);
  await bot.card('Approve anyway?');
  expect(card.ts).toBe((await bot.card('Approve anyway?')).ts);
});

it('that the cluster does not know leads to no card and no path, only to the list', async () => {
  await start({ cpu: 180 });
  bot.cluster.control.requests.clear();
  const names = ['../../secrets/token', 'no-such-hpa', ''];
  await bot.deliver(
    names.map((horizontalpodautoscaler, index) => ({
      ...alert,
      labels: { ...labels, horizontalpodautoscaler },
      fingerprint: `${index}`.repeat(16),
    })),
  );
  await bot.until('the alerts being looked at', async () =>
    (await (await fetch(`${bot.url}/metrics`)).text()).includes('headroom_alerts_unrouted 3')
      ? true
      : undefined,
  );
  const asked = bot.cluster.control.requests.all.map(({ path }) => path);
  expect(asked.filter((path) => /secrets|no-such/.test(path))).toEqual([]);
  expect((await bot.control.messages(channel)).filter(isCard)).toEqual([]);
});

it('in a cluster that does not answer is told at once, on one card for all, and answered later', async () => {
  await start({ cpu: 180 });
  bot.cluster.control.injectFault({ status: 503 });
  const other = { ...labels, horizontalpodautoscaler: 'other-hpa' };
  await bot.deliver([alert, { ...alert, labels: other, fingerprint: 'feedfacefeedface' }]);
  const blind = await bot.card('no change can be proposed');
  expect(words(blind)).toContain('Web shop autoscalers: KubeHpaMaxedOut');
  expect(words(blind)).toContain('listing the autoscalers of shop in cluster production');
  expect(words(blind).split('still firing')).toHaveLength(3);
  expect((await bot.control.messages(channel)).filter(isCard)).toHaveLength(1);

  bot.cluster.control.seed([deployment('other', 1, shop), autoscaler('other-hpa', 'other')]);
  bot.cluster.control.clearFaults();
  bot.later(60_000);
  const card = await bot.card('5 → up to 8 replicas');
  expect(card.ts).not.toBe(blind.ts);
  await bot.card('Web shop other: KubeHpaMaxedOut');
  await bot.until('the first card being taken back', async () => {
    const first = (await bot.control.messages(channel)).find(({ ts }) => ts === blind.ts);
    return first !== undefined && words(first).includes('Withdrawn') ? first : undefined;
  });
});

it('belongs to the system whose profile names its workload, with the policy and the cost of that', async () => {
  bot = await Bot.start();
  const worker = { name: 'worker', namespace };
  bot.cluster.control.seed([{ ...autoscaler('worker', 'worker'), metadata: worker }]);
  bot.cluster.control.setUtilization(namespace, 'worker', { cpu: 180 });
  await bot.until('the autoscaler wanting more than its maximum', async () =>
    JSON.stringify(
      bot.cluster.control.get('HorizontalPodAutoscaler', namespace, 'worker'),
    ).includes('TooManyReplicas')
      ? true
      : undefined,
  );
  await bot.alert({ labels: { ...labels, namespace, horizontalpodautoscaler: 'worker' } });
  const card = await bot.card('maxReplicas 5 → at least 10');
  expect(words(card)).toContain('SteamTrapInspector worker: KubeHpaMaxedOut 100 %: 5 → up to 10');
  expect(words(card)).toContain('Cost of this component: $365 → $730 a month');
});
