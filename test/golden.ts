// Compares what is rendered with a kept file, so that every change of words is seen; UPDATE_GOLDEN=1 writes the files anew.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

const folder = new URL('./golden/', import.meta.url);

/** Expects a value to be exactly what test/golden/NAME.json holds. */
export function expectGolden(name: string, value: unknown): void {
  const file = new URL(`${name}.json`, folder);
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
  expect(existsSync(file), `test/golden/${name}.json is missing: run with UPDATE_GOLDEN=1`).toBe(
    true,
  );
  expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(file, 'utf8')));
}

/** The same for a file that is text of another kind, named with its ending. */
export function expectGoldenText(fileName: string, text: string): void {
  const file = new URL(fileName, folder);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
  expect(existsSync(file), `test/golden/${fileName} is missing: run with UPDATE_GOLDEN=1`).toBe(
    true,
  );
  expect(text).toBe(readFileSync(file, 'utf8'));
}

/** The names of all kept messages, sorted. */
export function goldenNames(): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.replace(/\.json$/, ''))
    .toSorted();
}
