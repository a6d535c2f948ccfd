// Turns Slack's markup into nodes: formatting, links, mentions, dates in the reader's zone. Anything odd stays text.
import { h } from './dom.js';

const emoji = {
  '+1': '👍',
  '-1': '👎',
  arrow_down: '⬇️',
  arrow_up: '⬆️',
  arrows_counterclockwise: '🔄',
  bar_chart: '📊',
  bell: '🔔',
  bulb: '💡',
  chart_with_downwards_trend: '📉',
  chart_with_upwards_trend: '📈',
  construction: '🚧',
  eyes: '👀',
  fire: '🔥',
  hammer_and_wrench: '🛠️',
  heavy_check_mark: '✔️',
  hourglass: '⌛',
  hourglass_flowing_sand: '⏳',
  information_source: 'ℹ️',
  large_blue_circle: '🔵',
  large_green_circle: '🟢',
  large_yellow_circle: '🟡',
  lock: '🔒',
  memo: '📝',
  moneybag: '💰',
  no_entry: '⛔',
  octagonal_sign: '🛑',
  point_right: '👉',
  question: '❓',
  red_circle: '🔴',
  rocket: '🚀',
  rotating_light: '🚨',
  snowflake: '❄️',
  stopwatch: '⏱️',
  tada: '🎉',
  thumbsup: '👍',
  warning: '⚠️',
  wave: '👋',
  white_check_mark: '✅',
  white_circle: '⚪',
  x: '❌',
};

const entities = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };

/** Undoes the three escapes of Slack's markup. */
export function unescaped(text) {
  return text.replace(/&(?:amp|lt|gt);/gu, (entity) => entities[entity]);
}

/** Names of emoji become characters; unknown ones stay as they are. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/gu, (whole, name) =>
    Object.hasOwn(emoji, name) ? emoji[name] : whole,
  );
}

/** Plain text: no markup, only emoji and line breaks. */
export function plain(text) {
  return lines(withEmoji(text), (line) => [line]);
}

/** Slack's markup as nodes. `reader` knows people, channels, groups and the time zone. */
export function mrkdwn(text, reader) {
  return text.split(/```/u).flatMap((part, index, parts) => {
    const isCode = index % 2 === 1 && index < parts.length - 1;
    if (isCode) return [h('pre', null, h('code', null, unescaped(part.replace(/^\n|\n$/gu, ''))))];
    const between = index % 2 === 1 ? `\`\`\`${part}` : part;
    const trimmed = between.replace(index > 0 ? /^\n/u : /^(?!)/u, '');
    return trimmed === '' ? [] : quotesAndLines(trimmed, reader);
  });
}

/** Lines that start with `>` are gathered into one quote. */
function quotesAndLines(text, reader) {
  const groups = [];
  for (const line of text.split('\n')) {
    const quoted = /^(?:&gt;|>) ?(.*)$/u.exec(line);
    const isQuote = quoted !== null;
    const last = groups.at(-1);
    const said = isQuote ? quoted[1] : line;
    if (last?.isQuote === isQuote) last.lines.push(said);
    else groups.push({ isQuote, lines: [said] });
  }
  return groups.flatMap((group) => {
    const nodes = lines(group.lines.join('\n'), (line) => inline(line, reader));
    return group.isQuote ? [h('blockquote', null, nodes)] : nodes;
  });
}

function lines(text, each) {
  return text
    .split('\n')
    .flatMap((line, index) => (index === 0 ? each(line) : [h('br'), ...each(line)]));
}

const edges = String.raw`(?<![\p{L}\p{N}])`;
const after = String.raw`(?![\p{L}\p{N}])`;
const pattern = new RegExp(
  [
    '`([^`\\n]+)`',
    '<([^<>\\n]+)>',
    `${edges}\\*(\\S|\\S[^*\\n]*?\\S)\\*${after}`,
    `${edges}_(\\S|\\S[^_\\n]*?\\S)_${after}`,
    `${edges}~(\\S|\\S[^~\\n]*?\\S)~${after}`,
  ].join('|'),
  'u',
);

