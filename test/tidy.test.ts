// Architecture and habits as a test: who may import whom, what a pure folder may not do, and that nothing rendered leads nowhere.

import type { App } from '@slack/bolt';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { routeSlack, type SlackDoors } from '../handlers/index.ts';
import { actionIds, viewIds } from '../src/message/action-ids.ts';
import { parseProfile } from '../src/profile/parse-profile.ts';
import { messages, modals } from './message/samples.ts';
import {
  codeOf,
  filesUnder,
  type Import,
  importsOf,
  type Module,
  readModules,
  readText,
} from './modules.ts';

const program = readModules('src', 'handlers');
const sandbox = readModules('sandbox');
const tests = readModules('test');

const pureFolders = [
  'alert',
  'approval',
  'audit',
  'change',
  'chart',
  'command',
  'database',
  'lease',
  'message',
  'plan',
  'profile',
  'rights',
  'rules',
  'settings',
  'schedule',
  'sizing',
  'words',
  'yaml',
];
const isPure = ({ path }: { readonly path: string }) =>
  pureFolders.some((folder) => path.startsWith(`src/${folder}/`));

/** Where a module stands: the folder in src that it belongs to, or its own name. */
function placeOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  if (top !== 'src') return path.endsWith('.ts') ? top : path;
  if (second.endsWith('.ts')) return second;
  return pureFolders.includes(second) ? 'pure' : second;
}

/** Each import that a rule does not allow, as "path imports that". */
function broken(
  modules: readonly Module[],
  allowed: (imported: Import, module: Module) => boolean,
): string[] {
  return modules.flatMap((module) =>
    module.imports
      .filter((each) => !allowed(each, module))
      .map((each) => `${module.path} imports ${each.from}`),
  );
}

const isOwn = ({ from }: Import) => from.endsWith('.ts') || from.startsWith('src/');

describe('the reader of imports', () => {
  it('sees every form, and which of them load nothing', () => {
    const text = [
      "import { a, type B } from '../plan/plan.ts';",
      "import type { C } from './d.ts';",
      "import { type E, type F } from 'pg';",
      "import g, { h } from 'undici';",
      "import * as i from 'node:fs';",
      "export { j } from '../../sandbox/k.ts';",
      "import './l.ts';",
      "const m = await import('bullmq');",
      'import {\n  n,\n  o,\n} from "zod";'.replaceAll('"', "'"),
    ].join('\n');
    expect(importsOf('src/alert/x.ts', text)).toEqual([
      { from: 'src/plan/plan.ts', typeOnly: false },
      { from: 'src/alert/d.ts', typeOnly: true },
      { from: 'pg', typeOnly: true },
      { from: 'undici', typeOnly: false },
      { from: 'node:fs', typeOnly: false },
      { from: 'sandbox/k.ts', typeOnly: false },
      { from: 'src/alert/l.ts', typeOnly: false },
      { from: 'bullmq', typeOnly: false },
      { from: 'zod', typeOnly: false },
    ]);
  });

  it('reads the program without its comments and strings', () => {
    const text = [
      'a(); // async',
      '/* await',
      'b */ c(\'process\', "fetch(", `x`);',
      "d(`it's ${e({ f: `g ${h} i` })} async`, /[`'/]/, j / k);",
      "l('`'); m();",
    ].join('\n');
    expect(codeOf(text).replace(/ +/g, ' ')).toBe(
      ['a(); ', ' ', ' c( , , );', 'd( e({ f: h }) , , j / k);', 'l( ); m();'].join('\n'),
    );
  });
});

