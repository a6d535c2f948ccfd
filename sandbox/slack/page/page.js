// The page itself: asks for the workspace as one person sees it, draws it, carries what they do; over 300 lines because it is one loop.
import { renderBlocks } from './blocks.js';
import { wireComposer } from './composer.js';
import { byId, fill, h, reconcile } from './dom.js';
import { fileNode } from './elements.js';
import { confirmed, showModal } from './modal.js';
import { mrkdwn } from './mrkdwn.js';

const homeTab = 'home';
const address = new URLSearchParams(location.search);
/** What this page shows: who looks, which channel (or Home), which thread. It is in the address, so a reload keeps it. */
const shown = {
  as: address.get('as') ?? '',
  channel: address.get('channel') ?? '',
  thread: address.get('thread') ?? '',
};
const seenCounts = new Map();
let state;
let reader;

// --- talking to the server --------------------------------------------------------------------

async function control(name, ...args) {
  const response = await fetch(`/_control/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ args }),
  });
  const answer = await response.json();
  if (!answer.ok) throw new Error(answer.error);
  return answer.result;
}

/** Does something as the person and says in the status line how the app took it. */
async function act(name, ...args) {
  try {
    const outcome = await control(name, ...args);
    if (outcome?.acked) say(`Acknowledged in ${outcome.ms} ms`);
    else if (outcome?.notice) say(outcome.notice);
    else say('');
  } catch (failure) {
    say(failure.message);
  }
}

function say(text) {
  byId('status').textContent = text;
}

let isLooking = false;
let lookAgain = false;

/** Looks once at a time; a change that comes meanwhile is looked at afterwards. */
async function look() {
  if (isLooking) {
    lookAgain = true;
    return;
  }
  isLooking = true;
  do {
    lookAgain = false;
    const wanted = new URLSearchParams({ as: shown.as, channel: shown.channel });
    const answer = await fetch(`/_page/state?${wanted}`);
    const isStale = wanted.get('as') !== shown.as || wanted.get('channel') !== shown.channel;
    if (isStale) lookAgain = true;
    else draw(await answer.json());
  } while (lookAgain);
  isLooking = false;
}

function go(change) {
  Object.assign(shown, change);
  const search = new URLSearchParams(Object.entries(shown).filter(([, value]) => value !== ''));
  history.replaceState(null, '', `?${search}`);
  void look();
}

function keyed(list) {
  return new Map(list.map((one) => [one.id, one]));
}

// --- drawing ----------------------------------------------------------------------------------

function draw(fresh) {
  state = fresh;
  const isKnown =
    shown.channel === homeTab || state.channels.some((one) => one.id === shown.channel);
  if (shown.as === '' || !isKnown) {
    const channel = isKnown ? shown.channel : (state.channels[0]?.id ?? '');
    return go({ as: shown.as || state.me, channel });
  }
  const people = keyed(state.people);
  const tz = people.get(state.me)?.tz ?? 'UTC';
  reader = {
    people,
    channels: keyed(state.channels),
    groups: keyed(state.groups),
    tz,
    me: state.me,
  };
  document.title = `${state.team} — ${people.get(state.me)?.name ?? ''}`;
  byId('team').textContent = state.team;
  drawActors();
  drawSide();
  drawMain();
  showModal(state.views, reader, {
    submit: (view, values) => act('submitView', state.me, view.id, values),
    close: (view, how) => act('closeView', state.me, view.id, how),
    act: (view, pressed) =>
      press(pressed, (choice) => act('clickInView', state.me, view.id, pressed.actionId, choice)),
  });
}

function fullName(id) {
  const person = reader.people.get(id);
  return `${person.realName} (@${person.name})`;
}

function drawActors() {
  const menu = byId('act-as');
  fill(menu, state.actors.join(), () =>
    state.actors.map((id) => h('option', { value: id }, fullName(id))),
  );
  menu.value = state.me;
}

function channelName(channel) {
  if (channel.kind !== 'im') return channel.name;
  const other = channel.members.find((id) => id !== state.me) ?? '';
  return reader.people.get(other)?.realName ?? channel.name;
}

function sideItem({ id, sign, name, unread }) {
  const isHere = shown.channel === id;
  return h(
    'li',
    null,
    h(
      'button',
      {
        type: 'button',
        title: name,
        class: `side-item ${isHere ? 'here' : ''} ${unread > 0 ? 'unread' : ''}`,
        'aria-current': isHere ? 'page' : null,
        'data-channel': id,
        onclick: () => openChannel(id),
      },
      h('span', { class: 'sign', 'aria-hidden': 'true' }, sign),
      h('span', { class: 'name' }, name),
      unread > 0
        ? h('span', { class: 'badge', 'aria-label': `${unread} unread` }, String(unread))
        : null,
    ),
  );
}

function drawSide() {
  const items = state.channels.map((channel) => {
    const key = `${state.me} ${channel.id}`;
    if (channel.id === shown.channel || !seenCounts.has(key)) seenCounts.set(key, channel.messages);
    const unread = Math.max(0, channel.messages - seenCounts.get(key));
    const sign = { public: '#', private: '🔒', im: '●' }[channel.kind];
    return {
      id: channel.id,
      sign,
      name: channelName(channel),
      unread,
      isDirect: channel.kind === 'im',
    };
  });
  const key = JSON.stringify([items, shown.channel, state.app]);
  const direct = items.filter((one) => one.isDirect);
  fill(byId('channels'), key, () => items.filter((one) => !one.isDirect).map(sideItem));
  fill(byId('directs'), key, () =>
    direct.length > 0 ? direct.map(sideItem) : [h('li', { class: 'none' }, 'None yet')],
  );
  const home = { id: homeTab, sign: '◆', name: state.app.name, unread: 0 };
  fill(byId('apps'), key, () => (state.app.homeTab ? [sideItem(home)] : []));
}

function openChannel(id) {
  go({ channel: id, thread: '' });
  if (id === homeTab) void act('openHome', state.me);
}

function drawMain() {
  const isHome = shown.channel === homeTab;
  const channel = reader.channels.get(shown.channel);
  byId('home').hidden = !isHome;
  byId('messages').hidden = isHome;
  byId('composer').hidden = isHome;
  const sign = channel?.kind === 'im' ? '' : '#';
  byId('title').textContent = isHome
    ? state.app.name
    : `${sign}${channel ? channelName(channel) : ''}`;
  byId('topic').textContent = isHome ? 'App home' : (channel?.topic ?? '');
  if (isHome) drawHome();
  else drawMessages(channel);
  drawThread();
}

function drawHome() {
  const { home } = state;
  fill(byId('home'), `${state.me} ${home?.hash ?? ''}`, () =>
    home === null
      ? [h('p', { class: 'empty' }, 'The app has published nothing here yet.')]
      : renderBlocks(home.blocks, reader, (pressed) =>
          press(pressed, (choice) =>
            act('clickInView', state.me, home.id, pressed.actionId, choice),
          ),
        ),
  );
}

function drawMessages(channel) {
  byId('text').placeholder =
    `Message #${channel === undefined ? '' : channelName(channel)}, or type /`;
  const onTop = state.messages.filter(
    (one) => one.threadTs === undefined || one.threadTs === one.ts || one.broadcast,
  );
  drawList(byId('messages'), onTop, { inThread: false });
}

function drawThread() {
  const root = state.messages.find((one) => one.ts === shown.thread);
  byId('thread').hidden = root === undefined;
  document.body.classList.toggle('with-thread', root !== undefined);
  if (root === undefined) return;
  const replies = state.messages.filter((one) => one.threadTs === root.ts && one.ts !== root.ts);
  drawList(byId('replies'), [root, ...replies], { inThread: true });
}

function timestampOf({ message }) {
  return message.ts;
}

function drawList(container, messages, { inThread }) {
  const isAtEnd = container.scrollHeight - container.scrollTop - container.clientHeight < 80;
  const place = `${state.me} ${shown.channel} ${inThread ? shown.thread : ''}`;
  const isNewPlace = container.dataset.place !== place;
  container.dataset.place = place;
  if (messages.length === 0) {
    container.replaceChildren(h('p', { class: 'empty' }, 'Nothing has been said here yet.'));
    return;
  }
  container.querySelector(':scope > .empty')?.remove();
  const items = messages.map((message) => ({
    message,
    me: state.me,
    answers: inThread ? [] : answersOf(message),
  }));
  reconcile(container, items, {
    keyOf: timestampOf,
    render: (item) => messageNode(item, inThread),
  });
  if (isAtEnd || isNewPlace) container.scrollTop = container.scrollHeight;
}

function answersOf(message) {
  const answers = state.messages.filter(
    (one) => one.threadTs === message.ts && one.ts !== message.ts,
  );
  return answers.map((one) => ({ ts: one.ts, user: one.user }));
}

function timeOf(ts) {
  const at = new Date(Number(ts) * 1000);
  const words = (style) =>
    new Intl.DateTimeFormat('en-US', { ...style, timeZone: reader.tz }).format(at);
  const short = words({ hour: 'numeric', minute: '2-digit' });
  return h(
    'time',
    { datetime: at.toISOString(), title: words({ dateStyle: 'full', timeStyle: 'long' }) },
    short,
  );
}

function avatar(person, isApp) {
  const name = person?.realName ?? '?';
  let hue = 0;
  for (const letter of person?.id ?? '') hue = (hue * 31 + letter.codePointAt(0)) % 360;
  const initials = name
    .split(/[\s-]+/u)
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, 2);
  const className = `avatar hue-${Math.floor(hue / 45)} ${isApp ? 'app' : ''}`;
  return h('span', { class: className, 'aria-hidden': 'true' }, initials.toUpperCase());
}

