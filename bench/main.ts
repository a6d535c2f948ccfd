// `npm run bench` measures what the design states numbers for, each beside a baseline in the same run; `-- --json` for programs.
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { parseProfile } from '../src/profile/parse-profile.ts';
import type { Profile } from '../src/profile/profile.ts';
import { table } from '../src/words/table.ts';
import { assessmentRow } from './assessment.ts';
import { clusterLoadRows, type LoadRow, type LoadTimes } from './cluster-load.ts';
import { type ProfileText, parseRows } from './parsing.ts';
import { planRows } from './plan-arithmetic.ts';
import { duration, type Row } from './row.ts';

const usage = `npm run bench                  measures and prints a table
npm run bench -- --json        the same as JSON, times in milliseconds

  --plans N      plans by inputs for each profile (Default: 500)
  --parses N     readings of each profile (Default: 9)
  --workloads N  workloads that are assessed, and in the cluster (Default: 3000)
  --rollouts N   rollouts at the same time (Default: 20)
  --seconds N    of the cluster's time; room is counted once in about 150 (Default: 160)`;

/** How often each thing is done. */
export interface Times {
  readonly plans: number;
  readonly parses: number;
  readonly workloads: number;
}

/** All rows, in the order in which they are printed. */
export async function bench({ plans, parses, workloads }: Times): Promise<readonly Row[]> {
  const texts = await profileTexts();
  const profiles = new Map(texts.map(readProfile).map((profile) => [profile.id, profile]));
  return [
    ...planRows([...profiles.values()], plans),
    ...parseRows(texts, parses),
    assessmentRow(profiles, workloads),
  ];
}

async function profileTexts(): Promise<readonly ProfileText[]> {
  const folder = new URL('../profiles/', import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted();
  return Promise.all(
    files.map(async (file) => ({ file, text: await readFile(new URL(file, folder), 'utf8') })),
  );
}

function readProfile({ file, text }: ProfileText): Profile {
  const parsed = parseProfile(text, file);
  if (!parsed.ok) throw new Error(`${file} has mistakes: headroom profile validate says which`);
  return parsed.value;
}

/** The rows for people, with what they were measured on. */
export function benchLines(rows: readonly Row[]): readonly string[] {
  const heading = ['', 'target', 'p50', 'p99', 'all', 'baseline', 'takes', 'ratio'];
  const cells = rows.map(({ what, target = '', measured, baseline, ratio }) => [
    what,
    target,
    duration(measured.p50Ms),
    duration(measured.p99Ms),
    duration(measured.totalMs),
    baseline.what,
    duration(baseline.ms),
    `× ${Number(ratio.toPrecision(3))}`,
  ]);
  const notes = new Set(rows.flatMap(({ note }) => note ?? []));
  return [
    `Node ${process.version}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1) ?? '?'}`,
    '',
    ...table([heading, ...cells]),
    '',
    'ratio: the time (p50 of one, or all) by the baseline’s in the same run; where a machine is busy, p99 is the machine’s',
    ...notes,
  ];
}

/** The same of what was counted. */
export function loadLines(loads: readonly LoadRow[]): readonly string[] {
  const shown = (value: number) => String(Number(value.toPrecision(3)));
  const heading = ['', 'target', 'counted', 'baseline', 'counts', 'ratio'];
  const cells = loads.map(({ what, target, measured, unit, baseline, ratio }) => [
    what,
    target,
    `${shown(measured)} ${unit}`,
    baseline.what,
    shown(baseline.measured),
    `× ${shown(ratio)}`,
  ]);
  return [...table([heading, ...cells]), '', ...loads.map(({ note }) => note)];
}

/** Throws an Error in the words of a person when something is wrong with the arguments. */
export function parseTimes(
  args: readonly string[],
): (Times & LoadTimes & { readonly json: boolean }) | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      plans: { type: 'string', default: '500' },
      parses: { type: 'string', default: '9' },
      workloads: { type: 'string', default: '3000' },
      rollouts: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '160' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const times = (name: 'plans' | 'parses' | 'workloads' | 'rollouts' | 'seconds'): number => {
    const text = values[name];
    if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
    throw new Error(`--${name} must be a whole number from 1 to 999999, not "${text}"`);
  };
  return {
    json: values.json,
    plans: times('plans'),
    parses: times('parses'),
    workloads: times('workloads'),
    rollouts: times('rollouts'),
    seconds: times('seconds'),
  };
}

async function main(args: readonly string[]): Promise<number> {
  let times: ReturnType<typeof parseTimes>;
  try {
    times = parseTimes(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (times === 'help') {
    console.log(usage);
    return 0;
  }
  const rows = await bench(times);
  const loads = await clusterLoadRows(times);
  const shown = times.json
    ? [JSON.stringify({ rows, loads }, undefined, 2)]
    : [...benchLines(rows), '', ...loadLines(loads)];
  console.log(shown.join('\n'));
  return 0;
}

if (process.argv[1]?.endsWith('main.ts') === true) {
  process.exitCode = await main(process.argv.slice(2));
}
