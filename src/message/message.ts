// The few shapes our messages are made of, escaped and cut to Slack's limits in one place.

import type {
  ActionsBlock,
  Button,
  ConfirmationDialog,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  ModalView,
  SectionBlock,
} from '@slack/types';
import { listed } from '../words/listed.ts';
import { slackLimits } from './limits.ts';

/** `text` is the notification and what a screen reader says. */
export interface Message {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

export type Modal = ModalView;

/** Text from outside made harmless: Slack reads only these three characters as markup for mentions and links. */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Longer texts are not looked at: annotations may be megabytes, and nothing of ours shows more. */
const lookedAtChars = 10_000;

/** Text from outside on one line, without control characters and without marks that turn the reading direction around. */
export function plainLine(text: string): string {
  return text
    .slice(0, lookedAtChars)
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[\s\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim();
}

/** Marks that Slack reads as formatting; not an underscore inside a word, nor an asterisk between spaces, as in SQL. */
const formattingMark = /[~`]|(?<! )\*|\*(?! )|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g;

function fullWidth(mark: string): string {
  return String.fromCodePoint((mark.codePointAt(0) ?? 0) + 0xfee0);
}

/**
 * Text from outside as literal words: escaped, on one line, at most `maxChars` long with all that is added, and with
 * the marks for bold, italic, strike and code replaced by their full-width twins, so that a label cannot dress up
 * as ours or push ours off the card.
 */
export function literal(text: string, maxChars: number): string {
  // Every character takes at least one place, so no more of them can be needed.
  const line = plainLine(text).slice(0, maxChars + 1);
  const characters = Array.from(line.replace(formattingMark, fullWidth), escapeMrkdwn);
  const whole = characters.join('');
  if (whole.length <= maxChars) return whole;
  let kept = '';
  for (const character of characters) {
    if (kept.length + character.length >= maxChars) break;
    kept += character;
  }
  return `${kept}…`;
}

/** A statement or command in a code span: escaped and on one line, else word for word, since people copy it. */
export function codeSpan(text: string, maxChars: number): string {
  return `\`${cutMarkup(escapeMrkdwn(plainLine(text).replaceAll('`', "'")), maxChars)}\``;
}

/**
 * A stored sentence of ours with words from outside in it: literal, but with a capital, a full stop, and the person it
 * says it was done by alive (`by <@U…>`). Empty stays empty.
 */
export function sentence(text: string, maxChars: number): string {
  const words = literal(text, maxChars).replace(
    /\bby &lt;@([UW][A-Z0-9]{2,20})&gt;/,
    (_, user: string) => `by <@${user}>`,
  );
  if (words === '') return '';
  // A name with a hyphen or a digit in it is a name and stays as it is.
  const capital = /^[a-z]+[ ,:]/.test(words)
    ? words.charAt(0).toUpperCase() + words.slice(1)
    : words;
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}

/** Who did it: a person of the workspace, or the words that stand in place of one. */
export function person(by: string): string {
  return /^[UW][A-Z0-9]{2,20}$/.test(by) ? `<@${by}>` : literal(by, 80);
}

/** "@ann, @bob and 3 others"; mentions, because Slack shows their names. */
export function people(userIds: readonly string[], namedMax = 5): string {
  const names = userIds.slice(0, namedMax).map(person);
  const others = userIds.length - names.length;
  const all = others > 0 ? [...names, others === 1 ? '1 other' : `${others} others`] : names;
  return listed(all);
}

/** Cuts by characters a person sees, with an ellipsis, never through a surrogate pair. */
export function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const head = text.slice(0, Math.max(0, maxChars - 1));
  return `${/[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head}…`;
}

export function header(text: string): HeaderBlock {
  return {
    type: 'header',
    text: {
      type: 'plain_text',
      text: cut(plainLine(text), slackLimits.header.textChars),
      emoji: true,
    },
  };
}

/**
 * `mrkdwn` must be ours or escaped already. Too long a text loses whole lines from its end, never half a mark.
 * Slack shall not find links, channels and people in it by itself: what is one, is marked as one.
 */
export function section(
  mrkdwn: string,
  maxChars: number = slackLimits.section.textChars,
): SectionBlock {
  return {
    type: 'section',
    text: { type: 'mrkdwn', text: fitLines(mrkdwn, maxChars), verbatim: true },
  };
}

/** Lines in as many sections as they need, up to `sectionsMax` and `charsMax` of all; what does not fit is counted. */
export function sections(
  lines: readonly string[],
  sectionsMax = 4,
  charsMax = Number.POSITIVE_INFINITY,
): SectionBlock[] {
  // The last line, which counts the others, needs room too.
  const room = slackLimits.section.textChars - 40;
  const texts: string[] = [];
  let shown = 0;
  let chars = 40;
  for (const line of lines) {
    chars += Math.min(line.length, room) + 1;
    if (chars > charsMax) break;
    const last = texts.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= room) {
      texts[texts.length - 1] = `${last}\n${line}`;
    } else if (texts.length < sectionsMax) {
      texts.push(line);
    } else {
      break;
    }
    shown += 1;
  }
  const others = lines.length - shown;
  return texts.map((text, index) =>
    section(others > 0 && index === texts.length - 1 ? `${text}\n… and ${others} more` : text),
  );
}

