// What is left in the cluster beside a change: who looks there learns which plan wrote it, and who approved.

import { afterEach, expect, it } from 'vitest';
import { valueAt } from '../../src/change/pointer.ts';
import { Bot, namespace, people, planOf, words } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

function annotation(): unknown {
  const worker = bot.cluster.control.get('Deployment', namespace, 'worker');
  return valueAt(worker, '/metadata/annotations/headroom~1plan');
}

it('a scale is told in an Event of its workload, found by the object’s uid', async () => {
  bot = await Bot.start();
  await bot.alert();
  const card = await bot.card('Waiting for approval');
  await bot.click('approve', 'bob', card);
  await bot.card('Done');
  expect(bot.events()).toEqual([
    `HeadroomApplied Deployment/worker: replicas 5 → 8 (plan ${planOf(card)}, approved by ${people.bob})`,
  ]);
  const [event] = bot.cluster.control
    .list('Event', namespace)
    .filter(({ reason }) => reason === 'HeadroomApplied');
  const worker = bot.cluster.control.get('Deployment', namespace, 'worker');
  expect(event).toMatchObject({
    type: 'Normal',
    reportingComponent: 'headroom',
    involvedObject: { apiVersion: 'apps/v1', uid: valueAt(worker, '/metadata/uid') },
  });
});

it('a patch that is taken back is told twice, and the object names the plan that wrote it last', async () => {
  bot = await Bot.start();
  bot.cluster.control.patch(
    { kind: 'Deployment', namespace, name: 'worker' },
    { spec: { progressDeadlineSeconds: 3 } },
  );
  await bot.say('/scale gl-008/worker cpu=65', 'ann');
  const card = await bot.card('Waiting for approval');
  await bot.click('approve', 'bob', card);
  await bot.card('Failed and taken back');
  const plan = `plan ${planOf(card)}, approved by ${people.bob}`;
  expect(bot.events()).toEqual([
    `HeadroomApplied Deployment/worker: cpu request 2 → 65 (${plan})`,
    `HeadroomReverted Deployment/worker: cpu request 65 → 2 (${plan})`,
  ]);
  expect(annotation()).toBe(planOf(card));
});

it('an Event that the cluster does not take leaves the run as it is, counted and logged', async () => {
  bot = await Bot.start();
  bot.cluster.control.forbid({ verb: 'create', resource: 'events' });
  await bot.say('/scale gl-008/worker cpu=2500m', 'ann');
  const card = await bot.card('Waiting for approval');
  await bot.click('approve', 'bob', card);
  expect(words(await bot.card('Done'))).not.toMatch(/event/i);
  expect(bot.events()).toEqual([]);
  expect(annotation()).toBe(planOf(card));
  expect(bot.logged.join('')).toContain('a change is not told to the cluster');
  const page = await (await fetch(`${bot.url}/metrics`)).text();
  expect(page).toContain('headroom_untold_changes_total{cluster="production"} 1');
});
