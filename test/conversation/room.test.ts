// Whether the cluster has room, as people meet it: a quota in the way, nodes that are full, and rights that are missing.

import { afterEach, describe, expect, it } from 'vitest';
import { Bot, namespace, words } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

/** Nine pods of 2 cores run; the quota allows so many cores more. */
async function allow(cores: number): Promise<void> {
  bot.cluster.control.seed([
    {
      kind: 'ResourceQuota',
      metadata: { name: 'team-a', namespace },
      spec: { hard: { 'requests.cpu': String(18 + cores) } },
    },
  ]);
  await bot.until('the quota being counted', async () =>
    JSON.stringify(bot.cluster.control.get('ResourceQuota', namespace, 'team-a')).includes('"18"')
      ? true
      : undefined,
  );
}

/** Nodes keep what they have and take so many cores more, all on the first. */
function leave(cores: number): void {
  const { control } = bot.cluster;
  const used = control
    .list('Pod')
    .filter(({ spec }) => JSON.stringify(spec).includes('"nodeName":"sandbox-node-0"')).length;
  for (const [name, cpu] of [
    ['sandbox-node-0', used * 2 + cores],
    ['sandbox-node-1', 0],
  ] as const) {
    control.remove('Node', '', name);
    const capacity = { cpu: String(cpu), memory: '256Gi', pods: '100' };
    const conditions = [{ type: 'Ready', status: 'True' }];
    control.seed([{ kind: 'Node', metadata: { name }, status: { capacity, conditions } }]);
  }
}

async function started(): Promise<void> {
  bot = await Bot.start();
  await bot.until('all pods having a place', async () => {
    const pods = bot.cluster.control.list('Pod', namespace);
    const placed = pods.filter(({ spec }) => JSON.stringify(spec).includes('"nodeName"'));
    return pods.length === 9 && placed.length === 9 ? true : undefined;
  });
}

/** What the card of the usual alert says; it asks for three workers more. */
async function cardOfAlert(): Promise<string> {
  await bot.alert();
  return words(await bot.card('Waiting for approval'));
}

async function sized(): Promise<string> {
  await bot.say('/capacity plan gl-008 sites=10', 'ann');
  return words(await bot.told('ann', 'Against what runs now'));
}

describe('a cluster with room', () => {
  it('is told with what stays free to whoever sizes a system, and a card only says that there is room', async () => {
    await started();
    const said = await sized();
    expect(said).toMatch(
      /Room: \d+ of \d+ pods fit; afterwards \d+ % CPU and \d+ % memory are free/,
    );
    expect(said).not.toContain('Quota');
    const card = await cardOfAlert();
    expect(card).toContain('5 → at least 8 replicas');
    expect(card).toContain('Headroom may write it; nodes, quotas and limits have room for it.');
    expect(card).not.toMatch(/fit|Pending|Not known/);
  });

  it('is asked once for all that is drawn within 30 seconds', async () => {
    await started();
    bot.cluster.control.requests.clear();
    await sized();
    await cardOfAlert();
    const asked = bot.cluster.control.requests.all.map(({ path }) => path);
    expect(
      asked.filter((path) => path === '/api/v1/nodes' || path === '/api/v1/pods'),
    ).toHaveLength(2);
  });
});

describe('a quota in the way', () => {
  it('is named on the card of an alert, which can be approved all the same', async () => {
    await started();
    await allow(4);
    const card = await cardOfAlert();
    expect(card).toContain(
      'Quota team-a: requests.cpu 18 of 22 used, 6 more are wanted; no more than 2 pods can start until it is raised.',
    );
    await bot.click('approve', 'bob', await bot.card('Waiting for approval'));
    await bot.card('Approved by');
  });

  it('that lets no pod start is named to whoever asks or sizes the system, and nothing is proposed', async () => {
    await started();
    await allow(0);
    await bot.say('/scale gl-008/worker replicas=6', 'ann');
    await bot.told('ann', 'Quota team-a: requests.cpu 18 of 18 used, 2 more are wanted; none of');
    expect(await sized()).toContain('⚠️ Quota team-a: requests.cpu 18 of 18 used,');
    await bot.alert();
    const card = words(await bot.card('No change can be proposed'));
    expect(card).toContain('8 replicas are needed, but Quota team-a: requests.cpu 18 of 18 used');
    expect(bot.writes()).toEqual([]);
  });

  it('is nothing to a plan that takes pods away', async () => {
    await started();
    await allow(0);
    await bot.say('/scale gl-008/worker replicas=4 reason="less to do"', 'ann');
    expect(words(await bot.card('Waiting for approval'))).not.toContain('Quota');
  });
});

describe('nodes that are full', () => {
  it('are told on the card: how many pods find a place', async () => {
    await started();
    leave(3);
    expect(await cardOfAlert()).toContain(
      'Only 1 of the 3 new pods fits on the nodes now; the others stay Pending until there is room.',
    );
    expect(await sized()).toMatch(/⚠️ Room: \d+ of \d+ pods fit \(.*less than the 20 % to keep/);
  });

  it('that are joined by others when pods wait are no alarm', async () => {
    await started();
    leave(0);
    bot.cluster.control.patch(
      { kind: 'Node', namespace: '', name: 'sandbox-node-0' },
      { metadata: { labels: { 'karpenter.sh/nodepool': 'general' } } },
    );
    expect(await cardOfAlert()).toContain(
      'None of the 3 new pods fits on the nodes now; nodes are added there when pods wait, so a few minutes Pending are normal.',
    );
  });
});

describe('rights that are missing', () => {
  it('are named to whoever sizes a system and on a card, with who must grant them', async () => {
    await started();
    await allow(4);
    bot.cluster.control.forbid({ verb: 'list', resource: 'nodes' });
    expect(await sized()).toContain(
      'Room: not known: Headroom may not list nodes of cluster production; grant it that in a ClusterRole',
    );
    const card = await cardOfAlert();
    expect(card).toContain('Not known: room on the nodes: Headroom may not list nodes');
    // What is known is said.
    expect(card).toContain('Quota team-a: requests.cpu 18 of 22 used');
  });
});
