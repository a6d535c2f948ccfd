// What a plan asks Prometheus for: all at once, never more than six questions, each with its names filled in.

import { expect, it } from 'vitest';
import type { BacklogTrigger, Doubt } from '../../src/profile/profile.ts';
import { measureTrigger } from '../../src/workflow/measure-trigger.ts';
import { now } from '../make.ts';

const doubt = (promql: string): Doubt => ({ promql, above: 0, say: promql, source: 'guide' });
const trigger: BacklogTrigger = {
  id: 'backlog',
  kind: 'backlog',
  alert: 'Backlog',
  expr: 'q > 1',
  forMs: 0,
  component: 'worker',
  unit: 'jobs',
  fireAt: 500,
  fires: 'above',
  target: 250,
  measure: { promql: 'depth{namespace="$namespace"}' },
  maxAgeSeconds: 300,
  drainMinutes: 10,
  outcome: { withinMinutes: 15 },
  lookAt: [],
  doubts: [doubt('releases{workload="$workload"}')],
  source: 'guide',
};
const names = { namespace: 'n', workload: 'w', container: 'c' };

/** Answers every query with its place in the order of asking. */
function prometheus() {
  const asked: string[] = [];
  const degraded: string[] = [];
  const parts = {
    clock: { now: () => now, sleep: async () => undefined },
    metricsOf: () => ({
      query: async (promql: string) => {
        asked.push(promql);
        return { kind: 'value', value: asked.length, at: now } as const;
      },
    }),
    counters: {
      alerts: () => undefined,
      vote: () => undefined,
      run: () => undefined,
      slackCall: () => undefined,
      limitMet: () => undefined,
      untold: () => undefined,
      degraded: (part: string) => void degraded.push(part),
    },
  };
  return { parts, asked };
}

const measure = (over: Partial<BacklogTrigger>) => {
  const { parts, asked } = prometheus();
  const where = { names, cluster: 'production' };
  return measureTrigger({ ...trigger, ...over }, where, parts).then((seen) => ({ ...seen, asked }));
};

it('the measurement and each doubt are asked with the names of the workload', async () => {
  const { asked, measured, arrival, doubts } = await measure({});
  expect(asked).toEqual(['depth{namespace="n"}', 'releases{workload="w"}']);
  expect(measured).toMatchObject({ kind: 'value', value: 1 });
  expect(arrival).toBeUndefined();
  expect(doubts).toMatchObject([
    { doubt: { say: 'releases{workload="$workload"}' }, reading: { kind: 'value', value: 2 } },
  ]);
});

it('no more than six questions are asked; the doubts beyond are missing', async () => {
  const { asked, doubts } = await measure({
    measure: { promql: 'depth', sampledAt: 'timestamp(depth)' },
    arrival: { promql: 'arrivals' },
    doubts: ['a', 'b', 'c', 'd'].map(doubt),
  });
  expect(asked.toSorted()).toEqual(['a', 'arrivals', 'b', 'c', 'depth', 'timestamp(depth)']);
  expect(doubts.map(({ reading }) => reading.kind)).toEqual(['value', 'value', 'value', 'missing']);
  expect(doubts.at(-1)?.reading).toMatchObject({ because: 'a plan asks at most 6 questions' });
});
