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

/** Comments, regular expressions and strings as they begin; a template is read up to its first hole or its end. */
const skipped = {
  comment: /\/\*[\s\S]*?\*\/|\/\/[^\n]*/y,
  pattern: /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y,
  string: /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y,
  template: /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y,
};

/** The program text alone: comments and the insides of strings are blanked, lines stay where they are. */
export function codeOf(text: string): string {
  let code = '';
  /** For every template that is open, how many braces are open in its present hole. */
  const holes: number[] = [];
  const blank = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = code.length;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) code += found.replace(/[^\n]/g, ' ');
    return found;
  };
  const template = () => {
    if (blank(skipped.template)?.endsWith('${') === true) holes.push(0);
  };
  while (code.length < text.length) {
    const character = text[code.length] ?? '';
    if (blank(skipped.comment) !== undefined || blank(skipped.string) !== undefined) continue;
    if (character === '/' && mayBeginPattern(code) && blank(skipped.pattern) !== undefined)
      continue;
    const open = holes.at(-1);
    if (character === '`') {
      code += ' ';
      template();
    } else if (character === '}' && open === 0) {
      holes.pop();
      code += ' ';
      template();
    } else {
      if (open !== undefined && character === '{') holes[holes.length - 1] = open + 1;
      if (open !== undefined && character === '}') holes[holes.length - 1] = open - 1;
      code += character;
    }
  }
  return code;
}

/** A slash after a value divides; after anything else it begins a regular expression. */
function mayBeginPattern(before: string): boolean {
  const last = before.trimEnd();
  return last === '' || /[(,=:[!&|?{};+<>]$|\b(return|typeof|case|of|in)$/.test(last.slice(-12));
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
