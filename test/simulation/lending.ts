// Stories of lent capacity begin alike: six workers carry what arrives, more are lent, and time passes until they go back.

import { afterAll, beforeAll, expect, inject } from 'vitest';
import type { AppProcess } from './app-process.ts';
import { createSimulatedDatabase, type SimulatedDatabase } from './database.ts';
import { readProfiles } from './main.ts';
import { namespace, type Rules } from './scene.ts';
import { pass, propose, through, untilOver } from './story.ts';
import { World, type WorldParts } from './world.ts';

export const minuteMs = 60_000;
export const rules = { mode: 'apply', required: 1 } as const;
export const worker = { kind: 'Deployment', namespace, name: 'worker' };

/** A lease as it is stored. */
export interface StoredLease {
  readonly state: string;
  readonly note: string | null;
  readonly held: string | null;
  readonly due_at: Date;
}

/** One database for all stories of a file, and what is done in each of them. */
export class Lending {
  #database: SimulatedDatabase | undefined;

  constructor() {
    beforeAll(async () => {
      this.#database = await createSimulatedDatabase(inject('testServer'));
    });
    afterAll(async () => {
      await this.database.drop();
    });
  }

  get database(): SimulatedDatabase {
    if (this.#database === undefined) throw new Error('no story has begun');
    return this.#database;
  }

  /** Six workers carry what arrives, and nothing waits. */
  async inWorld(
    work: (world: World, process: AppProcess) => Promise<void>,
    { frozen, ...more }: Pick<WorldParts, 'clusterDeadlineMs'> & Pick<Rules, 'frozen'> = {},
  ): Promise<void> {
    const { database } = this;
    const world = await World.start({ seed: 1, database, profiles: await readProfiles(), ...more });
    try {
      world.backlog = 0;
      world.cluster.control.patch(worker, { spec: { replicas: 6 } });
      await pass(world, 5_000);
      await work(world, world.startProcess({ ...rules, ...(frozen && { frozen }) }));
      expect(world.bugs).toEqual([]);
    } finally {
      await world.stop();
    }
  }

  async lease(planId?: string): Promise<StoredLease> {
    const { rows } = await this.database.pool.query<StoredLease>(
      'select state, note, held, due_at from lease where $1::text is null or plan_id = $1 order by lent_at desc',
      [planId ?? null],
    );
    const [newest] = rows;
    if (newest === undefined) throw new Error('nothing is lent');
    return newest;
  }

  async lend(world: World, process: AppProcess, words = 'replicas=9 for=2h'): Promise<void> {
    await propose(world, process, `gl-008/worker ${words}`);
    expect((await untilOver(world)).state).toBe('applied');
    expect((await this.lease()).state).toBe('lent');
  }
}

/** The sweeper looks, and what it begins is carried out. */
export async function mind(world: World, process: AppProcess): Promise<void> {
  await through(world, () => process.loop('runs'));
  for (const run of world.queue.splice(0)) await through(world, () => process.run(run));
  await pass(world, 5_000);
}
