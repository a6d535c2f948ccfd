// Reads the files that profile tests share.
import { readFileSync } from 'node:fs';

export function readFixture(name: string): string {
  return readFileSync(new URL(`../fixtures/profile/${name}`, import.meta.url), 'utf8');
}

export function readProfileFile(name: string): string {
  return readFileSync(new URL(`../../profiles/${name}`, import.meta.url), 'utf8');
}
