// Holds the prose to the program: commands that run, links that lead somewhere, tables that are complete, figures that are true.

import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { parseDelivery } from '../src/alert/parse-delivery.ts';
import { routeAlert } from '../src/alert/route.ts';
import { loadConfig, loadProfiles } from '../src/load-files.ts';
import { helpMessage } from '../src/message/command-reply.ts';
import { assembleSystems } from '../src/settings/headroom-config.ts';
import { bundle } from './run-headroom.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const filesIn = (folder: string, extension: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((path) => path.endsWith(extension))
    .toSorted();

const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'STYLE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...filesIn('docs', '.md'),
];
const readme = read('README.md');

interface Fence {
  readonly document: string;
  readonly language: string;
  readonly text: string;
}

/** Every fenced block of all documents. */
function fences(): readonly Fence[] {
  return documents.flatMap((document) =>
    [...read(document).matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(
      ([, language = '', text = '']) => ({
        document,
        language,
        text,
      }),
    ),
  );
}

function fenceOf(document: string, language: string): Fence {
  const found = fences().find(
    (fence) => fence.document === document && fence.language === language,
  );
  if (found === undefined) throw new Error(`${document} has no block of ${language}`);
  return found;
}

/** The first column of the table under a heading, without its code marks. */
function firstColumn(heading: string): readonly string[] {
  const [, section = ''] = readme.split(`${heading}\n`);
  const rows = section.split('\n#')[0]?.match(/^\|.*\|$/gm) ?? [];
  const cells = rows.slice(2).map((row) => row.split(' | ')[0] ?? '');
  return cells.map((cell) => cell.replace(/^\| `?|`$/g, '').replaceAll('\\|', '|'));
}

function sorted(words: Iterable<string | undefined>): readonly string[] {
  return [...words].flatMap((word) => word ?? []).toSorted();
}

/** Runs the app's own command line with all the profiles that ship. */
async function headroom(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [bundle, ...args], {
    cwd: root,
    env: { ...process.env, PROFILES_DIR: 'profiles' },
  });
  return stdout;
}

describe('a command that is written down', () => {
  const prefix = 'node dist/headroom.js ';
  /** What runs each of the others: a file, and the words in it that do. */
  const ranBy: Readonly<Record<string, readonly [file: string, words: string]>> = {
    'npm ci': ['.ci/run', 'npm ci'],
    'npm test': ['.ci/run', 'npm test'],
    'npm run demo': ['package.json', '"demo": "node sandbox/demo.mjs"'],
    'npm run demo -- --script': ['sandbox/demo/options.ts', 'npm run demo -- --script'],
    'npm start': ['package.json', '"start": "node dist/headroom.js serve"'],
    'cp headroom.example.yaml headroom.yaml': [
      'test/settings/headroom-config.test.ts',
      'headroom.example.yaml',
    ],
    'npx vitest run test/plan': ['test/all.mjs', 'node_modules/.bin/vitest'],
    'npx tsc --noEmit': ['test/all.mjs', "'--noEmit'"],
    'npm run format': ['package.json', '"format": "biome check --write ."'],
    'npm run bench': ['package.json', '"bench": "tsx bench/main.ts"'],
    'npm run simulate -- 123': ['package.json', '"simulate": "tsx test/simulation/main.ts"'],
    'npx tsx sandbox/write-manifest.ts': ['test/manifest.test.ts', 'renderManifest'],
    'kubectl apply -f deploy/rbac/admission-policy.yaml': [
      'test/rights/admission-policy.test.ts',
      "join(rbacFolder, 'admission-policy.yaml')",
    ],
    'kubectl apply -k deploy/rbac/gl-008/scale': [
      'test/rights/tiers.test.ts',
      'built(join(rbacFolder, id, tier))',
    ],
    'kubectl apply -k deploy/rbac/room': [
      'test/rights/tiers.test.ts',
      'sharedParts.flatMap((part) => built(join(rbacFolder, part)))',
    ],
    'npm run pictures': ['package.json', '"pictures": "tsx test/browser/take-pictures.ts"'],
    'curl --fail --header "Authorization: Bearer $ALERTMANAGER_TOKEN" --data @alert.json http://localhost:8080/alertmanager':
      ['test/handlers/post-alertmanager.test.ts', 'Bearer'],
  };
  const written = fences()
    .filter(({ language }) => language === 'sh')
    .flatMap(({ document, text }) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((command) => ({ document, command })),
    );
  const own = written.filter(({ command }) => command.startsWith(prefix));
  const others = written.filter(({ command }) => !command.startsWith(prefix));

  it.each(own)('in $document does what it says: $command', async ({ command }) => {
    const said = await headroom(command.slice(prefix.length).split(' '));
    expect(said).not.toBe('');
  });

  it.each(others)('in $document is run by something: $command', ({ command }) => {
    const [file, words] = ranBy[command] ?? [];
    expect(file, 'name what runs it, or do not write it down').toBeDefined();
    expect(read(file ?? '')).toContain(words);
  });

  it('is not kept here after it is gone from the prose', () => {
    expect(sorted(Object.keys(ranBy))).toEqual(
      sorted(new Set(others.map(({ command }) => command))),
    );
  });
});

