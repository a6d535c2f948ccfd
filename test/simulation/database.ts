// A real database for one history after the other, and connections to it that break when the driver says so.

import pg from 'pg';
import { createPool } from '../../src/adapters/postgres.ts';
import type { TestServer } from '../global-setup.ts';

/** How the next connection of a process breaks: before or after its nth statement has had its effect. */
export interface Break {
  readonly statements: number;
  readonly when: 'before' | 'after';
  /** Called when it breaks. */
  readonly onBreak: () => void;
}

export interface SimulatedDatabase {
  readonly url: string;
  /** For the driver's own looks. */
  readonly pool: pg.Pool;
  /** Empties every table, which is thirty times faster than a new database. */
  clear(): Promise<void>;
  drop(): Promise<void>;
}

let made = 0;

export async function createSimulatedDatabase(server: TestServer): Promise<SimulatedDatabase> {
  made += 1;
  const name = `simulation_${process.pid}_${made}`;
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  await admin.query(`create database ${name} template ${server.template} strategy file_copy`);
  const address = new URL(server.url);
  address.pathname = `/${name}`;
  const url = address.href;
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on('error', () => undefined);
  return {
    url,
    pool,
    async clear() {
      const { rows } = await pool.query<{ tables: string }>(
        `select string_agg(format('%I', tablename), ', ') as tables from pg_tables
          where schemaname = 'public' and tablename <> 'headroom_migration'`,
      );
      // In this role no trigger fires, not even the one that keeps the trail.
      await pool.query(
        `begin; set local session_replication_role = replica; truncate ${rows[0]?.tables} restart identity; commit`,
      );
    },
    async drop() {
      await pool.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

/** The app's own pool; its connections break as ordered. */
export class BreakablePool {
  readonly pool: pg.Pool;
  /** Refuses every new transaction. */
  isAway = false;
  #break: (Break & { left: number }) | undefined;

  constructor(url: string, driver: pg.Pool) {
    this.pool = createPool(url, () => undefined);
    const connect = this.pool.connect.bind(this.pool);
    Object.assign(this.pool, {
      connect: async () => {
        if (this.isAway) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
        return connect();
      },
    });
    this.pool.on('connect', (client) => this.#watch(client, driver));
  }

  /** Orders one break; an earlier one that has not come is replaced. */
  order(broken: Break): void {
    this.#break = { ...broken, left: broken.statements };
  }

  #watch(client: pg.PoolClient, driver: pg.Pool): void {
    const query = client.query.bind(client) as unknown as (
      text: string,
      values?: readonly unknown[],
    ) => Promise<unknown>;
    const cut = async (broken: Break) => {
      const { rows } = await query('select pg_backend_pid() as pid').then(
        (result) => result as { rows: { pid: number }[] },
      );
      broken.onBreak();
      await driver.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    };
    Object.assign(client, {
      query: async (text: string, values?: readonly unknown[]) => {
        const broken = this.#due();
        if (broken?.when === 'before') await cut(broken).catch(() => undefined);
        // A backend's number cannot be asked for once it is gone, so it is looked up before the last statement.
        const answer = await query(text, values);
        if (broken?.when === 'after') {
          await cut(broken).catch(() => undefined);
          await query('select 1');
        }
        return answer;
      },
    });
  }

  #due(): Break | undefined {
    const broken = this.#break;
    if (broken === undefined) return undefined;
    broken.left -= 1;
    if (broken.left > 0) return undefined;
    this.#break = undefined;
    return broken;
  }
}
