// The composer: what is typed, the slash commands it offers, and the keys that steer it.
import { byId, h } from './dom.js';

let suggestions = { offered: [], chosen: 0 };

function drawSuggestions() {
  const list = byId('commands');
  const text = byId('text');
  const { offered, chosen } = suggestions;
  list.hidden = offered.length === 0;
  text.setAttribute('aria-expanded', String(offered.length > 0));
  if (offered.length > 0) text.setAttribute('aria-activedescendant', `command-${chosen}`);
  else text.removeAttribute('aria-activedescendant');
  list.replaceChildren(
    ...offered.map((one, index) =>
      h(
        'li',
        {
          id: `command-${index}`,
          role: 'option',
          'aria-selected': String(index === chosen),
          class: index === chosen ? 'chosen' : null,
          onmousedown: (event) => {
            event.preventDefault();
            complete(one);
          },
        },
        h('strong', null, one.command),
        h('span', { class: 'usage' }, one.usageHint),
        h('span', { class: 'about' }, one.description),
      ),
    ),
  );
}

function suggest(commands) {
  const typed = byId('text').value;
  const isCommand = /^\/\S*$/u.test(typed);
  const offered = isCommand ? commands.filter((one) => one.command.startsWith(typed)) : [];
  suggestions = { offered, chosen: 0 };
  drawSuggestions();
}

function complete({ command }) {
  const text = byId('text');
  text.value = `${command} `;
  suggestions = { offered: [], chosen: 0 };
  drawSuggestions();
  text.focus();
}

/** Keys in the composer. Returns whether the key was used up. */
function steer(event) {
  const { offered, chosen } = suggestions;
  if (offered.length === 0) return false;
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (Object.hasOwn(steps, event.key)) {
    suggestions.chosen = (chosen + steps[event.key] + offered.length) % offered.length;
    drawSuggestions();
    return true;
  }
  const isWhole = offered[chosen].command === byId('text').value;
  if (event.key === 'Tab' || (event.key === 'Enter' && !isWhole)) {
    complete(offered[chosen]);
    return true;
  }
  if (event.key !== 'Escape') return false;
  suggestions = { offered: [], chosen: 0 };
  drawSuggestions();
  return true;
}

function grow(area) {
  area.style.height = 'auto';
  area.style.height = `${Math.min(area.scrollHeight, 160)}px`;
}

async function sendFrom(area, { command, say }) {
  const line = area.value.trim();
  if (line === '') return;
  area.value = '';
  grow(area);
  suggestions = { offered: [], chosen: 0 };
  drawSuggestions();
  if (command !== undefined && /^\/[a-z]/iu.test(line)) await command(line);
  else await say(escaped(line));
}

/** What a person types is words, not markup: the three characters Slack escapes. */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Makes a form send what is typed: with `say`, or as a slash command with `command`, for which `commands` are offered.
 */
export function wireComposer(formId, areaId, { commands, command, say }) {
  const area = byId(areaId);
  const send = (event) => {
    event.preventDefault();
    void sendFrom(area, { command, say });
  };
  byId(formId).addEventListener('submit', send);
  area.addEventListener('keydown', (event) => {
    if (commands !== undefined && steer(event)) event.preventDefault();
    else if (event.key === 'Enter' && !event.shiftKey) send(event);
  });
  area.addEventListener('input', () => {
    grow(area);
    if (commands !== undefined) suggest(commands());
  });
}
