// Commands people typed: stored before Slack hears "received", answered once.

import { z } from 'zod';
import type { Message } from '../../message/message.ts';
import type { StoredCommand, Transaction } from '../../ports.ts';
import type { Sql } from '../postgres.ts';

const commandRow = z.object({
  id: z.string(),
  name: z.string(),
  words: z.string(),
  user_id: z.string(),
  channel_id: z.string(),
  response_url: z.string(),
  received_at: z.date(),
  reply: z.string().nullable(),
});

const columns = 'id, name, words, user_id, channel_id, response_url, received_at, reply';

function toCommand(row: z.output<typeof commandRow>): StoredCommand {
  return {
    id: row.id,
    name: row.name,
    words: row.words,
    userId: row.user_id,
    channelId: row.channel_id,
    responseUrl: row.response_url,
    receivedAt: row.received_at,
    ...(row.reply !== null && { reply: JSON.parse(row.reply) as Message }),
  };
}

/** Slack lets us answer a command for 30 minutes; after that nobody would see it. */
const answerableMs = 30 * 60_000;

export function commandsOn(sql: Sql): Transaction['commands'] {
  return {
    async store(command, dedupeKey) {
      const added = await sql.run(
        `insert into command (id, dedupe_key, name, words, user_id, channel_id, response_url, received_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (dedupe_key) do nothing`,
        [
          command.id,
          dedupeKey,
          command.name,
          command.words,
          command.userId,
          command.channelId,
          command.responseUrl,
          command.receivedAt,
        ],
      );
      return added === 1;
    },
    async takeWaiting(now, holdMs) {
      const [row] = await sql.rows(
        commandRow,
        `update command set claimed_until = $2 where id = (
           select id from command
            where answered_at is null and received_at > $3 and (claimed_until is null or claimed_until < $1)
            order by received_at limit 1 for update skip locked)
         returning ${columns}`,
        [now, new Date(now.getTime() + holdMs), new Date(now.getTime() - answerableMs)],
      );
      return row && toCommand(row);
    },
    async find(id) {
      const [row] = await sql.rows(commandRow, `select ${columns} from command where id = $1`, [
        id,
      ]);
      return row && toCommand(row);
    },
    async carriedOut(id, reply) {
      await sql.run('update command set reply = $2 where id = $1', [id, JSON.stringify(reply)]);
    },
    async forget(before) {
      return sql.run('delete from command where received_at < $1', [before]);
    },
    async answered(id, at) {
      await sql.run('update command set answered_at = $2 where id = $1', [id, at]);
    },
  };
}
