// What carrying out a plan of deeds takes, and no more: the ledger, the databases and a clock, in the test as in a child.

import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'pg';
import { randomId } from '../../../src/adapters/clock.ts';
import { createDatabases } from '../../../src/adapters/databases.ts';
import { createStore } from '../../../src/adapters/store/store.ts';
import type { System } from '../../../src/plan/system.ts';
import type { Checkpoint, Clock } from '../../../src/ports.ts';
import { parseProfile } from '../../../src/profile/parse-profile.ts';
import { Secret } from '../../../src/secret.ts';
import type { Parts } from '../../../src/workflow/parts.ts';

/** A session with this setting is held in the middle of what it does; see `holdsUp` in the test. */
const held = 'killed.held';

/** Sleeps are this much shorter than asked for. */
const hurry = 50;

export interface Carrying {
  /** Where the plan is kept. */
  readonly ledger: string;
  /** The database that is changed. */
  readonly target: string;
  readonly system: Omit<System, 'profile'>;
  /** The text of its profile: what is made of it holds functions, which do not come to another process. */
  readonly profile: string;
  /** Of the clock, before the real time. */
  readonly aheadMs: number;
  /** From its first announced write on its sessions are held. */
  readonly isHeld: boolean;
}

/** The caller ends the pool. */
export function runParts(
  { ledger, target, system: rest, profile: text, aheadMs, isHeld }: Carrying,
  checkpoint: Checkpoint,
): { readonly parts: Parts; readonly pool: Pool } {
  const pool = new Pool({ connectionString: ledger, max: 4 });
  pool.on('error', () => undefined);
  const profile = parseProfile(text, 'sets.yaml');
  if (!profile.ok) throw new Error('the profile is not read');
  const system: System = { ...rest, profile: profile.value };
  const systems = new Map([[system.id, system]]);
  let isWriting = false;
  const url = new URL(target);
  const secretOf = async () => {
    if (isHeld && isWriting) url.searchParams.set('options', `-c ${held}=on`);
    return new Secret(url.href);
  };
  const clock: Clock = {
    now: () => new Date(Date.now() + aheadMs),
    sleep: (ms, signal) =>
      pause(ms / hurry, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
  };
  const nothing = () => {};
  // No cluster, no chat and no metrics: a plan of deeds needs none.
  const parts = {
    store: createStore(pool),
    systems,
    databases: createDatabases({ systems, secretOf, ownServer: async () => 'another' }),
    clusters: {},
    allowed: new Map(),
    queue: { add: async () => {}, depth: async () => 0 },
    clock,
    newId: randomId,
    checkpoint: (point) => {
      isWriting ||= point === 'write-announced';
      checkpoint(point);
    },
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    counters: {
      alerts: nothing,
      vote: nothing,
      run: nothing,
      slackCall: nothing,
      limitMet: nothing,
      untold: nothing,
      degraded: nothing,
    },
    wake: nothing,
  } satisfies Partial<Record<keyof Parts, unknown>> & { checkpoint: Checkpoint };
  return { parts: parts as unknown as Parts, pool };
}
