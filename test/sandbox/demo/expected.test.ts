// The demo's own arithmetic agrees with the app's for every backlog, so that a difference in the demo means a broken app.
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { expectedReplicas, guide, randomBacklog } from '../../../sandbox/demo/expected.ts';
import { parseProfile } from '../../../src/profile/parse-profile.ts';
import type { Component, Trigger } from '../../../src/profile/profile.ts';
import { sizeForTrigger } from '../../../src/profile/size-for-trigger.ts';

let component: Component;
let trigger: Trigger;

beforeAll(async () => {
  const file = new URL('../../../profiles/gl-008.yaml', import.meta.url);
  const parsed = parseProfile(await readFile(file, 'utf8'), 'gl-008.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.mistakes));
  const foundTrigger = parsed.value.triggers.get('inspection-backlog');
  const foundComponent = parsed.value.components.get('worker');
  if (foundTrigger === undefined || foundComponent === undefined) throw new Error('no worker');
  trigger = foundTrigger;
  component = foundComponent;
});

test('the story asks for 8 workers, and a larger backlog for no more than one step', () => {
  const at = { arrivalPerMinute: 300, replicas: 5 };
  expect(expectedReplicas({ ...at, backlog: 812 })).toEqual({ wanted: 8, replicas: 8 });
  expect(expectedReplicas({ ...at, backlog: 4_000 })).toEqual({ wanted: 14, replicas: 10 });
});

test('the app computes the same for any backlog, arrival and number of workers', () => {
  const reading = (value: number) =>
    ({ kind: 'value', value, at: new Date(0), ageSeconds: 0, source: 'test' }) as const;
  fc.assert(
    fc.property(
      fc.integer({ min: guide.targetJobs + 1, max: 100_000 }),
      fc.integer({ min: 0, max: 2_000 }),
      fc.integer({ min: 3, max: 30 }),
      (backlog, arrivalPerMinute, replicas) => {
        const expected = expectedReplicas({ backlog, arrivalPerMinute, replicas });
        const sizing = sizeForTrigger({
          component,
          trigger,
          currentReplicas: replicas,
          readyReplicas: replicas,
          measured: reading(backlog),
          arrival: reading(arrivalPerMinute),
          bounds: component.replicas,
        });
        if (sizing.kind !== 'scale') {
          expect(expected.replicas).toBeLessThanOrEqual(replicas);
          return;
        }
        expect({ wanted: sizing.wanted, replicas: sizing.target }).toEqual(expected);
      },
    ),
  );
});

test('a seed gives one backlog, and every one fires the alert', () => {
  expect(randomBacklog(7)).toBe(randomBacklog(7));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (seed) => {
      const backlog = randomBacklog(seed);
      expect(Number.isInteger(backlog)).toBe(true);
      expect(backlog).toBeGreaterThan(500);
      expect(backlog).toBeLessThanOrEqual(4_000);
    }),
  );
  const many = new Set(Array.from({ length: 200 }, (_, seed) => randomBacklog(seed)));
  expect(many.size).toBeGreaterThan(180);
});
