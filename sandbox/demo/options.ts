// Reads the demo's command line.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Plays the story without a person, then ends. */
  readonly script: boolean;
  readonly mode: 'socket' | 'http';
  /** Holds everything the demo keeps; deleting it is safe when no demo runs. */
  readonly stateFolder: string;
  /** The page's port; 0 is any free one. */
  readonly pagePort: number;
  /** Jobs that wait when the alert fires. */
  readonly backlog: number;
  /** Where the script's random backlog comes from. */
  readonly seed: number;
}

export const usage = `npm run demo                 starts everything and says which page to open
npm run demo -- --script     plays the story without a person; exit code 0 when every step happened

  --http          lets Slack deliver over signed HTTP (Default: Socket Mode)
  --port N        port of the page (Default: any free one)
  --backlog N     jobs that wait when the alert fires (Default: 812)
  --seed N        for the random backlog in the script's second part (Default: random)
  --state DIR     where the demo keeps its files (Default: .headroom/demo)`;

/** The alert fires above 500; more than a million would not drain while anybody watches. */
const backlogMin = 501;
const backlogMax = 1_000_000;
const portMax = 65_535;
const seedMax = 2 ** 32 - 1;

/** Throws an Error in the words of a person when something is wrong with the arguments. */
export function parseOptions(args: readonly string[], root: string): DemoOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      script: { type: 'boolean', default: false },
      http: { type: 'boolean', default: false },
      state: { type: 'string' },
      port: { type: 'string', default: '0' },
      backlog: { type: 'string', default: '812' },
      seed: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  // npm runs scripts in the root of the checkout and tells where the person stood.
  const here = process.env['INIT_CWD'] ?? process.cwd();
  return {
    script: values.script,
    mode: values.http ? 'http' : 'socket',
    stateFolder:
      values.state === undefined ? join(root, '.headroom/demo') : resolve(here, values.state),
    pagePort: wholeNumber('--port', values.port, [0, portMax]),
    backlog: wholeNumber('--backlog', values.backlog, [backlogMin, backlogMax]),
    seed:
      values.seed === undefined
        ? Math.floor(Math.random() * seedMax)
        : wholeNumber('--seed', values.seed, [0, seedMax]),
  };
}

function wholeNumber(name: string, text: string, [min, max]: readonly [number, number]): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Error(`${name} ${text}: expected a whole number from ${min} to ${max}`);
}
