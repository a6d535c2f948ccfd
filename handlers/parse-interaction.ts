// Reads what Slack delivers at the doors: only the fields a handler needs, each checked, the rest ignored.

import { z } from 'zod';
import { reasonInput } from '../src/message/action-ids.ts';
import { type PlanToken, parsePlanToken } from '../src/message/plan-token.ts';
import type { SpokenCommand } from '../src/workflow/receive-command.ts';

/** PostgreSQL stores no NUL in text; nobody types one. */
const text = z.string().transform((value) => value.replaceAll('\u0000', ''));
const userId = z.string().regex(/^[UW][A-Z0-9]{2,40}$/);

const slashCommand = z.object({
  command: z.string().startsWith('/'),
  text: text.default(''),
  user_id: userId,
  channel_id: z.string(),
  response_url: z.url(),
  trigger_id: z.string().min(1),
});

/** @throws ZodError for a body that is no slash command: Slack never sends one, so it is a bug or a forgery. */
export function parseSlashCommand(body: unknown): SpokenCommand {
  const parsed = slashCommand.parse(body);
  return {
    name: parsed.command,
    words: parsed.text,
    userId: parsed.user_id,
    channelId: parsed.channel_id,
    responseUrl: parsed.response_url,
    triggerId: parsed.trigger_id,
  };
}

const planClick = z.object({
  user: z.object({ id: userId }),
  trigger_id: z.string(),
  response_url: z.url(),
  actions: z.tuple([z.object({ block_id: z.string(), value: z.string() })]),
});

export interface PlanClick extends PlanToken {
  /** From the signed payload, never from the button. */
  readonly userId: string;
  readonly triggerId: string;
  readonly responseUrl: string;
}

/**
 * Exactly one action, in the block of the plan that its value names with a hash: under its card, or under what it lent.
 * @throws Error for anything else.
 */
export function parsePlanClick(body: unknown, block: 'decision' | 'lease' = 'decision'): PlanClick {
  const { blockId, ...click } = parseClick(body);
  if (blockId !== `${block}-${click.planId}`) throw notOurs();
  return click;
}

/** The same for a step of the plan: its block says which one. @throws Error for anything else. */
export function parseStepClick(body: unknown): PlanClick & { readonly position: number } {
  const { blockId, ...click } = parseClick(body);
  const position = new RegExp(`^step-${click.planId}-(\\d{1,3})$`).exec(blockId)?.[1];
  if (position === undefined) throw notOurs();
  return { ...click, position: Number(position) };
}

function parseClick(body: unknown): PlanClick & { readonly blockId: string } {
  const parsed = planClick.parse(body);
  const [action] = parsed.actions;
  const token = parsePlanToken(action.value);
  if (token === undefined) throw notOurs();
  return {
    ...token,
    blockId: action.block_id,
    userId: parsed.user.id,
    triggerId: parsed.trigger_id,
    responseUrl: parsed.response_url,
  };
}

function notOurs(): Error {
  return new Error('a click on a button that was not rendered by Headroom');
}

const reasonSubmission = z.object({
  user: z.object({ id: userId }),
  view: z.object({
    private_metadata: z.string(),
    state: z.object({
      values: z.object({
        [reasonInput.blockId]: z.object({
          [reasonInput.actionId]: z.object({ value: text.nullish() }),
        }),
      }),
    }),
  }),
});

export interface ReasonSubmission extends PlanToken {
  readonly userId: string;
  readonly reason: string;
}

/** The reason somebody gave in a modal of ours. @throws Error for anything else. */
export function parseReason(body: unknown): ReasonSubmission {
  const { user, view } = reasonSubmission.parse(body);
  const token = parsePlanToken(view.private_metadata);
  if (token === undefined) throw new Error('a submitted modal that was not opened by Headroom');
  const reason = view.state.values[reasonInput.blockId]?.[reasonInput.actionId]?.value ?? '';
  return { ...token, userId: user.id, reason: reason.trim() };
}
