// Ten changes of every sort, and a process that is killed at each of them: every object is written once, in order, to the end.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CheckpointName } from '../../src/ports.ts';
import { autoscalerOf, channel, deploymentOf, namespace, people } from '../simulation/scene.ts';
import { type Bundle, bundleProgram } from './bundle.ts';
import { World } from './world.ts';

const testTimeoutMs = 240_000;
// Most of a story is waiting for a hold to run out.
vi.setConfig({ maxConcurrency: 2 });

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundleProgram('child.ts');
});
afterAll(async () => {
  await bundle.remove();
});

const config = `
clusters:
  production:
    allow:
      kinds: [Deployment, HorizontalPodAutoscaler, ConfigMap, PodDisruptionBudget]
systems:
  ten: { profile: ten, mode: apply, cluster: production, channel: ${channel} }
policy:
  rules:
    - { name: everyone, systems: ["*"], approvers: [${people.ann}, ${people.bob}] }
`;

const changes = [
  'deployments/queue/scale',
  'horizontalpodautoscalers/web-hpa',
  'configmaps/web-config',
  'configmaps/new-config',
  'deployments/queue',
  'deployments/queue',
  'poddisruptionbudgets/web-pdb',
  'deployments/web',
  'deployments/queue',
  'deployments/queue/scale',
];

async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  const profilesDir = fileURLToPath(new URL('../fixtures/profiles/ten', import.meta.url));
  const world = await World.start({ program: bundle.file, config, profilesDir });
  try {
    world.cluster.control.seed([
      deploymentOf('web', 2),
      deploymentOf('queue', 2),
      autoscalerOf('web', 2, 6),
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'web-config', namespace },
        data: { POOL: '10', OTHER: 'kept' },
      },
    ]);
    world.cluster.control.settle();
    await work(world);
  } finally {
    await world.stop();
  }
}

/** Every write that had an effect, as the last parts of its path. */
function written(world: World): readonly string[] {
  return world.cluster.control.requests
    .writes()
    .filter(({ status, path }) => status >= 200 && status < 300 && !path.includes('/events'))
    .map(({ path }) => path.slice(path.indexOf(`/${namespace}/`) + namespace.length + 2));
}

const deaths: readonly (readonly [CheckpointName, number])[] = [
  // Sent and not stored: the next process finds it in place. Five of the ten; a plan has ten runs at most.
  ['write-sent', 1],
  // Stored and not seen ready, from the sixth change on.
  ['write-stored', 6],
];

describe.concurrent('a process that is killed five times in a plan of ten changes', () => {
  it.for(deaths)('at %s, from passage %i on', { timeout: testTimeoutMs }, async ([point, first]) =>
    inWorld(async (world) => {
      let child = await world.child(point, first);
      await world.command('/scale run ten all', 'ann');
      const card = await world.card('Waiting for approval');
      const clicked = world.approve(card, 'bob');
      for (let death = 1; death <= 5; death += 1) {
        expect(await child.ended).toEqual({ code: null, signal: 'SIGKILL' });
        // The next one begins at the change that was cut off, and dies in the one after it.
        child = death < 5 ? await world.child(point) : await world.child();
      }
      await clicked;
      await world.planIs('applied', 60_000);
      expect(written(world)).toEqual(changes);
      expect(child.log()).not.toContain('bug:');
      expect(await world.auditIsIntact()).toBe(true);
      expect(await world.count('target_lock')).toBe(0);
      const held = world.cluster.control.get('ConfigMap', namespace, 'web-config');
      expect(held?.['data']).toEqual({ POOL: '20', OTHER: 'kept' });
    }),
  );
});