export function context(...texts: readonly string[]): ContextBlock {
  return {
    type: 'context',
    elements: texts.slice(0, slackLimits.context.elements).map((text) => ({
      type: 'mrkdwn',
      text: fitLines(text, slackLimits.context.textChars),
      verbatim: true,
    })),
  };
}

/** What a button asks before it does anything; `text` is ours or escaped already. */
export interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly no: string;
}

export function button(options: {
  readonly actionId: string;
  readonly text: string;
  readonly value: string;
  readonly style?: 'primary' | 'danger';
  readonly label?: string;
  readonly ask?: Question | undefined;
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
    ...(options.ask === undefined ? {} : { confirm: dialog(options.ask) }),
  };
}

function dialog({ title, text, yes, no }: Question): ConfirmationDialog {
  return {
    title: { type: 'plain_text', text: title },
    text: { type: 'mrkdwn', text: fitLines(text, slackLimits.confirm.textChars), verbatim: true },
    confirm: { type: 'plain_text', text: yes },
    deny: { type: 'plain_text', text: no },
  };
}

export function actions(blockId: string, elements: readonly Button[]): ActionsBlock {
  return { type: 'actions', block_id: blockId, elements: [...elements] };
}

/** Blocks with what a notification and a screen reader say; too long a text loses whole lines. */
export function fallback(mrkdwn: string, blocks: readonly KnownBlock[]): Message {
  return { text: fitLines(mrkdwn, fallbackChars), blocks };
}

/** Nobody reads more in a notification; Slack itself advises to stay below 4,000. */
const fallbackChars = 1_000;

/** A message of one paragraph, with the same words as its fallback. */
export function plainMessage(mrkdwn: string): Message {
  return fallback(mrkdwn, [section(mrkdwn)]);
}

/** A moment in the reader's own zone; clients that cannot show it get UTC. */
export function when(at: Date): string {
  const utc = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `<!date^${Math.floor(at.getTime() / 1000)}^{date_short_pretty} {time}|${utc}>`;
}

/** "4 s", "12 min", "3 h": how long, in the largest unit that is honest. */
export function span(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** A measured number with its unit: "812 jobs", and "84 %" for a share of one. */
export function amount(value: number, unit: string): string {
  if (unit === 'ratio') {
    return `${(value * 100).toLocaleString('en-US', { maximumFractionDigits: 1 })} %`;
  }
  return `${figure(value)} ${unit}`.trimEnd();
}

/** A number for people: at most three decimals, thousands apart. */
export function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}

/** "$365", "$182.50": cents only where there are some, and none from a thousand on. */
export function dollars(usd: number): string {
  const size = Math.abs(usd);
  const whole = size >= 1_000 || Math.abs(size - Math.round(size)) < 0.005;
  const digits = whole ? 0 : 2;
  const text = size.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `$${text}`;
}

/** What a month costs more or less: "+$219/month", "−$12.50/month", "no change in cost". */
export function costDelta(usdPerMonth: number): string {
  if (Math.abs(usdPerMonth) < 0.005) return 'no change in cost';
  return `${usdPerMonth > 0 ? '+' : '−'}${dollars(usdPerMonth)}/month`;
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
  return kept.length === 0 ? cutMarkup(text, maxChars) : `${kept.join('\n')}\n…`;
}

/** A single line too long: what is left of a mention or a date that the cut went through goes as well. */
function cutMarkup(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const head = cut(text, maxChars).slice(0, -1);
  return `${head.replace(/<[^<>]*$/, '').replace(/&[a-z]{0,4}$/, '')}…`;
}

/** "1 change", "3 changes". */
export const counted = (count: number, what: string): string =>
  `${figure(count)} ${what}${count === 1 ? '' : 's'}`;