function messageNode({ message, answers }, inThread) {
  const person = reader.people.get(message.user);
  const isApp = message.botId !== undefined;
  const isMine = message.ephemeralFor !== undefined;
  const name = isApp ? state.app.name : (person?.realName ?? message.user);
  const canReply = !inThread && !isMine;
  return h(
    'article',
    {
      class: `message ${isMine ? 'ephemeral' : ''}`,
      'data-ts': message.ts,
      'aria-label': `Message from ${name}`,
    },
    avatar(person, isApp),
    h(
      'div',
      { class: 'message-body' },
      isMine ? h('p', { class: 'only-you' }, '◉ Only visible to you') : null,
      h(
        'header',
        null,
        h('strong', { class: 'author' }, name),
        isApp ? h('span', { class: 'app-tag' }, 'APP') : null,
        timeOf(message.ts),
        canReply
          ? h(
              'button',
              { type: 'button', class: 'reply-button', onclick: () => go({ thread: message.ts }) },
              'Reply in thread',
            )
          : null,
      ),
      content(message),
      message.reactions.length === 0 ? null : reactions(message),
      answers.length === 0 ? null : threadSummary(message, answers),
    ),
  );
}

function content(message) {
  const edited = message.edited === undefined ? null : h('small', { class: 'edited' }, ' (edited)');
  const files = (message.files ?? []).map(fileNode);
  if (message.blocks.length === 0) {
    return [h('div', { class: 'words' }, mrkdwn(message.text, reader), edited), files];
  }
  const { channel, ts } = message;
  const send = (pressed) =>
    press(pressed, (choice) => act('click', state.me, channel, ts, pressed.actionId, choice));
  return [h('div', { class: 'blocks' }, renderBlocks(message.blocks, reader, send)), files];
}

