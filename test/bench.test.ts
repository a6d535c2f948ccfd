// Runs the benchmark with next to no repetitions: every row is there and its baseline does the same work; no time is asserted.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clusterLoadRows } from '../bench/cluster-load.ts';
import { bench, benchLines, loadLines, parseTimes } from '../bench/main.ts';
import { planByHand } from '../bench/planner-by-hand.ts';
import { duration } from '../bench/row.ts';
import { ask } from './profile/ask-profile.ts';
import { readProfile } from './profile/read-profile.ts';

const root = new URL('../', import.meta.url);

const ids = readdirSync(new URL('profiles/', root))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length));

const positive = z.number().positive();
const load = z.object({
  what: z.string().min(1),
  target: z.string().min(1),
  // In a few seconds nothing may be asked at all.
  measured: z.number().nonnegative(),
  unit: z.string().min(1),
  baseline: z.object({ what: z.string().min(1), measured: positive }),
  ratio: z.number().nonnegative(),
  note: z.string().min(1),
});

const few = { plans: 2, parses: 1, workloads: 40 };

const run = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...args], {
    cwd: fileURLToPath(root),
  });

const printed = z.object({
  loads: z.array(load),
  rows: z.array(
    z.object({
      what: z.string().min(1),
      target: z.string().optional(),
      measured: z.object({ times: positive, p50Ms: positive, p99Ms: positive, totalMs: positive }),
      counts: z.enum(['one', 'all']),
      baseline: z.object({ what: z.string().min(1), ms: positive }),
      ratio: positive,
      note: z.string().optional(),
    }),
  ),
});

describe('the benchmark', () => {
  it('has a row for planning with each profile, for reading it, and for thousands of workloads', async () => {
    const rows = await bench(few);
    expect(rows.map(({ what }) => what.split(',')[0])).toEqual([
      ...ids.map((id) => `plan of ${id}`),
      ...ids.map((id) => `reading ${id}.yaml`),
      '40 workloads assessed',
    ]);
    const lines = benchLines(rows);
    for (const { what, target = '', baseline } of rows) {
      const line = lines.find((each) => each.startsWith(what));
      expect(line).toContain(target);
      expect(line).toContain(baseline.what);
      expect(line).toMatch(/× [\d.]+$/);
    }
    expect(lines.join('\n')).toContain('Not in the time: asking Prometheus and Kubernetes');
  });

  it('prints the same as JSON', async () => {
    const counts = ['--plans', '1', '--parses', '1', '--workloads', '25'];
    const { stdout } = await run('--json', ...counts, '--rollouts', '3', '--seconds', '5');
    const { rows, loads } = printed.parse(JSON.parse(stdout));
    expect(rows).toHaveLength(2 * ids.length + 1);
    expect(rows.filter(({ target }) => target !== undefined)).toHaveLength(ids.length + 1);
    expect(rows.at(-1)).toMatchObject({ what: '25 workloads assessed', counts: 'all' });
    expect(loads.map(({ what }) => what.split(':')[0])).toEqual([
      'requests while waiting',
      'with 1 cards and 1 runs a minute',
      'watches',
    ]);
  });

  it('counts what is asked of a cluster: little beside asking each time, by few watches', async () => {
    const [requests, watches] = await clusterLoadRows({ workloads: 30, rollouts: 4, seconds: 10 });
    expect(requests?.measured).toBeLessThan(1);
    expect(requests?.baseline.measured).toBeGreaterThan(3);
    expect(watches?.measured).toBeLessThanOrEqual(10);
    const lines = loadLines([requests, watches].filter((each) => each !== undefined));
    expect(lines.join('\n')).toContain('4 rollouts, 1 alert a second');
  });

  it('refuses what it does not know and says how it is run', async () => {
    await expect(run('--fast')).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('npm run bench'),
    });
  });

  it.each(['--plans=0', '--workloads=many', '--seconds=1.5', '--rollouts='])(
    'refuses %s',
    (argument) => {
      expect(() => parseTimes([argument])).toThrow('must be a whole number from 1 to 999999');
    },
  );

  // biome-ignore format: a table
  it.each([
    [0.00003, '0.03 µs'],
    [0.0312,  '31.2 µs'],
    [0.4119,  '0.412 ms'],
    [999.4,   '999 ms'],
    [2345,    '2.35 s'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe('the planner by hand', () => {
  const profile = readProfile('gl-003');

  it.each([1, 100, 462, 500, 1000, 1154, 2000, 2001, 3000, 3001, 5000, 12_345])(
    'comes to the figures of the plan for %i meters',
    (meters) => {
      const { recommended, database, networkMbps } = ask(profile, { meters });
      const [analyzer] = recommended?.components ?? [];
      const byHand = planByHand(meters, 1, 90);
      expect(byHand).toEqual({
        shards: recommended?.parts,
        replicas: analyzer?.replicas,
        cpuMillicores: analyzer?.pod.cpuMillicores,
        memoryMi: analyzer?.pod.memoryMi,
        connections: recommended?.values['connections'],
        costUsdPerMonth: recommended?.costUsdPerMonth,
        databaseShards: database?.shards,
        readReplicas: database?.replicas,
        pooler: database?.pooler !== undefined,
        provisionedGib: expect.closeTo(database?.storageGib['provisioned'] ?? 0, 6),
        recommendedMbps: expect.closeTo(networkMbps?.['recommended'] ?? 0, 6),
      });
    },
  );
});
