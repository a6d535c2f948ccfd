// Messages owed to Slack: one row a message, one caller a channel, the newest version only.

import { z } from 'zod';
import type { OwedMessage, Transaction } from '../../ports.ts';
import type { Sql } from '../postgres.ts';
import { countRow, present } from './rows.ts';

const owedRow = z.object({
  key: z.string(),
  planId: z.string(),
  channel: z.string(),
  wanted: z.number(),
  ts: z.string().nullable(),
  sentHash: z.string().nullable(),
  attempts: z.number(),
});

function kindOf(key: string): Pick<OwedMessage, 'kind' | 'number'> {
  const [kind, , number] = key.split(':');
  return {
    kind: z.enum(['card', 'progress', 'outcome', 'lease']).parse(kind),
    ...(number !== undefined && { number: Number(number) }),
  };
}

export function messagesOn(sql: Sql): Transaction['messages'] {
  /** Before anything is done to a message: `takeOwed` locks the two in this order. */
  async function free(channel: string, at: Date): Promise<void> {
    await sql.run(
      'update slack_channel set next_call_at = greatest(next_call_at, $2), lease_until = null where channel = $1',
      [channel, at],
    );
  }
  return {
    async want({ kind, planId, channel, run, number = run }) {
      const key = number === undefined ? `${kind}:${planId}` : `${kind}:${planId}:${number}`;
      await sql.run(
        `insert into message (key, plan_id, channel) values ($1, $2, $3)
         on conflict (key) do update set wanted = message.wanted + 1, retry_at = null, problem = null`,
        [key, planId, channel],
      );
      await sql.run(
        `insert into slack_channel (channel, next_call_at) values ($1, '-infinity') on conflict do nothing`,
        [channel],
      );
    },
    async takeOwed(now, holdMs) {
      const [row] = await sql.rows(
        z.object({ channel: z.string() }),
        `update slack_channel c set lease_until = $2 where c.channel = (
           select c2.channel from slack_channel c2 join message m on m.channel = c2.channel
            where c2.next_call_at <= $1 and (c2.lease_until is null or c2.lease_until <= $1)
              and m.sent < m.wanted and (m.retry_at is null or m.retry_at <= $1)
              and (m.key like 'card:%' or exists
                    (select from message card where card.key = 'card:' || m.plan_id and card.ts is not null))
            order by m.position limit 1 for update of c2 skip locked)
         returning c.channel`,
        [now, new Date(now.getTime() + holdMs)],
      );
      if (row === undefined) return undefined;
      const [owed] = await sql.rows(
        owedRow,
        `select key, plan_id as "planId", channel, wanted, ts, sent_hash as "sentHash", attempts from message m
          where channel = $1 and sent < wanted and (retry_at is null or retry_at <= $2)
            and (m.key like 'card:%' or exists
                  (select from message card where card.key = 'card:' || m.plan_id and card.ts is not null))
          order by position limit 1`,
        [row.channel, now],
      );
      if (owed === undefined) {
        await free(row.channel, now);
        return undefined;
      }
      // Until its answer is stored nobody knows what the message shows, and what it showed before is no reason to skip it.
      await sql.run('update message set sent_hash = null where key = $1', [owed.key]);
      return { ...present(owed), ...kindOf(owed.key) };
    },
    async cardTs(planId) {
      const [row] = await sql.rows(
        z.object({ ts: z.string().nullable() }),
        'select ts from message where key = $1',
        [`card:${planId}`],
      );
      return row?.ts ?? undefined;
    },
    async sent(message, { ts, hash }, nextCallAt) {
      await free(message.channel, nextCallAt);
      // A newer version that somebody else has sent meanwhile may now be covered by this older one, so it is owed again.
      await sql.run(
        `update message set wanted = case when sent > $2 then wanted + 1 else wanted end,
                sent_hash = case when sent > $2 then null else $4 end,
                sent = greatest(sent, $2), ts = $3, attempts = 0, retry_at = null, problem = null
          where key = $1`,
        [message.key, message.wanted, ts, hash],
      );
    },
    async failed(message, problem, retryAt, channelFreeAt) {
      await free(message.channel, channelFreeAt);
      // Without a time to try again this version is given up; the next change of state asks anew.
      await sql.run(
        `update message set attempts = attempts + 1, problem = $2, retry_at = $3,
                sent = case when $3::timestamptz is null then greatest(sent, $4) else sent end where key = $1`,
        [message.key, problem, retryAt ?? null, message.wanted],
      );
    },
    async gone(message, channelFreeAt) {
      await free(message.channel, channelFreeAt);
      await sql.run('update message set ts = null, sent = 0, sent_hash = null where key = $1', [
        message.key,
      ]);
    },
    async owed() {
      const [row] = await sql.rows(
        countRow,
        'select count(*) as count from message where sent < wanted',
      );
      return row?.count ?? 0;
    },
  };
}
