// The demo: starts a world without accounts and the unchanged app in it, and lets a person or a script play the story.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AppProcess } from './app-process.ts';
import { Closers } from './closers.ts';
import { randomBacklog } from './expected.ts';
import { followStory, instructions } from './follow.ts';
import { type DemoOptions, parseOptions, usage } from './options.ts';
import { startEverything } from './start.ts';
import { claimStateFolder } from './state-folder.ts';
import { StepFailed, Steps } from './steps.ts';
import { fireAlert, type Play, playRandomBacklog, playStory, verifyAudit } from './story.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const print = (line: string): void => console.log(line);
/** Long enough to watch, short enough to stay. */
const drainSecondsWatched = 25;
const drainSecondsScripted = 8;

/** A signal asked the demo to end. */
class Interrupted extends Error {
  readonly code: number;
  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super(signal);
    // What a shell reports for a program that a signal ended.
    this.code = 128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[signal];
  }
}

process.exit(await main());

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'number') return options;
  const ending = new AbortController();
  const closers = new Closers();
  const steps = new Steps(print);
  let app: AppProcess | undefined;
  endOnSignals(ending, () => app?.killNow());
  let code: number;
  try {
    code = await run({ options, closers, steps, ending }, (started) => {
      app = started;
    });
  } catch (error) {
    code = await report(error, { options, steps, app });
  }
  ending.abort();
  for (const trouble of await closers.closeAll()) {
    console.error(trouble);
    code = code === 0 ? 1 : code;
  }
  return code;
}

function readOptions(): DemoOptions | number {
  try {
    const options = parseOptions(process.argv.slice(2), root);
    if (options !== 'help') return options;
    print(usage);
    return 0;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
}

async function run(
  {
    options,
    closers,
    steps,
    ending,
  }: {
    readonly options: DemoOptions;
    readonly closers: Closers;
    readonly steps: Steps;
    readonly ending: AbortController;
  },
  onApp: (app: AppProcess) => void,
): Promise<number> {
  const { signal } = ending;
  const folder = await claimStateFolder(options.stateFolder, (words) => steps.say(words));
  closers.add('the claim on the state folder', () => folder.release());
  const running = await startEverything(
    { options, root, folder, closers, steps, signal },
    (app) => {
      onApp(app);
      // Until somebody ends the demo, an app that ends has failed.
      void app.ended.then((words) => ending.abort(new Error(`the app ${words}`)));
    },
  );
  const drainSeconds = options.script ? drainSecondsScripted : drainSecondsWatched;
  const play: Play = { ...running, steps, signal, drainSeconds };
  if (options.script) return playScript(play, options);
  const { card } = await fireAlert(play, options.backlog);
  print(instructions(running.world.slack.pageUrl));
  return followStory(play, card.ts);
}

async function playScript(play: Play, { backlog, seed }: DemoOptions): Promise<number> {
  const checkpoint = await playStory(play, backlog);
  await verifyAudit(play, checkpoint);
  play.steps.say(`Once more with a backlog nobody chose (--seed ${seed}):`);
  await playRandomBacklog(play, randomBacklog(seed));
  await verifyAudit(play, checkpoint);
  print('\nEvery step happened.');
  return 0;
}

/** Ends in order at the first signal, and at once at the second. */
function endOnSignals(ending: AbortController, killApp: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (ending.signal.aborted) {
        killApp();
        process.exit(1);
      }
      if (process.stdout.isTTY) print('\nStopping …');
      ending.abort(new Interrupted(signal));
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => ending.abort(error));
  }
}

async function report(
  error: unknown,
  {
    options,
    steps,
    app,
  }: { readonly options: DemoOptions; readonly steps: Steps; readonly app: AppProcess | undefined },
): Promise<number> {
  if (error instanceof Interrupted) {
    // For a person Ctrl-C is how the demo ends; a script that was stopped has not done its work.
    return error.message === 'SIGINT' && !options.script ? 0 : error.code;
  }
  const words = error instanceof Error ? error.message : String(error);
  steps.failed(words);
  if (!(error instanceof StepFailed) && error instanceof Error && app === undefined) {
    console.error(error.stack);
  }
  if (app !== undefined) {
    const log = relative(process.cwd(), `${options.stateFolder}/app.log`);
    console.error(`\nThe end of the app's log (${log}):\n${await app.lastWords()}`);
  }
  return 1;
}
