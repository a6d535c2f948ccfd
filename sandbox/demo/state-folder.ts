// The folder a demo keeps its files in: one demo at a time, and whatever a killed one left there is cleaned up first.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../postgres/binaries.ts';
import { killGroup, processOf } from './processes.ts';
import { StepFailed } from './steps.ts';

export interface StateFolder {
  readonly path: string;
  /** The path of a file in it. */
  file(name: string): string;
  /** Writes a file that only its owner may read, and returns its path. */
  write(name: string, text: string): Promise<string>;
  /** Lets the next demo have it. */
  release(): Promise<void>;
}

/**
 * Takes the folder for this process. Ends an app that a killed demo left running.
 * Throws in the words of a person when another demo runs on it.
 */
export async function claimStateFolder(
  path: string,
  say: (words: string) => void,
): Promise<StateFolder> {
  await makeFolder(path);
  const file = (name: string): string => join(path, name);
  const demo = await processOf(file('demo.pid'), ['demo.mjs']);
  if (demo !== undefined && demo !== process.pid) {
    throw new StepFailed(
      `A demo already runs here (process ${demo}). Stop it with Ctrl-C, or start another one with --state and a folder of its own.`,
    );
  }
  const app = await processOf(file('app.pid'), ['headroom.js', 'serve']);
  if (app !== undefined) {
    await killGroup(app);
    say(`Ended the app that an earlier demo left running (process ${app}).`);
  }
  await writeFile(file('demo.pid'), String(process.pid));
  await rm(file('app.pid'), { force: true });
  return {
    path,
    file,
    write: async (name, text) => {
      await writeFile(file(name), text, { mode: 0o600 });
      return file(name);
    },
    release: () => rm(file('demo.pid'), { force: true }),
  };
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error;
    throw new StepFailed(
      `${path} cannot be made by this user; choose another place with --state.`,
      {
        cause: error,
      },
    );
  }
}
