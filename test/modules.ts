// Reads the program's own files as text: which module imports what, and what it says without comments and strings.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');

export interface Import {
  /** A path from the root of the repository, or the name of a package. */
  readonly from: string;
  readonly typeOnly: boolean;
}

export interface Module {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** Every TypeScript file under the folders, sorted by path. */
export function readModules(...folders: readonly string[]): readonly Module[] {
  return folders
    .flatMap((folder) => filesUnder(folder, '.ts'))
    .map((path) => {
      const text = readText(path);
      return { path, text, imports: importsOf(path, text) };
    });
}

/** Paths of all files under a folder whose names end so. */
export function filesUnder(folder: string, ending = ''): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted();
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The program text alone: comments and the insides of strings are blanked, lines stay where they are. */
export function codeOf(text: string): string {
  const parts =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\$]|\\.|\$(?!\{))*`/g;
  return text.replace(parts, (part) => part.replace(/[^\n]/g, ' '));
}

/** All imports and re-exports of a file's text, in order. */
export function importsOf(path: string, text: string): Import[] {
  const statement =
    /^(?:import|export)\s+(type\s+)?(\{[^}]*\}|[^'";{}]*?(?:\{[^}]*\})?)\s*from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm;
  return Array.from(text.matchAll(statement), ([, type, names = '', from, bare, dynamic]) => {
    const target = from ?? bare ?? dynamic ?? '';
    return {
      from: target.startsWith('.') ? relative(root, join(root, dirname(path), target)) : target,
      typeOnly: type !== undefined || everyNameIsType(names),
    };
  });
}

/** `import { type A, type B }` loads nothing either. */
function everyNameIsType(names: string): boolean {
  const inside = /^\s*\{([^}]*)\}\s*$/.exec(names)?.[1];
  const each = (inside ?? '')
    .split(',')
    .flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
  return each.length > 0 && each.every((name) => name.startsWith('type '));
}
