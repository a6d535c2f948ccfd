import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningPrometheus, startPrometheus } from '../../../sandbox/prometheus/server.ts';

interface Exchange {
  readonly request: { readonly method: string; readonly path: string };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
}

const recordings: readonly Exchange[] = JSON.parse(
  await readFile(resolve(import.meta.dirname, '../../fixtures/prometheus/queries.json'), 'utf8'),
);
/** When the recordings were made. */
const now = new Date(1795329698142);
let prometheus: RunningPrometheus;

beforeAll(async () => {
  let clock = new Date(now.getTime() - 10_000);
  prometheus = await startPrometheus({ clock: { now: () => clock }, scrapeIntervalMs: 1000 });
  prometheus.control.set('inspection_queue_depth{namespace="greenlang-gl008"}', 812);
  prometheus.control.setRules([
    { record: 'depth_copy', expr: 'vector(812)', labels: { namespace: 'greenlang-gl008' } },
    { record: 'thing_nan', expr: 'vector(0) / vector(0)' },
    { record: 'thing_inf', expr: 'vector(1) / vector(0)' },
    {
      alert: 'InspectionQueueBacklog',
      expr: 'inspection_queue_depth > 500',
      labels: { severity: 'warning' },
      annotations: { summary: 'Large inspection queue backlog' },
    },
  ]);
  clock = now;
});

afterAll(() => prometheus.stop());

describe('what a real Prometheus was recorded to answer', () => {
  it.each(recordings.map((each) => [each.request.path, each] as const))(
    '%s has the same status, type and shape here',
    async (path, { request, response }) => {
      const answer = await fetch(`${prometheus.url}${path}`, { method: request.method });
      expect(answer.status).toBe(response.status);
      expect(answer.headers.get('content-type')).toBe(response.headers['content-type']);
      const text = await answer.text();
      if (typeof response.body === 'string') expect(text).toBe(response.body);
      else if (response.status !== 200) expect(JSON.parse(text)).toEqual(response.body);
      else expect(shapeOf(JSON.parse(text))).toEqual(shapeOf(response.body));
    },
  );

  it.each([
    'inspection_queue_depth',
    'no_such_metric',
    'thing_nan',
    'thing_inf',
    'scalar(inspection_queue_depth)',
  ])('the value of %s is the same here', async (query) => {
    const recorded = recordings.find(({ request }) => request.path.endsWith(`?query=${query}`));
    const answer = await fetch(`${prometheus.url}/api/v1/query?query=${query}`);
    expect(withoutTimes(await answer.json())).toEqual(withoutTimes(recorded?.response.body));
  });

  it('the alert and the steps of the range are the same here', async () => {
    const alerts = await (await fetch(`${prometheus.url}/api/v1/alerts`)).json();
    const recorded = recordings.find(({ request }) => request.path === '/api/v1/alerts');
    expect(withoutTimes(alerts)).toEqual(withoutTimes(recorded?.response.body));

    const range = recordings.find(({ request }) => request.path.includes('query_range?query=insp'));
    const answer = await fetch(`${prometheus.url}${range?.request.path}`);
    expect(await answer.json()).toEqual(range?.response.body);
  });
});

/** Names and types without values: an object by its keys, a list by its first entry, which stands for all. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    // Pairs of time and value have their two types; other lists are of one kind.
    return value.length === 2 && typeof value[0] === 'number'
      ? value.map(shapeOf)
      : value.slice(0, 1).map(shapeOf);
  }
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
}

function withoutTimes(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, each: unknown) => {
      if (key === 'activeAt') return 'some time';
      if (Array.isArray(each) && typeof each[0] === 'number') return ['some time', each[1]];
      return each;
    }),
  );
}
