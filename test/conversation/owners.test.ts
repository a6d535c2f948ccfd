// Workloads that somebody else keeps: Argo CD's are committed and not fought, KEDA's are changed where KEDA looks.

import { afterEach, expect, it } from 'vitest';
import { valueAt } from '../../src/change/pointer.ts';
import { Bot, channel, deployment, isCard, namespace, words } from '../bot.ts';
import { applicationKind, scaledObjectKind } from '../custom-kinds.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

/** The workers as Argo CD has applied them, for an application called plants. */
function seedArgo(): void {
  const { control } = bot.cluster;
  const made = deployment('worker', 5);
  const metadata = {
    ...(made['metadata'] as object),
    annotations: {
      'argocd.argoproj.io/tracking-id': `plants:apps/Deployment:${namespace}/worker`,
    },
  };
  control.remove('Deployment', namespace, 'worker');
  control.settle();
  control.seed([{ ...made, metadata }], 'argocd-controller');
  control.settle();
}

function seedApplication(automated: { readonly selfHeal: boolean }): void {
  const { control } = bot.cluster;
  control.seed([applicationKind]);
  control.settle();
  control.seed([
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'plants', namespace: 'argocd' },
      spec: { syncPolicy: { automated } },
    },
  ]);
}

it('what Argo CD puts back within minutes is not written: the card has the YAML to commit', async () => {
  bot = await Bot.start();
  seedArgo();
  seedApplication({ selfHeal: true });
  await bot.alert();
  const card = await bot.card('To be committed, not written');
  expect(words(card)).toContain('commit it: 5 → 8 replicas');
  expect(words(card)).toContain(
    'Argo CD (application plants) keeps replicas of Deployment worker as Git has it and sets that back within about 3 minutes, for self-heal is on.',
  );
  expect(words(card)).toContain('-  replicas: 5\n+  replicas: 8');
  expect(words(card)).not.toContain('Approve');

  await bot.say('/scale gl-008/worker cpu=2500m', 'ann');
  await bot.told('ann', 'commit it: cpu 2 → 2500m');
  const resize = await bot.card('cpu 2 → 2500m');
  expect(words(resize)).toMatch(/- name: worker\n[^]*-\s+cpu: "2"\n\+\s+cpu: 2500m/);
  expect(bot.writes()).toEqual([]);
});

it('what Argo CD puts back at its next sync is written, and the card says both', async () => {
  bot = await Bot.start();
  seedArgo();
  seedApplication({ selfHeal: false });
  await bot.alert();
  const card = await bot.card('Waiting for approval: 0 of 1');
  expect(words(card)).toContain('sets that back at its next sync');
  expect(words(card)).toContain('For it to last, commit this as well');
  await bot.click('approve', 'bob', card);
  await bot.card('Done');
  expect(bot.replicas()).toBe(8);
});

it('whether Argo CD puts it back is said to be unknown where its application cannot be seen', async () => {
  bot = await Bot.start({ systemMode: 'propose' });
  seedArgo();
  await bot.alert();
  const card = await bot.card('Waiting for approval: 0 of 1');
  expect(words(card)).toContain('Application argocd/plants is not in this cluster');
  await bot.click('approve', 'bob', card);
  const approved = await bot.card('Run this by hand');
  expect(words(approved)).toContain('-  replicas: 5\n+  replicas: 8');
  expect(bot.writes()).toEqual([]);
});

it('a workload that KEDA scales gets its minimum where KEDA looks', async () => {
  bot = await Bot.start();
  const { control } = bot.cluster;
  control.seed([scaledObjectKind]);
  control.settle();
  control.seed([
    {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: 'worker', namespace },
      spec: { scaleTargetRef: { name: 'worker' }, minReplicaCount: 2, maxReplicaCount: 20 },
    },
  ]);
  const madeByKeda = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: {
      name: 'keda-hpa-worker',
      namespace,
      labels: { 'scaledobject.keda.sh/name': 'worker' },
    },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'worker' },
      minReplicas: 2,
      maxReplicas: 20,
    },
  };
  control.setUtilization(namespace, 'worker', { cpu: 60 });
  control.seed([madeByKeda], 'keda-operator');
  await bot.alert();
  const card = await bot.card('Waiting for approval: 0 of 1');
  expect(words(card)).toContain('ScaledObject worker: minReplicaCount 2 → at least 8');
  await bot.click('approve', 'bob', card);
  await bot.until('the ScaledObject being written', async () =>
    bot.writes().length > 0 ? true : undefined,
  );
  const [written, ...others] = bot.writes();
  expect(written).toContain(
    `PATCH /apis/keda.sh/v1alpha1/namespaces/${namespace}/scaledobjects/worker [` +
      '{"op":"test","path":"/spec/minReplicaCount","value":2},' +
      '{"op":"add","path":"/spec/minReplicaCount","value":8}',
  );
  expect(others).toEqual([]);
  // KEDA, which is not in the sandbox, carries it over.
  control.patch(
    { kind: 'HorizontalPodAutoscaler', namespace, name: 'keda-hpa-worker' },
    { spec: { minReplicas: 8 } },
  );
  await bot.card('Done');
  expect(bot.replicas()).toBe(8);
  const stored = control.get('ScaledObject', namespace, 'worker');
  expect(valueAt(stored, '/spec')).toMatchObject({ minReplicaCount: 8, maxReplicaCount: 20 });
});

it('what an operator makes from another object is refused, with the object to change', async () => {
  bot = await Bot.start();
  bot.cluster.control.patch(
    { kind: 'Deployment', namespace, name: 'worker' },
    {
      metadata: {
        ownerReferences: [
          {
            apiVersion: 'postgresql.cnpg.io/v1',
            kind: 'Pooler',
            name: 'pool',
            uid: '0b6c1f1e-0000-4000-8000-000000000001',
            controller: true,
          },
        ],
      },
    },
  );
  await bot.say('/scale gl-008/worker replicas=7', 'ann');
  await bot.told('ann', 'the change belongs in Pooler pool');
  expect((await bot.control.messages(channel)).filter(isCard)).toEqual([]);
  expect(bot.writes()).toEqual([]);
});

it('what kubectl applied from a file is written, and the file is named', async () => {
  bot = await Bot.start();
  bot.cluster.control.patch(
    { kind: 'Deployment', namespace, name: 'worker' },
    {
      metadata: {
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
            spec: { replicas: 5 },
          }),
        },
      },
    },
  );
  await bot.alert();
  const card = await bot.card('Waiting for approval: 0 of 1');
  expect(words(card)).toContain(
    'kubectl apply keeps replicas of Deployment worker as the file has it and sets that back when somebody applies that file again.',
  );
  await bot.click('approve', 'bob', card);
  await bot.card('Done');
});

it('what Argo CD begins to put back after the vote is not written either', async () => {
  bot = await Bot.start();
  seedArgo();
  seedApplication({ selfHeal: false });
  await bot.alert();
  const card = await bot.card('Waiting for approval: 0 of 1');
  bot.cluster.control.patch(
    { kind: 'Application', namespace: 'argocd', name: 'plants' },
    { spec: { syncPolicy: { automated: { selfHeal: true } } } },
  );
  await bot.click('approve', 'bob', card);
  await bot.card('for self-heal is on; nothing was written');
  expect(bot.replicas()).toBe(5);
  expect(bot.writes()).toEqual([]);
});
