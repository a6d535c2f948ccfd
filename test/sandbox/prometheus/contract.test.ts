import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningPrometheus, startPrometheus } from '../../../sandbox/prometheus/server.ts';
import {
  agreedQueries,
  type ContractSeries,
  contractSeries,
  contractTimeMs,
  refusedQueries,
} from './contract-queries.ts';

const realIsThere = spawnSync('prometheus', ['--version']).status === 0;
const realIsRequired = process.env['REQUIRE_REAL'] === '1';
const recordingFile = resolve(import.meta.dirname, '../../fixtures/prometheus/contract.json');

let standIn: RunningPrometheus;

beforeAll(async () => {
  standIn = await startPrometheus({ clock: { now: () => new Date(contractTimeMs) } });
  for (const { name, labels, points } of contractSeries) {
    for (const [at, value] of points) {
      standIn.control.set({ name, labels }, value, { at: new Date(at) });
    }
  }
});

afterAll(() => standIn.stop());

describe('the stand-in agrees with what a real Prometheus answered when it was recorded', async () => {
  const recorded: Readonly<Record<string, Recorded>> = JSON.parse(
    await readFile(recordingFile, 'utf8').catch(() => '{}'),
  );

  it.each(agreedQueries)('to %s', async (query) => {
    const ours = await ask(standIn.url, query);
    expect({ status: ours.status, answer: comparable(ours.body.data) }).toEqual(recorded[query]);
  });

  it.each(refusedQueries)('refusing $query', async ({ query, exact }) => {
    expect(refusal(await ask(standIn.url, query), exact)).toEqual(recorded[query]);
  });
});

describe.skipIf(!realIsThere && !realIsRequired)(
  'the stand-in agrees with a real Prometheus',
  () => {
    let real: Awaited<ReturnType<typeof startReal>>;
    const recording: Record<string, Recorded> = {};

    beforeAll(async () => {
      real = await startReal(contractSeries);
    });

    afterAll(async () => {
      real.child.kill('SIGKILL');
      await rm(real.folder, { recursive: true, force: true });
      if (process.env['UPDATE_RECORDINGS'] === '1') {
        const lines = Object.entries(recording).map(
          ([query, each]) => `${JSON.stringify(query)}: ${JSON.stringify(each)}`,
        );
        await writeFile(recordingFile, `{\n${lines.join(',\n')}\n}\n`);
      }
    });

    it.each(agreedQueries)('on the answer to %s', async (query) => {
      const [ours, theirs] = await Promise.all([ask(standIn.url, query), ask(real.url, query)]);
      expect(ours.body.data.resultType).toBe(theirs.body.data.resultType);
      expect(comparable(ours.body.data)).toEqual(comparable(theirs.body.data));
      recording[query] = { status: theirs.status, answer: comparable(theirs.body.data) };
    });

    it.each(agreedQueries)('on the steps of %s', async (query) => {
      const span = { start: contractTimeMs / 1000 - 1200, end: contractTimeMs / 1000, step: 117 };
      const [ours, theirs] = await Promise.all([
        ask(standIn.url, query, span),
        ask(real.url, query, span),
      ]);
      expect(ours.status).toBe(theirs.status);
      if (theirs.status === 200) {
        expect(comparable(ours.body.data)).toEqual(comparable(theirs.body.data));
      }
    });

    it.each(refusedQueries)('on the refusal of $query', async ({ query, exact }) => {
      const [ours, theirs] = await Promise.all([ask(standIn.url, query), ask(real.url, query)]);
      expect(refusal(ours, exact)).toEqual(refusal(theirs, exact));
      recording[query] = refusal(theirs, exact);
    });
  },
);

/** An answer without what may differ between two servers. */
interface Recorded {
  readonly status: number;
  readonly answer: unknown;
}

interface Body {
  readonly data: { readonly resultType: string; readonly result: unknown };
  readonly errorType?: string;
  readonly error?: string;
}

async function ask(
  url: string,
  query: string,
  span?: Readonly<Record<string, number>>,
): Promise<{ status: number; body: Body }> {
  const path = span === undefined ? 'query' : 'query_range';
  const when = span ?? { time: contractTimeMs / 1000 };
  const params = new URLSearchParams({ query });
  for (const [name, value] of Object.entries(when)) params.set(name, String(value));
  const answer = await fetch(`${url}/api/v1/${path}?${params.toString()}`);
  const body: Body = JSON.parse(await answer.text());
  return { status: answer.status, body };
}

function refusal({ status, body }: { status: number; body: Body }, exact = false): Recorded {
  return { status, answer: exact ? [body.errorType, body.error] : [body.errorType] };
}

/** Rows in one order, and values rounded where sums taken in another order may differ. */
function comparable({ result }: { readonly result: unknown }): unknown {
  const rounded: unknown = JSON.parse(
    JSON.stringify(result, (_, each: unknown) =>
      Array.isArray(each) && typeof each[0] === 'number' && typeof each[1] === 'string'
        ? [each[0], round(each[1])]
        : each,
    ),
  );
  if (!Array.isArray(rounded) || typeof rounded[0] === 'number') return rounded;
  return rounded
    .map((row: { metric: object }) => ({ ...row, metric: sortedEntries(row.metric) }))
    .toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

function sortedEntries(labels: object): unknown {
  return Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1));
}

function round(text: string): string {
  const value = Number(text);
  return Number.isFinite(value) ? value.toPrecision(12) : text;
}

async function startReal(series: readonly ContractSeries[]) {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-test-'));
  await writeFile(join(folder, 'prometheus.yml'), '');
  await writeFile(join(folder, 'samples.txt'), openMetrics(series));
  const storage = join(folder, 'storage');
  execFileSync('promtool', [
    'tsdb',
    'create-blocks-from',
    'openmetrics',
    join(folder, 'samples.txt'),
    storage,
  ]);
  const port = await unusedPort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${storage}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  const deadline = Date.now() + 30_000;
  while ((await fetch(`${url}/-/ready`).catch(() => undefined))?.status !== 200) {
    if (Date.now() > deadline) throw new Error('Prometheus did not become ready.');
    await sleep(50);
  }
  return { url, child, folder };
}

/** The format that promtool fills a storage from; samples of one name must stand together. */
function openMetrics(series: readonly ContractSeries[]): string {
  const names = [...new Set(series.map(({ name }) => name))];
  const lines = names.flatMap((name) => [
    `# TYPE ${name} unknown`,
    ...series
      .filter((each) => each.name === name)
      .flatMap(({ labels, points }) => {
        const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
        return points.map(
          ([at, value]) => `${name}{${pairs.join(',')}} ${formatSample(value)} ${at / 1000}`,
        );
      }),
  ]);
  return [...lines, '# EOF', ''].join('\n');
}

function formatSample(value: number): string {
  return String(value).replace('Infinity', 'Inf');
}

async function unusedPort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => {
    probe.listen(0, '127.0.0.1', done);
  });
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
