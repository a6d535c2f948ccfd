import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningPrometheus, startPrometheus } from '../../../sandbox/prometheus/server.ts';

const minuteMs = 60_000;
let nowMs: number;
let prometheus: RunningPrometheus;

beforeEach(async () => {
  nowMs = Date.UTC(2026, 0, 5, 12);
  prometheus = await startPrometheus({ clock: { now: () => new Date(nowMs) } });
});

afterEach(() => prometheus.stop());

/** The values a query gives, as texts. */
async function values(query: string): Promise<readonly string[]> {
  const answer = await get(`/api/v1/query?query=${encodeURIComponent(query)}`);
  const body: { data: { result: readonly { value: readonly [number, string] }[] } } = JSON.parse(
    await answer.text(),
  );
  return body.data.result.map(({ value }) => value[1]);
}

/** The `data` of an answer, which each test knows the shape of. */
async function dataOf<T>(path: string): Promise<T> {
  const body: { readonly data: T } = JSON.parse(await (await get(path)).text());
  return body.data;
}

function get(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${prometheus.url}${path}`, init);
}

async function order(name: string, body: unknown): Promise<{ status: number; text: string }> {
  const answer = await get(`/_control/${name}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: answer.status, text: await answer.text() };
}

describe('a series', () => {
  it('has the value it was given last, also when that is no number to plan with', async () => {
    const series = { name: 'depth', labels: { namespace: 'shop' } };
    for (const [value, text] of [
      [812, '812'],
      [Number.NaN, 'NaN'],
      [Number.POSITIVE_INFINITY, '+Inf'],
      [0.1, '0.1'],
      [1e21, '1000000000000000000000'],
    ] as const) {
      prometheus.control.set(series, value);
      expect(await values('depth{namespace="shop"}')).toEqual([text]);
    }
    expect(await values('depth{namespace="other"}')).toEqual([]);
  });

  it('with a function is read when it is asked for and remembered', async () => {
    let depth = 10;
    prometheus.control.set('depth', () => depth);
    nowMs += minuteMs;
    depth = 30;
    expect(await values('depth')).toEqual(['30']);
    expect(await values('avg_over_time(depth[5m])')).toEqual(['20']);
  });

  it('keeps its past when it changes', async () => {
    prometheus.control.set('depth', 10);
    nowMs += 10 * minuteMs;
    prometheus.control.set('depth', 50);
    expect(await values('depth')).toEqual(['50']);
    expect(await values('depth offset 5m')).toEqual(['10']);
    expect(await values('max_over_time(depth[1h]) - min_over_time(depth[1h])')).toEqual(['40']);
  });

  it('is gone at once when it is removed, and comes back when it is set', async () => {
    prometheus.control.set('depth{pod="a"}', 10);
    prometheus.control.set('depth{pod="b"}', 20);
    nowMs += minuteMs;
    prometheus.control.remove('depth{pod=~"a|c"}');
    expect(await values('depth')).toEqual(['20']);
    expect(await values('max_over_time(depth{pod="a"}[5m])')).toEqual(['10']);
    prometheus.control.set('depth{pod="a"}', 30);
    expect(await values('sum(depth)')).toEqual(['50']);
  });

  it('with an old sample is shown with its age for five minutes and then is missing', async () => {
    prometheus.control.set('depth', 10);
    prometheus.control.set('depth', 7, { at: new Date(nowMs - 4 * minuteMs) });
    expect(await values('depth')).toEqual(['7']);
    expect(await values('time() - timestamp(depth)')).toEqual(['240']);
    nowMs += minuteMs;
    expect(await values('depth')).toEqual([]);
  });

  it('that counts has its rate at once and after every change', async () => {
    prometheus.control.setRate('jobs_total', 5);
    expect(Number((await values('sum(rate(jobs_total[5m])) * 60'))[0])).toBeCloseTo(300, 6);
    expect(Number((await values('increase(jobs_total[1h])'))[0])).toBeCloseTo(18_000, 6);
    nowMs += 10 * minuteMs;
    prometheus.control.setRate('jobs_total', 1);
    nowMs += 5 * minuteMs;
    expect(Number((await values('rate(jobs_total[4m])'))[0])).toBeCloseTo(1, 6);
    expect(Number((await values('rate(jobs_total[4m] offset 6m)'))[0])).toBeCloseTo(5, 6);
  });

  it('can be given weeks of a past, which sub-queries look into', async () => {
    const dayMs = 24 * 60 * minuteMs;
    const from = new Date(nowMs - 14 * dayMs);
    prometheus.control.set('depth', 3);
    prometheus.control.setHistory('depth', (ms) => (ms - from.getTime()) / dayMs, from);
    expect(await values('depth')).toEqual(['14']);
    expect(await values('min_over_time(max(depth)[20d:12h])')).toEqual(['0']);
    expect(await values('count_over_time(max(depth)[7d:1h])')).toEqual(['169']);
    expect(await values('max_over_time(max(depth)[1d:1h] offset 2d)')).toEqual(['12']);
    nowMs += dayMs;
    expect(await values('depth')).toEqual(['15']);
  });
});

