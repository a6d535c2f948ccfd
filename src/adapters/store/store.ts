// The store: every table's statements behind one transaction.

import type pg from 'pg';
import { OperationError } from '../../errors.ts';
import type { Store, Transaction } from '../../ports.ts';
import { type Sql, withTransaction } from '../postgres.ts';
import { alertsOn } from './alerts.ts';
import { auditOn } from './audit.ts';
import { commandsOn } from './commands.ts';
import { leasesOn } from './leases.ts';
import { locksOn, stopsOn } from './locks-and-stops.ts';
import { messagesOn } from './messages.ts';
import { plansOn } from './plans.ts';
import { runsOn } from './runs.ts';
import { schedulesOn } from './schedules.ts';
import { votesOn } from './votes.ts';

/** A transaction that gave way to another one is done again this often in all; its work has no effect outside. */
const attemptsMax = 3;

export function createStore(pool: pg.Pool): Store {
  return {
    async transaction(work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await withTransaction(pool, (sql) => work(transactionOn(sql)));
        } catch (error) {
          const contended = error instanceof OperationError && error.code === 'contended';
          if (!contended || attempt === attemptsMax) throw error;
        }
      }
    },
  };
}

function transactionOn(sql: Sql): Transaction {
  return {
    alerts: alertsOn(sql),
    commands: commandsOn(sql),
    plans: plansOn(sql),
    votes: votesOn(sql),
    runs: runsOn(sql),
    leases: leasesOn(sql),
    locks: locksOn(sql),
    stops: stopsOn(sql),
    schedules: schedulesOn(sql),
    messages: messagesOn(sql),
    audit: auditOn(sql),
  };
}