describe('the direction of imports', () => {
  it('is checked for the whole program', () => {
    expect(program.length).toBeGreaterThan(60);
    expect(program.filter(({ imports }) => imports.length > 0).length).toBeGreaterThan(60);
    expect(sandbox.length).toBeGreaterThan(30);
  });

  it('reads every import there is', () => {
    for (const { path, text, imports } of program) {
      const written = codeOf(text).match(/^(import|export)\b[^;()=]*?\bfrom\b|\bimport\(/gm) ?? [];
      expect([path, imports.length]).toEqual([path, written.length]);
      for (const each of imports.filter(isOwn)) {
        expect(() => readText(each.from), `${path} imports ${each.from}`).not.toThrow();
      }
    }
  });

  it('goes from handlers to workflows, parsers and messages', () => {
    const handlers = program.filter(({ path }) => path.startsWith('handlers/'));
    const packages = ['hono', 'hono/body-limit', 'hono/streaming', '@hono/node-server', 'zod'];
    const typesOf = ['ports.ts', '@slack/bolt', 'handlers'];
    const wrong = broken(handlers, ({ from, typeOnly }) => {
      const place = placeOf(from);
      if (typeOnly && typesOf.includes(place)) return true;
      if (['workflow', 'handlers', 'errors.ts', 'secret.ts', 'within-time.ts'].includes(place))
        return true;
      if (/^src\/(alert|command|message)\//.test(from)) return true;
      return packages.includes(from) || from.startsWith('node:');
    });
    expect(wrong).toEqual([]);
  });

  it('goes from workflows to the pure folders and, for types, to ports', () => {
    const workflows = program.filter(({ path }) => path.startsWith('src/workflow/'));
    const wrong = broken(workflows, ({ from, typeOnly }) => {
      const place = placeOf(from);
      if (place === 'ports.ts') return typeOnly;
      return ['pure', 'workflow', 'errors.ts', 'node:crypto', 'zod'].includes(place);
    });
    expect(wrong).toEqual([]);
  });

  it('goes from adapters to ports and pure folders, never to workflows or handlers', () => {
    const adapters = program.filter(({ path }) => path.startsWith('src/adapters/'));
    const allowed = ['pure', 'adapters', 'ports.ts', 'errors.ts', 'secret.ts', 'within-time.ts'];
    const wrong = broken(adapters, (each) => !isOwn(each) || allowed.includes(placeOf(each.from)));
    expect(wrong).toEqual([]);
  });

  it('goes from pure folders to pure folders and pure libraries only', () => {
    const libraries = [
      'zod',
      'yaml',
      '@marcbachmann/cel-js',
      'canonicalize',
      'croner',
      'd3-scale',
      'd3-shape',
      'node:crypto',
    ];
    const wrong = broken(program.filter(isPure), ({ from, typeOnly }) => {
      const place = placeOf(from);
      if (typeOnly && ['ports.ts', '@slack/types'].includes(place)) return true;
      return ['pure', 'errors.ts', 'secret.ts'].includes(place) || libraries.includes(from);
    });
    expect(wrong).toEqual([]);
  });

  it('only the command line imports main', () => {
    const importers = program
      .filter(({ imports }) => imports.some(({ from }) => from === 'src/main.ts'))
      .map(({ path }) => path);
    expect(importers).toEqual(['src/cli.ts']);
  });

  it('never goes from the program to sandbox or tests', () => {
    const wrong = broken(program, ({ from }) => !/^(sandbox|test|bench)\//.test(from));
    expect(wrong).toEqual([]);
  });

  it('one vendor is spoken to in adapters and nowhere else', () => {
    const vendors =
      /^(pg|bullmq|pino|prom-client|undici|axios|@kubernetes\/|@slack\/(bolt|web-api)|@resvg\/)/;
    const wrong = broken(
      program.filter(({ path }) => !path.startsWith('src/adapters/')),
      ({ from, typeOnly }) => typeOnly || !vendors.test(from),
    );
    expect(wrong).toEqual([]);
  });
});

describe('a pure folder', () => {
  const forbidden = {
    async: /\basync\b/,
    await: /\bawait\b/,
    'the clock': /\bDate\.now\(|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\b/,
    chance: /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b/,
    'the process': /\bprocess\b(?!:)/,
    timers: /\bset(Timeout|Interval|Immediate)\b/,
    'the network': /\bfetch\(/,
    'the console': /\bconsole\./,
    'the locale of the machine': /\.toLocale(Date|Time)String\(/,
  };

  it('each is there', () => {
    const seen = new Set(program.filter(isPure).map(({ path }) => path.split('/')[1]));
    expect(pureFolders.filter((folder) => !seen.has(folder))).toEqual([]);
  });

  it.each(Object.entries(forbidden))('does without %s', (_, pattern) => {
    const wrong = program.filter((module) => isPure(module) && pattern.test(codeOf(module.text)));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe('what is rendered is routed', () => {
  const routed = { commands: [] as string[], actions: [] as string[], views: [] as string[] };
  const app = {
    command: (name: string) => void routed.commands.push(name),
    action: (name: string) => void routed.actions.push(name),
    view: (name: string) => void routed.views.push(name),
  };
  const usual = { capacity: '/capacity', scale: '/scale' };
  routeSlack(app as unknown as App, { commands: usual } as unknown as SlackDoors);

  function idsIn(value: unknown): string[] {
    if (typeof value !== 'object' || value === null) return [];
    const own =
      'type' in value && value.type === 'button' && 'action_id' in value
        ? [String(value.action_id)]
        : [];
    return [...own, ...Object.values(value).flatMap(idsIn)];
  }

  it('every action id', () => {
    const rendered = new Set(Object.values(messages).flatMap(({ blocks }) => idsIn(blocks)));
    expect(routed.actions.toSorted()).toEqual([...rendered].toSorted());
    expect(routed.actions.toSorted()).toEqual(Object.values(actionIds).toSorted());
  });

  it('every modal', () => {
    const rendered = Object.values(modals).map((modal) => String(modal.callback_id));
    expect(routed.views.toSorted()).toEqual(rendered.toSorted());
    expect(routed.views.toSorted()).toEqual(Object.values(viewIds).toSorted());
  });

  it.each(['manifest.yml', 'manifest.http.yml'])('every command of %s', (path) => {
    const manifest = parse(readText(path)) as {
      readonly features: { readonly slash_commands: readonly { readonly command: string }[] };
    };
    const commands = manifest.features.slash_commands.map(({ command }) => command);
    expect(commands.toSorted()).toEqual(routed.commands.toSorted());
  });
});

describe('what is shipped', () => {
  it.each(filesUnder('profiles', '.yaml'))('%s is a valid profile', (path) => {
    expect(parseProfile(readText(path), path)).toMatchObject({ ok: true });
  });

  it.each(filesUnder('migrations', '.sql'))('%s is mentioned by a test', (path) => {
    const name = path.replace('migrations/', '');
    const mentions = tests.filter((module) => module.text.includes(name)).map((each) => each.path);
    expect(mentions).not.toEqual([]);
  });

  it('names no system in the program: a sixth one is a file', () => {
    const systems =
      /gl-?0\d\d|greenlang|ProcessHeatOrchestrator|SteamSystemAnalyzer|SteamTrapInspector|thermaliq|emissionwatch/i;
    const wrong = program.filter(({ text }) => systems.test(text)).map(({ path }) => path);
    expect(wrong).toEqual([]);
  });
});

describe('every file', () => {
  const all = [...program, ...sandbox, ...tests];

  it('gets around the types nowhere', () => {
    // In pieces, so that this file may hold them.
    const ways = new RegExp(['\\bas an', 'y\\b|:\\s*an', 'y\\b|<an', 'y>'].join(''));
    const comments = new RegExp(['@ts-(ig', 'nore|nocheck|expect-error)'].join(''));
    const wrong = all.filter(({ text }) => ways.test(codeOf(text)) || comments.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('leaves nothing for later', () => {
    const later = new RegExp(['\\b(TO', 'DO|FIX', 'ME|HA', 'CK)\\b'].join(''));
    expect(all.filter(({ text }) => later.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('exports by name', () => {
    const wrong = all.filter(({ text }) => /^export default\b/m.test(codeOf(text)));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('knows no folder of the machine it was written on', () => {
    const places = new RegExp(`(^|[^\\w.$])/(${['wo', 'ro', 'ho'].join('|')})(rk|ot|me)/`, 'm');
    expect(all.filter(({ text }) => places.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('is named for what it holds', () => {
    const empty =
      /(^|[-/])(manager|service|helper|helpers|util|utils|data|info|misc|common)([-.]|$)/;
    const wrong = all.map(({ path }) => path).filter((path) => empty.test(path));
    expect(wrong).toEqual([]);
  });

  it('is in kebab-case', () => {
    const wrong = all.map(({ path }) => path).filter((path) => !/^[a-z0-9/.-]+$/.test(path));
    expect(wrong).toEqual([]);
  });

  it('of the program and the sandbox begins with a sentence that says what it is for', () => {
    const wrong = [...program, ...sandbox].filter(
      ({ text }) => !/^\/\/ \S.{15,}\.\n/.test(text.replace(/^#!.*\n/, '')),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('of more than 300 lines says in its first line why', () => {
    const long = [...program, ...sandbox].filter(({ text }) => text.split('\n').length > 301);
    const wrong = long.filter(({ text }) => !/\blong(er)?\b|\b300 lines\b/.test(firstLine(text)));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

function firstLine(text: string): string {
  return text.slice(0, text.indexOf('\n'));
}