function reactions(message) {
  return h(
    'p',
    { class: 'reactions' },
    message.reactions.map((one) =>
      h('span', { class: 'reaction' }, mrkdwn(`:${one.name}:`, reader), ` ${one.users.length}`),
    ),
  );
}

function threadSummary(message, answers) {
  const count = answers.length === 1 ? '1 reply' : `${answers.length} replies`;
  const faces = [...new Set(answers.map((one) => one.user))].slice(0, 3);
  return h(
    'button',
    { type: 'button', class: 'thread-summary', onclick: () => go({ thread: message.ts }) },
    faces.map((id) => avatar(reader.people.get(id), id === message.user)),
    h('span', null, count),
    h('span', { class: 'last' }, 'last at ', timeOf(answers.at(-1).ts)),
  );
}

/** A press: first the question of its confirm dialog, then a link if it has one, then the app. */
async function press({ blockId, element, value, values }, send) {
  if (!(await confirmed(element.confirm, reader))) return;
  if (/^https?:\/\//iu.test(element.url ?? '')) window.open(element.url, '_blank', 'noopener');
  await send({
    blockId,
    ...(value === undefined ? {} : { value }),
    ...(values === undefined ? {} : { values }),
  });
}

wireComposer('composer', 'text', {
  commands: () => state.commands,
  command: (line) => act('command', state.me, shown.channel, line),
  say: (text) => act('say', state.me, shown.channel, text),
});
wireComposer('reply', 'reply-text', {
  say: (text) => act('say', state.me, shown.channel, text, { threadTs: shown.thread }),
});
byId('act-as').addEventListener('change', (event) => go({ as: event.target.value, thread: '' }));
byId('thread-close').addEventListener('click', () => go({ thread: '' }));
const stream = new EventSource('/_page/events');
stream.addEventListener('message', () => void look());
stream.addEventListener('error', () => say('The workspace does not answer; trying again.'));
