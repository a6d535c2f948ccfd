// `npm run simulate -- SEED` plays one history and prints it; `-- --many N [FIRST]` plays many and prints what they reached.

import { readdir, readFile } from 'node:fs/promises';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { startTestServer, stopTestServer } from '../global-setup.ts';
import { createSimulatedDatabase, type SimulatedDatabase } from './database.ts';
import { type HistoryResult, playHistory } from './history.ts';

/** Enough of a failed history to see what led to it. */
const linesShown = 60;

export async function readProfiles(): Promise<ReadonlyMap<string, Profile>> {
  const folder = new URL('../../profiles/', import.meta.url);
  const profiles = new Map<string, Profile>();
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.yaml'))) {
    const parsed = parseProfile(await readFile(new URL(name, folder), 'utf8'), name);
    if (!parsed.ok) throw new Error(`${name} is not a profile`);
    profiles.set(parsed.value.id, parsed.value);
  }
  return profiles;
}

/** What a person needs to find the mistake. */
export function describeFailure({ seed, broken, lines }: HistoryResult): string {
  return [
    ...lines.slice(-linesShown),
    '',
    `seed ${seed} broke:`,
    ...broken.map((each) => `  ${each}`),
    `play it again: npm run simulate -- ${seed}`,
  ].join('\n');
}

async function playOne(seed: number, database: SimulatedDatabase): Promise<boolean> {
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const profiles = await readProfiles();
  const result = await playHistory({ seed, database, profiles, print });
  for (const each of result.broken) print(`broken: ${each}`);
  print(result.broken.length === 0 ? `seed ${seed} is clean` : `seed ${seed} is broken`);
  return result.broken.length === 0;
}

async function playMany(
  count: number,
  first: number,
  database: SimulatedDatabase,
): Promise<boolean> {
  const profiles = await readProfiles();
  const totals = new Map<string, number>();
  const failed: number[] = [];
  const started = Date.now();
  for (let seed = first; seed < first + count; seed += 1) {
    const result = await playHistory({ seed, database, profiles });
    if ((seed - first + 1) % 100 === 0) process.stderr.write(`${seed - first + 1} played\n`);
    for (const [what, times] of result.seen) totals.set(what, (totals.get(what) ?? 0) + times);
    if (result.broken.length > 0) {
      failed.push(seed);
      process.stdout.write(`${describeFailure(result)}\n\n`);
    }
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  for (const [what, times] of [...totals].toSorted(([a], [b]) => a.localeCompare(b)))
    process.stdout.write(`${what}: ${times}\n`);
  process.stdout.write(
    `${count - failed.length} histories clean, ${failed.length} broken, in ${seconds} s\n`,
  );
  if (failed.length > 0) process.stdout.write(`broken seeds: ${failed.join(' ')}\n`);
  return failed.length === 0;
}

async function main(words: readonly string[]): Promise<boolean> {
  const [first, second, third] = words;
  const isMany = first === '--many';
  const numbers = (isMany ? [second, third ?? '1'] : [first]).map(Number);
  if (numbers.some((number) => !Number.isSafeInteger(number) || number < 0)) {
    process.stderr.write('usage: npm run simulate -- SEED | --many COUNT [FIRST SEED]\n');
    return false;
  }
  const [number = 0, from = 1] = numbers;
  const database = await createSimulatedDatabase(await startTestServer());
  try {
    return isMany ? await playMany(number, from, database) : await playOne(number, database);
  } finally {
    await database.drop();
    await stopTestServer();
  }
}

if (process.argv[1]?.endsWith('main.ts') === true) {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
}
