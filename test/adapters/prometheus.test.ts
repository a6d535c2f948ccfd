import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startPrometheus } from '../../sandbox/prometheus/server.ts';
import { createMetrics, createSeriesReader } from '../../src/adapters/prometheus.ts';
import { OperationError } from '../../src/errors.ts';

interface Exchange {
  readonly request: { readonly path: string };
  readonly response: { readonly status: number; readonly body: unknown };
}

const recordings: readonly Exchange[] = JSON.parse(
  await readFile(resolve(import.meta.dirname, '../fixtures/prometheus/queries.json'), 'utf8'),
);
let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Answers every query with what Prometheus answered when it was recorded. */
async function replay() {
  return serve((request, response) => {
    const query = new URL(request.url ?? '', 'http://recorded').searchParams.get('query');
    const found = recordings.find(
      ({ request: { path } }) =>
        path.startsWith('/api/v1/query?') && path.split('query=')[1] === query,
    );
    const { status, body } = found?.response ?? { status: 500, body: 'not recorded' };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

async function serve(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((done) => {
    started.listen(0, '127.0.0.1', done);
  });
  const address = started.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

async function failure(work: Promise<unknown>): Promise<OperationError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OperationError)) throw new Error(`expected trouble, got ${String(error)}`);
  return error;
}

describe('what Prometheus answered', () => {
  it('is a value with its time for one row and for a scalar', async () => {
    const metrics = createMetrics({ url: await replay() });
    expect(await metrics.query('inspection_queue_depth')).toEqual({
      kind: 'value',
      value: 812,
      at: new Date(1795329698110),
    });
    expect(await metrics.query('scalar(inspection_queue_depth)')).toEqual({
      kind: 'value',
      value: 812,
      at: new Date(1795329698160),
    });
  });

  it.each([
    ['no_such_metric', 'Prometheus has no such series now'],
    ['thing_nan', 'Prometheus answered NaN, which is no number to plan with'],
    ['thing_inf', 'Prometheus answered +Inf, which is no number to plan with'],
  ])('is missing for %s', async (query, because) => {
    const metrics = createMetrics({ url: await replay() });
    expect(await metrics.query(query)).toEqual({ kind: 'missing', because });
  });

  it('is trouble that no retry cures when the query is wrong, in the words of Prometheus', async () => {
    const metrics = createMetrics({ url: await replay() });
    expect(await failure(metrics.query('sum(rate('))).toMatchObject({
      code: 'refused',
      retryable: false,
      message:
        'asking Prometheus: it refuses the query: invalid parameter "query": 1:10: parse error: unclosed left parenthesis',
    });
    expect(await failure(metrics.query('inspection_queue_depth[5s]'))).toMatchObject({
      code: 'refused',
      retryable: false,
      message: 'asking Prometheus: the query gives a matrix, not a number',
    });
  });

  it('is missing for several rows, because one of them would be a guess', async () => {
    const row = { metric: {}, value: [1, '5'] };
    const url = await serve((_, response) => {
      response.end(
        JSON.stringify({
          status: 'success',
          data: { resultType: 'vector', result: [row, row, row] },
        }),
      );
    });
    expect(await createMetrics({ url }).query('up')).toEqual({
      kind: 'missing',
      because: '3 series, expected one',
    });
  });
});

describe('a Prometheus in trouble', () => {
  it.each([
    [500, 'unavailable', true],
    [503, 'unavailable', true],
    [429, 'rate-limited', true],
    [401, 'unauthorized', false],
    [403, 'forbidden', false],
    [302, 'bad-answer', false],
    [404, 'bad-answer', false],
    [200, 'bad-answer', false],
  ])('that answers %i with a page is %s', async (status, code, retryable) => {
    const url = await serve((_, response) => {
      response.writeHead(status, { 'content-type': 'text/html', location: '/login' });
      response.end('<html>');
    });
    expect(await failure(createMetrics({ url }).query('up'))).toMatchObject({ code, retryable });
  });

  it('that cannot compute the answer says why', async () => {
    const url = await serve((_, response) => {
      response.writeHead(422);
      response.end('{"status":"error","errorType":"execution","error":"found duplicate series"}');
    });
    expect(await failure(createMetrics({ url }).query('a + b'))).toMatchObject({
      code: 'refused',
      message: 'asking Prometheus: it refuses the query: found duplicate series',
    });
  });

  it('that hangs before or in the middle of its answer is a timeout', async () => {
    for (const begin of [false, true]) {
      const url = await serve((_, response) => {
        if (begin) response.write('{"status":');
      });
      const metrics = createMetrics({ url, deadlineMs: 100 });
      expect(await failure(metrics.query('up'))).toMatchObject({
        code: 'timeout',
        retryable: true,
      });
      server?.closeAllConnections();
      server?.close();
    }
  });

  it('that is away or hangs up is unreachable', async () => {
    const url = await serve((request) => request.socket.destroy());
    expect(await failure(createMetrics({ url }).query('up'))).toMatchObject({
      code: 'unreachable',
      retryable: true,
    });
    server?.close();
    expect(await failure(createMetrics({ url }).query('up'))).toMatchObject({
      code: 'unreachable',
      message: 'asking Prometheus: it cannot be reached (ECONNREFUSED)',
    });
  });

  it('that returns far more than a number is not read to the end', async () => {
    const url = await serve((_, response) => {
      response.end('x'.repeat(5 * 1024 * 1024));
    });
    expect(await failure(createMetrics({ url }).query('up'))).toMatchObject({ code: 'bad-answer' });
  });
});

describe('the address', () => {
  it('may have a path and credentials, which reach Prometheus and no error', async () => {
    const seen: string[] = [];
    const url = new URL(
      await serve((request, response) => {
        seen.push(`${request.url} ${request.headers.authorization}`);
        response.writeHead(500).end();
      }),
    );
    url.username = 'reader';
    url.password = 'p@ss';
    url.pathname = '/prometheus/';
    const error = await failure(createMetrics({ url: url.href }).query('a{b="c"} + 1'));
    expect(seen).toEqual([
      `/prometheus/api/v1/query?query=a%7Bb%3D%22c%22%7D+%2B+1 Basic ${btoa('reader:p@ss')}`,
    ]);
    expect(JSON.stringify([error.message, error.stack, String(error.cause)])).not.toContain('p@ss');
  });
});

describe('on the stand-in', () => {
  it('asks what the profile of GL-008 asks', async () => {
    const prometheus = await startPrometheus();
    const metrics = createMetrics({ url: prometheus.url, deadlineMs: 200 });
    prometheus.control.set('inspection_queue_depth{namespace="greenlang-gl008"}', 812);
    prometheus.control.setRate('inspections_enqueued_total', 5);
    expect(
      await metrics.query('inspection_queue_depth{namespace="greenlang-gl008"}'),
    ).toMatchObject({
      kind: 'value',
      value: 812,
    });
    const arrival = await metrics.query('sum(rate(inspections_enqueued_total[5m])) * 60');
    expect(arrival.kind === 'value' ? arrival.value : arrival.because).toBeCloseTo(300, 6);
    prometheus.control.fault({ hang: true, times: 1 });
    expect(await failure(metrics.query('up'))).toMatchObject({ code: 'timeout' });
    prometheus.control.remove('inspection_queue_depth');
    expect(await metrics.query('inspection_queue_depth')).toMatchObject({ kind: 'missing' });
    await prometheus.stop();
  });
});

describe('a series over time', () => {
  const minuteMs = 60_000;
  const nowMs = Date.UTC(2026, 10, 22, 12);
  const window = { from: new Date(nowMs - 10 * minuteMs), to: new Date(nowMs), stepMs: minuteMs };

  it('is its samples at each step, and what is not there is missing', async () => {
    const prometheus = await startPrometheus({ clock: { now: () => new Date(nowMs) } });
    const read = createSeriesReader({ url: prometheus.url });
    const from = new Date(nowMs - 3 * minuteMs);
    prometheus.control.setHistory('depth{queue="in"}', (ms) => (ms - nowMs) / minuteMs, from);
    prometheus.control.setHistory('depth{queue="out"}', () => 1, from);
    expect(await read('sum(depth{queue="in"})', window)).toEqual({
      kind: 'samples',
      samples: [-3, -2, -1, 0].map((value) => ({ atMs: nowMs + value * minuteMs, value })),
    });
    expect(await read('depth', window)).toEqual({
      kind: 'missing',
      because: '2 series, expected one',
    });
    expect(await read('length', window)).toEqual({
      kind: 'missing',
      because: 'Prometheus has no such series',
    });
    expect(await read('sum(depth{queue="in"}) / 0 * 0', window)).toEqual({
      kind: 'samples',
      samples: [],
    });
    expect(await failure(read('sum(', window))).toMatchObject({ code: 'refused' });
    prometheus.control.fault({ reset: true });
    expect(await failure(read('depth', window))).toMatchObject({ code: 'unreachable' });
    await prometheus.stop();
  });

  it('takes a series with its numbers and without those that are none', async () => {
    const values = [
      [1, '5'],
      [2, 'NaN'],
      [3, '+Inf'],
      [4, '6'],
    ];
    const url = await serve((_, response) => {
      const result = [{ metric: {}, values }];
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
    });
    expect(await createSeriesReader({ url })('up', window)).toEqual({
      kind: 'samples',
      samples: [
        { atMs: 1000, value: 5 },
        { atMs: 4000, value: 6 },
      ],
    });
  });
});