describe('a link', () => {
  /** How hosts of Git repositories name a heading. */
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  const anchorsOf = (path: string): readonly string[] =>
    [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => anchorOf(text));
  const links = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => ({ document, to })),
  );

  it.each(links.filter(({ to }) => !/^\w+:/.test(to)))('in $document leads to $to', (link) => {
    const [file = '', anchor] = link.to.split('#');
    const path = resolve(root, dirname(link.document), file);
    const target = file === '' ? join(root, link.document) : path;
    expect(existsSync(target)).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(target)).toContain(anchor);
  });
});

describe('the README', () => {
  it('lists every setting and no other', () => {
    const [, list = ''] = read('src/settings/environment.ts').split('const VARIABLES');
    const variables = [...list.matchAll(/'([A-Z_]+)'/g)].map(([, name]) => name);
    expect(variables.length).toBeGreaterThan(10);
    expect(sorted(firstColumn('### Settings'))).toEqual(sorted(variables));
  });

  it('lists the slash commands that the help lists, in the same words', () => {
    const help = helpMessage({ capacity: '/capacity', scale: '/scale' });
    const commands = [...help.text.matchAll(/^`(.*)`/gm)].map(([, command]) => command);
    expect(commands.length).toBeGreaterThan(5);
    expect(firstColumn('### In Slack')).toEqual(commands);
  });

  it('lists every command of the command line', async () => {
    const under = async (...path: readonly string[]): Promise<readonly string[]> => {
      const [, list = ''] = (await headroom([...path, '--help'])).split('Commands:\n');
      const commands = [...list.matchAll(/^ {2}([a-z-]+)( [[<])?/gm)].filter(
        ([, name]) => name !== 'help',
      );
      // What takes arguments is no group of others.
      const each = commands.map(async ([, name = '', takes]) =>
        takes === undefined ? under(...path, name) : [[...path, name].join(' ')],
      );
      return commands.length === 0 ? [path.join(' ')] : (await Promise.all(each)).flat();
    };
    expect(sorted(firstColumn('### On the command line'))).toEqual(sorted(await under()));
  });

  it('lists every address of the HTTP port', () => {
    const routes = [...read('handlers/index.ts').matchAll(/http\.(get|post)\(\s*'([^']+)'/g)];
    expect(sorted(firstColumn('### Over HTTP'))).toEqual(
      sorted(routes.map(([, method = '', path]) => `${method.toUpperCase()} ${path}`)),
    );
  });

  it('gives the figures that the code has', () => {
    const units = { '': 1, s: 1_000, min: 60_000, MiB: 1024 * 1024 } as const;
    const [, section = ''] = readme.split('## Limits and numbers\n');
    const row = /^\|.*\| (?:every )?(\d+) ?(|s|min|MiB) \| \[`(\w+)`\]\((.+)\) \|$/gm;
    const rows = [...section.matchAll(row)];
    expect(rows).toHaveLength(firstColumn('## Limits and numbers').length);
    for (const [, figure, unit = '', name, file = ''] of rows) {
      const constant = new RegExp(`\\b${name}(?: =|:) ([\\d_ *]+)[,;]`).exec(read(file))?.[1];
      const value = constant
        ?.split('*')
        .reduce((product, factor) => product * Number(factor.replaceAll('_', '')), 1);
      expect(value, name).toBe(Number(figure) * units[unit as keyof typeof units]);
    }
  });
});

describe('the checklist for a real workspace', () => {
  const checklist = 'docs/real-workspace.md';

  it('has an alert that is taken and fits the example configuration', async () => {
    const delivery = parseDelivery(fenceOf(checklist, 'json').text);
    if (!delivery.ok) throw new Error(delivery.because);
    const profiles = await loadProfiles({ configFile: '' });
    if (!profiles.ok) throw new Error(profiles.mistakes.join('\n'));
    const example = { configFile: join(root, 'headroom.example.yaml') };
    const config = await loadConfig(example, profiles.value);
    if (!config.ok) throw new Error(config.mistakes.join('\n'));
    const systems = assembleSystems(config.value, profiles.value);
    const [alert] = delivery.alerts;
    expect(routeAlert(alert?.labels ?? {}, systems)).toMatchObject({
      kind: 'routed',
      component: 'worker',
    });
  });

  it('routes by the label that the generated rules carry', async () => {
    const route = fences().find(({ text }) => text.includes('receivers:'));
    expect(parseYaml(route?.text ?? '')).toHaveProperty('receivers.0.name', 'headroom');
    const label = /matchers: \['(\w+)!=""'\]/.exec(route?.text ?? '')?.[1];
    expect(await headroom(['rules', 'gl-008'])).toContain(`${label}: gl-008`);
  });
});

it('ARCHITECTURE.md names every check of the simulation, and no other', () => {
  const [, list = ''] = read('test/simulation/invariants.ts').split('const checks = {');
  const checks = [...(list.split('}')[0] ?? '').matchAll(/^ {2}(\w+),$/gm)].map(([, name]) => name);
  const table = read('ARCHITECTURE.md').match(/^\| \d+ \|.*$/gm) ?? [];
  const named = table.flatMap((row) => {
    const shownBy = row.split(' | ').at(-1) ?? '';
    return [...shownBy.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  });
  expect(checks.length).toBeGreaterThan(8);
  expect(sorted(new Set(named))).toEqual(sorted(checks));
});

describe('the glossary', () => {
  const glossary = read('docs/glossary.md');
  const types = filesIn('src/plan', '.ts').flatMap((path) =>
    [...read(path).matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = '']) => name),
  );

  it.each(types)('explains %s', (name) => {
    expect(glossary).toMatch(new RegExp(`\\*\\*${name}\\*\\*|\`${name}\``));
  });
});

describe('the prose', () => {
  it.each(documents)(
    'of %s names no folder of anybody and no tool that nobody else has',
    (path) => {
      expect(read(path)).not.toMatch(/(?<![\w.])\/(?:work|tmp|root|home|Users)\b/);
      expect(read(path)).not.toMatch(/localhost:(?!8080)|\b(?:10|172|192)\.\d+\.\d+\.\d+/);
    },
  );

  it('has every decision in the form: date, status, context, decision, consequences', () => {
    const decisions = filesIn('docs/decisions', '.md');
    expect(decisions.map((path) => /\/(\d{4})-/.exec(path)?.[1])).toEqual(
      decisions.map((_, index) => String(index + 1).padStart(4, '0')),
    );
    for (const path of decisions) {
      expect(read(path)).toMatch(
        /^# \d+\. .+\n\nDate: \d{4}-\d\d-\d\d\. Status: \w+\.\n\n## Context\n.+\n## Decision\n.+\n## Consequences\n/s,
      );
    }
  });
});
