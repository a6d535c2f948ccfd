// Death while lent capacity is given back: it is lowered once, and whoever comes after looks before anything else.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Bundle, bundleProgram } from './bundle.ts';
import { World } from './world.ts';

const testTimeoutMs = 120_000;
// Most of a story is waiting for a hold to run out.
vi.setConfig({ maxConcurrency: 3 });

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundleProgram('child.ts');
});
afterAll(async () => {
  await bundle.remove();
});

const points = [
  'give-back-queued',
  'give-back-announced',
  'give-back-sent',
  'give-back-stored',
  'give-back-ended',
] as const;

async function leaseIs(world: World, state: string): Promise<void> {
  await world.until(`the lease being ${state}`, async () => {
    const { rows } = await world.pool.query<{ state: string }>('select state from lease');
    return rows[0]?.state === state || undefined;
  });
}

describe.concurrent('a process that is killed while lent capacity is given back', () => {
  it.for(points)('at %s leaves it lowered once', { timeout: testTimeoutMs }, async (point) => {
    const world = await World.start({ program: bundle.file });
    try {
      // Six are needed for what arrives, so seven can carry it.
      world.edit(7);
      world.measureBacklog(0);
      const first = await world.child(point);
      await world.command('/scale gl-008/worker replicas=9 for=2h', 'ann');
      await world.approve(await world.card('Waiting for approval'), 'bob');
      await leaseIs(world, 'lent');
      const { id } = await world.plan();
      await world.command(`/scale give-back ${id}`, 'bob');
      expect(await first.ended).toEqual({ code: null, signal: 'SIGKILL' });

      const second = await world.child();
      await leaseIs(world, 'given');
      expect(world.sizes).toEqual([5, 7, 9, 7]);
      expect(world.writes().filter(({ status }) => status === 200)).toHaveLength(2);
      const events = (await world.audit()).map(({ event }) => event);
      expect(events.filter((event) => event === 'lease.given')).toHaveLength(1);
      const wasInMiddle = point.endsWith('announced') || point.endsWith('sent');
      if (wasInMiddle) expect(events).toContain('lease.unknown');
      expect(second.log()).not.toContain('bug:');
      expect(await world.auditIsIntact()).toBe(true);
      expect(await world.count('target_lock')).toBe(0);
    } finally {
      await world.stop();
    }
  });
});
