// Runs PostgreSQL's own programs as the server's user and collects what they say.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { ServerUser } from './binaries.ts';
import type { Cluster } from './cluster.ts';

export interface Finished {
  readonly code: number;
  readonly output: string;
}

/** Runs a program to its end; a program that cannot be started has code 127. Never rejects. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { user }: { readonly user?: ServerUser | undefined },
): Promise<Finished> {
  return new Promise((done) => {
    // `detached` gives it a session of its own: Ctrl-C in the terminal must not reach the server before the app.
    // The root folder is the one place every user can stand in; the programs ask for the current folder.
    const child = spawn(program, args, {
      ...user,
      cwd: '/',
      detached: true,
      env: programEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (part: Buffer) => {
      output += part.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => done({ code: 127, output: error.message }));
    // Not `close`: a started server may hold the pipes open.
    child.once('exit', (code) => {
      setImmediate(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        done({ code: code ?? 1, output: output.trim() });
      });
    });
  });
}

/**
 * Leaves a small process that stops the server at once when this process ends in whatever way.
 * Returns the function that calls it off.
 */
export function stopWhenParentEnds({ dataDirectory, user }: Cluster, bin: string): () => void {
  // `read` blocks until our end of the pipe closes, which the kernel does even after kill -9.
  const watch = spawn(
    '/bin/sh',
    [
      '-c',
      'read -r word; [ "$word" = off ] || exec "$0" -D "$1" -m immediate stop',
      join(bin, 'pg_ctl'),
      dataDirectory,
    ],
    {
      ...user,
      cwd: '/',
      detached: true,
      env: programEnvironment(),
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  );
  watch.on('error', () => undefined);
  watch.stdin.on('error', () => undefined);
  watch.unref();
  if ('unref' in watch.stdin && typeof watch.stdin.unref === 'function') watch.stdin.unref();
  return () => {
    watch.stdin.end('off\n');
  };
}

/** Only what the programs need: variables such as PGDATA or PGPORT would change what they do. */
function programEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}
