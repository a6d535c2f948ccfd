// BullMQ on the same PostgreSQL: delivers run ids quickly. It is never asked what happened; the store knows that.

import { createPostgresBackend, withBackend } from 'bullmq';
import { z } from 'zod';
import { OperationError } from '../errors.ts';
import type { Log, Queue, RunId } from '../ports.ts';
import { withinTime } from '../within-time.ts';
import { queueSchema } from './migrate.ts';
import { databaseTrouble } from './postgres.ts';

const { Queue: BullQueue, Worker } = withBackend(createPostgresBackend);

const queueName = 'runs';
const concurrency = 5;
/** BullMQ sets no deadline of its own; a database host that vanished would keep the caller for minutes. */
const addMs = 5_000;

const delivered = z.object({ planId: z.string(), number: z.number().int().positive() });

export interface RunningQueue extends Queue {
  /** Takes no new deliveries, waits for those at work, closes the connections. */
  close(): Promise<void>;
}

/**
 * Connects, and calls `onRun` for what is delivered; it may be called for the same run twice.
 * @throws when the database is away: BullMQ never recovers from that at its start, so the process must end.
 */
export async function createQueue(options: {
  readonly databaseUrl: string;
  readonly onRun: (run: RunId) => Promise<void>;
  readonly log: Log;
}): Promise<RunningQueue> {
  const connection = { connectionString: options.databaseUrl, schema: queueSchema, max: 3 };
  const onError = (err: Error) =>
    options.log.warn({ err }, 'the queue has trouble with its database');
  const queue = new BullQueue<RunId>(queueName, { connection });
  queue.on('error', onError);
  await queue.waitUntilReady();
  const worker = new Worker<RunId>(
    queueName,
    async (job) => {
      await options.onRun(delivered.parse(job.data));
    },
    {
      connection,
      concurrency,
      // A job is never tried twice by the queue: the sweeper opens the next run, after looking.
      maxStalledCount: 0,
      lockDuration: 30_000,
      stalledInterval: 10_000,
      runRetryDelay: 1_000,
    },
  );
  worker.on('error', onError);
  await worker.waitUntilReady();
  return {
    async add({ planId, number }) {
      const job = {
        jobId: `apply-${planId}-${number}`,
        attempts: 1,
        // Kept jobs would block their id, and a run that had to wait is delivered again under the same one.
        removeOnComplete: true,
        removeOnFail: true,
      };
      try {
        await withinTime(
          addMs,
          queue.add('apply', { planId, number }, job),
          () => new Error(`no answer within ${addMs} ms`),
        );
      } catch (error) {
        throw new OperationError('adding a run to the queue', {
          code: 'unavailable',
          retryable: true,
          cause: error,
        });
      }
    },
    depth: () => orTrouble(queue.getJobCountByTypes('waiting', 'active', 'delayed')),
    async close() {
      await worker.close();
      await queue.close();
    },
  };
}

async function orTrouble<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (error) {
    throw databaseTrouble('talking to the queue', error);
  }
}
