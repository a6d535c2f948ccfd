// The few shapes our messages are made of, escaped and cut to Slack's limits in one place.

import type {
  ActionsBlock,
  Button,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  ModalView,
  SectionBlock,
} from '@slack/types';
import { slackLimits } from './limits.ts';

/** What is sent to Slack. `text` is the notification and what a screen reader says. */
export interface Message {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

export type Modal = ModalView;

/** Text from outside made harmless: Slack reads only these three characters as markup for mentions and links. */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Text from outside as literal words: escaped, on one line, cut, and with the marks for bold, italic, strike and
 * code taken out of force by a zero-width space, so that a label cannot dress up as ours.
 */
export function literal(text: string, maxChars: number): string {
  const line = cut(text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim(), maxChars);
  return escapeMrkdwn(line).replace(/([*_~`])/g, '\u200b$1\u200b');
}

/** Cuts by characters a person sees, with an ellipsis, never through a surrogate pair. */
export function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const head = text.slice(0, maxChars - 1);
  return `${/[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head}…`;
}

export function header(text: string): HeaderBlock {
  return {
    type: 'header',
    text: { type: 'plain_text', text: cut(text, slackLimits.header.textChars), emoji: true },
  };
}

/** `mrkdwn` must be ours or escaped already. Too long a text loses whole lines from its end, never half a mark. */
export function section(mrkdwn: string): SectionBlock {
  return {
    type: 'section',
    text: { type: 'mrkdwn', text: fitLines(mrkdwn, slackLimits.section.textChars) },
  };
}

export function fields(texts: readonly string[]): SectionBlock {
  return {
    type: 'section',
    fields: texts
      .slice(0, slackLimits.section.fields)
      .map((text) => ({ type: 'mrkdwn', text: fitLines(text, slackLimits.section.fieldChars) })),
  };
}

export function context(...texts: readonly string[]): ContextBlock {
  return {
    type: 'context',
    elements: texts
      .slice(0, slackLimits.context.elements)
      .map((text) => ({ type: 'mrkdwn', text: fitLines(text, slackLimits.context.textChars) })),
  };
}

export function button(options: {
  readonly actionId: string;
  readonly text: string;
  readonly value: string;
  readonly style?: 'primary' | 'danger';
  readonly label?: string;
}): Button {
  return {
    type: 'button',
    action_id: options.actionId,
    text: {
      type: 'plain_text',
      text: cut(options.text, slackLimits.button.textVisibleChars),
      emoji: true,
    },
    value: options.value,
    ...(options.style === undefined ? {} : { style: options.style }),
    ...(options.label === undefined
      ? {}
      : { accessibility_label: cut(options.label, slackLimits.button.accessibilityLabelChars) }),
  };
}

export function actions(blockId: string, elements: readonly Button[]): ActionsBlock {
  return { type: 'actions', block_id: blockId, elements: [...elements] };
}

/** A message of one paragraph, with the same words as its fallback. */
export function plainMessage(mrkdwn: string): Message {
  return { text: cut(mrkdwn, slackLimits.message.textAdvisedChars), blocks: [section(mrkdwn)] };
}

/** A moment in the reader's own zone; clients that cannot show it get UTC. */
export function when(at: Date): string {
  const fallback = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `<!date^${Math.floor(at.getTime() / 1000)}^{date_short_pretty} {time}|${fallback}>`;
}

/** "4 s", "12 min", "3 h": how long, in the largest unit that is honest. */
export function span(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** A number for people: at most three decimals, thousands apart. */
export function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}

/** Dollars a month with their sign: "+$233", "−$12.50", "no change in cost". */
export function costDelta(usdPerMonth: number): string {
  if (Math.abs(usdPerMonth) < 0.005) return 'no change in cost';
  const size = Math.abs(usdPerMonth);
  const digits = size >= 100 ? 0 : 2;
  const amount = size.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${usdPerMonth > 0 ? '+' : '−'}$${amount}/month`;
}

function fitLines(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text === '' ? ' ' : text;
  const kept: string[] = [];
  let length = 0;
  for (const line of text.split('\n')) {
    if (length + line.length + 1 > maxChars - 2) break;
    kept.push(line);
    length += line.length + 1;
  }
  return kept.length === 0 ? cut(text, maxChars) : `${kept.join('\n')}\n…`;
}