function inline(text, reader) {
  const nodes = [];
  let rest = text;
  for (;;) {
    const found = pattern.exec(rest);
    if (found === null) break;
    if (found.index > 0) nodes.push(withEmoji(unescaped(rest.slice(0, found.index))));
    nodes.push(formatted(found, reader));
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest !== '') nodes.push(withEmoji(unescaped(rest)));
  return nodes;
}

function formatted([whole, code, token, bold, italic, strike], reader) {
  if (code !== undefined) return h('code', null, unescaped(code));
  if (token !== undefined) return tokenNode(token, reader) ?? unescaped(whole);
  if (bold !== undefined) return h('strong', null, inline(bold, reader));
  if (italic !== undefined) return h('em', null, inline(italic, reader));
  return h('del', null, inline(strike, reader));
}

function tokenNode(token, reader) {
  const [target, ...labels] = token.split('|');
  const label = labels.length === 0 ? undefined : unescaped(labels.join('|'));
  if (target.startsWith('@')) return personNode(target.slice(1), reader, label);
  if (target.startsWith('#')) {
    const name = reader.channels.get(target.slice(1))?.name ?? label ?? target.slice(1);
    return mention(`#${name}`);
  }
  if (target.startsWith('!date^')) return dateNode(target, reader.tz, label);
  if (target.startsWith('!subteam^')) {
    const id = target.slice('!subteam^'.length);
    return mention(`@${reader.groups.get(id)?.handle ?? label ?? id}`);
  }
  if (/^!(?:here|channel|everyone)$/u.test(target)) return mention(`@${target.slice(1)}`, true);
  return link(unescaped(target), label);
}

function mention(text, isLoud = false) {
  return h('span', { class: isLoud ? 'mention loud' : 'mention' }, text);
}

/** A person's name as a mention. */
export function personNode(id, reader, label) {
  const name = reader.people.get(id)?.name ?? label ?? id;
  return mention(`@${name}`, id === reader.me);
}

/** A link, if it leads to the web or to mail; undefined for every other scheme. */
export function link(address, label) {
  if (!/^(?:https?:\/\/|mailto:)/iu.test(address)) return undefined;
  return h('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, label ?? address);
}

function dateNode(target, tz, fallback) {
  const [, seconds, format = '{date_num}', address] = target.split('^');
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return fallback ?? target;
  const text = format.replace(/\{(\w+)\}/gu, (whole, name) => datePart(name, at, tz) ?? whole);
  const node = h('time', { datetime: at.toISOString(), title: shown(at, tz, full) }, text);
  const linked = address === undefined ? undefined : link(address, '');
  linked?.append(node);
  return linked ?? node;
}

const full = { dateStyle: 'full', timeStyle: 'long' };
const dateStyles = {
  date_num: { year: 'numeric', month: '2-digit', day: '2-digit' },
  date: { dateStyle: 'long' },
  date_short: { dateStyle: 'medium' },
  date_long: { dateStyle: 'full' },
  time: { hour: 'numeric', minute: '2-digit' },
  time_secs: { hour: 'numeric', minute: '2-digit', second: '2-digit' },
};

function shown(at, tz, style) {
  return new Intl.DateTimeFormat('en-US', { ...style, timeZone: tz }).format(at);
}

function datePart(name, at, tz) {
  if (name === 'ago') return ago(at);
  const isPretty = name.endsWith('_pretty');
  const style = dateStyles[name.replace(/_pretty$/u, '')];
  if (style === undefined) return undefined;
  if (isPretty) {
    const day = (date) => shown(date, tz, dateStyles.date_num);
    const near = [
      [0, 'today'],
      [-1, 'yesterday'],
      [1, 'tomorrow'],
    ];
    for (const [days, word] of near) {
      if (day(at) === day(new Date(Date.now() + days * 86_400_000))) return word;
    }
  }
  return shown(at, tz, style);
}

function ago(at) {
  const minutes = Math.round((at.getTime() - Date.now()) / 60_000);
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  if (Math.abs(minutes) < 60) return words.format(minutes, 'minute');
  if (Math.abs(minutes) < 1440) return words.format(Math.round(minutes / 60), 'hour');
  return words.format(Math.round(minutes / 1440), 'day');
}