describe('the API', () => {
  it('takes a posted form, as Grafana sends it', async () => {
    prometheus.control.set('depth', 3);
    const posted = await get('/api/v1/query', {
      method: 'POST',
      body: new URLSearchParams({ query: 'depth + 1' }),
    });
    expect(await posted.json()).toMatchObject({
      data: { result: [{ value: [nowMs / 1000, '4'] }] },
    });
    expect((await get('/api/v1/alerts', { method: 'POST' })).status).toBe(405);
  });

  it('answers for the time it is asked about', async () => {
    prometheus.control.set('depth', 3);
    const at = async (time: string) =>
      (await dataOf<{ result: unknown[] }>(`/api/v1/query?query=depth&time=${time}`)).result.length;
    expect(await at(String(nowMs / 1000 + 60))).toBe(1);
    expect(await at(new Date(nowMs + minuteMs).toISOString())).toBe(1);
    expect(await at(String(nowMs / 1000 - 60))).toBe(0);
    expect(await (await get('/api/v1/query?query=depth&time=noon')).json()).toEqual({
      status: 'error',
      errorType: 'bad_data',
      error: 'invalid parameter "time": cannot parse "noon" to a valid timestamp',
    });
  });

  it('lists series, label names and label values', async () => {
    prometheus.control.set('depth{queue="in"}', 1);
    prometheus.control.set('limit{queue="out"}', 1);
    const json = (path: string) => dataOf<unknown>(path);
    expect(await json('/api/v1/series?match[]=depth&match[]={queue="in"}')).toEqual([
      { __name__: 'depth', queue: 'in' },
    ]);
    expect(await json('/api/v1/labels')).toEqual(['__name__', 'queue']);
    expect(await json('/api/v1/label/queue/values')).toEqual(['in', 'out']);
    expect(await json('/api/v1/label/queue/values?match[]=limit')).toEqual(['out']);
    expect((await get('/api/v1/series')).status).toBe(400);
  });

  it.each([
    'depth @ 0',
    'topk(1, depth)',
    'a * on (x) group_left b',
    'histogram_quantile(0.9, depth)',
  ])('refuses %s, which a real server may know, instead of inventing a value', async (query) => {
    const answer = await get(`/api/v1/query?query=${encodeURIComponent(query)}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ status: 'error', errorType: 'bad_data' });
  });
});

describe('rules', () => {
  it('are pending until they have been true long enough, then fire, then end', async () => {
    prometheus.control.set('depth{namespace="shop"}', 812);
    prometheus.control.setRules([
      {
        alert: 'Backlog',
        expr: 'depth > 500',
        for: '10m',
        labels: { severity: 'warning' },
        annotations: { summary: '{{ $value }} waiting in {{ $labels.namespace }}' },
      },
    ]);
    const alerts = async () => (await dataOf<{ alerts: unknown }>('/api/v1/alerts')).alerts;
    const activeAt = new Date(nowMs).toISOString();
    const labels = { alertname: 'Backlog', namespace: 'shop', severity: 'warning' };
    const annotations = { summary: '812 waiting in shop' };
    const alert = { labels, annotations, activeAt, value: '8.12e+02' };
    expect(await alerts()).toEqual([{ ...alert, state: 'pending' }]);
    nowMs += 10 * minuteMs;
    expect(await alerts()).toEqual([{ ...alert, state: 'firing' }]);
    expect(prometheus.control.alerts()).toHaveLength(1);
    prometheus.control.set('depth{namespace="shop"}', 400);
    expect(await alerts()).toEqual([]);
  });

  it('that fail are shown as failed and have no alerts', async () => {
    prometheus.control.set('depth{pod="a"}', 1);
    prometheus.control.set('depth{pod="b"}', 1);
    prometheus.control.setRules([{ alert: 'Odd', expr: 'depth + on () depth > 0' }]);
    const { groups } = await dataOf<{ groups: readonly { rules: unknown }[] }>('/api/v1/rules');
    expect(groups[0]?.rules).toMatchObject([{ health: 'err', state: 'inactive', alerts: [] }]);
  });
});

describe('ordered trouble', () => {
  it('comes in the order it was ordered and as often', async () => {
    prometheus.control.fault({ status: 500, body: 'broken', times: 2 });
    prometheus.control.fault({ reset: true, times: 1 });
    for (let call = 0; call < 2; call += 1) {
      const answer = await get('/api/v1/query?query=up');
      expect([answer.status, await answer.text()]).toEqual([500, 'broken']);
    }
    await expect(get('/api/v1/query?query=up')).rejects.toThrow('fetch failed');
    expect((await get('/api/v1/query?query=up')).status).toBe(200);
  });

  it('may be an answer that never comes, until it is cleared', async () => {
    prometheus.control.fault({ hang: true });
    await expect(
      get('/api/v1/query?query=up', { signal: AbortSignal.timeout(100) }),
    ).rejects.toThrow('timeout');
    prometheus.control.clearFaults();
    expect((await get('/api/v1/query?query=up')).status).toBe(200);
  });

  it('does not keep the server from stopping', async () => {
    prometheus.control.fault({ hang: true });
    const waiting = get('/api/v1/query?query=up').catch(() => 'cut');
    await prometheus.stop();
    expect(await waiting).toBe('cut');
    prometheus = await startPrometheus();
  });
});

describe('control over HTTP', () => {
  it('does what the control does', async () => {
    await order('set', { series: 'depth', value: 'NaN' });
    await order('set', { series: { name: 'depth', labels: { a: 'b' } }, value: 4 });
    expect(await values('depth')).toEqual(['NaN', '4']);
    await order('remove', { selector: 'depth{a=""}' });
    await order('rate', { series: 'jobs_total', perSecond: 2 });
    expect(await values('depth')).toEqual(['4']);
    expect(Number((await values('rate(jobs_total[1m])'))[0])).toBeCloseTo(2, 6);
    await order('rules', { rules: [{ alert: 'A', expr: 'depth > 3' }] });
    await order('tick', {});
    expect(await (await get('/_control/alerts')).json()).toMatchObject([{ state: 'firing' }]);
    await order('fault', { status: 503, times: 1 });
    expect((await get('/api/v1/query?query=up')).status).toBe(503);
    const queries: readonly { query: string }[] = JSON.parse(
      await (await get('/_control/queries')).text(),
    );
    expect(queries.map(({ query }) => query)).toEqual(['depth', 'depth', 'rate(jobs_total[1m])']);
  });

  it('says what is wrong with an order', async () => {
    expect(await order('set', { series: 'depth', value: 'many' })).toMatchObject({ status: 400 });
    expect((await order('set', { series: 'a{b=~"c"}', value: 1 })).text).toContain('one series');
    expect((await order('rules', { rules: [{ alert: 'A', expr: '1 +' }] })).text).toContain(
      'unexpected end of input',
    );
    expect(await order('sing', {})).toMatchObject({ status: 404 });
  });

  it('is refused to a web page of somebody else', async () => {
    const answer = await get('/_control/set', {
      method: 'POST',
      headers: { origin: 'http://evil.example' },
      body: JSON.stringify({ series: 'depth', value: 1 }),
    });
    expect(answer.status).toBe(403);
    expect(await values('depth')).toEqual([]);
  });
});
