// The control handle for a script in another process: every call becomes one POST to the emulator.
import { setTimeout as delay } from 'node:timers/promises';
import type { SlackControl } from './control.ts';
import { isObject, parseJson, stringOr } from './json.ts';

const pollEveryMs = 50;

/** Emulator and script are of one build, so what comes back is taken to be what was asked for. */
type Call = <T>(name: keyof SlackControl, ...args: readonly unknown[]) => Promise<T>;

/** Talks to an emulator that runs elsewhere; `url` is its address without a path. Rejects with the emulator's words. */
export function connectSlackControl(url: string): SlackControl {
  const call = caller(url);
  return {
    users: () => call('users'),
    channels: () => call('channels'),
    addUser: (...args) => call('addUser', ...args),
    addChannel: (...args) => call('addChannel', ...args),
    setMember: (...args) => call('setMember', ...args),
    archive: (...args) => call('archive', ...args),
    say: (...args) => call('say', ...args),
    command: (...args) => call('command', ...args),
    click: (...args) => call('click', ...args),
    clickInView: (...args) => call('clickInView', ...args),
    submitView: (...args) => call('submitView', ...args),
    closeView: (...args) => call('closeView', ...args),
    openHome: (...args) => call('openHome', ...args),
    home: (...args) => call('home', ...args),
    views: (...args) => call('views', ...args),
    messages: (...args) => call('messages', ...args),
    ephemerals: (...args) => call('ephemerals', ...args),
    everyMessage: () => call('everyMessage'),
    waitForMessage: (match, timeoutMs = 5_000) =>
      typeof match === 'function'
        ? pollFor(call, match, timeoutMs)
        : call('waitForMessage', match, timeoutMs),
    apiCalls: (...args) => call('apiCalls', ...args),
    clearApiCalls: () => call('clearApiCalls'),
    injectFault: (...args) => call('injectFault', ...args),
    clearFaults: () => call('clearFaults'),
    redeliver: (...args) => call('redeliver', ...args),
    disconnectSockets: (...args) => call('disconnectSockets', ...args),
    setDelivery: (...args) => call('setDelivery', ...args),
    setRateLimits: (...args) => call('setRateLimits', ...args),
    setFileProcessingMs: (...args) => call('setFileProcessingMs', ...args),
    verifyUrl: () => call('verifyUrl'),
    state: () => call('state'),
    reset: () => call('reset'),
  };
}

function caller(url: string): Call {
  return async <T>(name: string, ...args: readonly unknown[]): Promise<T> => {
    const response = await fetch(`${url}/_control/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ args }),
    });
    const text = await response.text();
    if (response.ok) {
      const answer: { readonly result: T } = JSON.parse(text);
      return answer.result;
    }
    const refusal = parseJson(text);
    const error = isObject(refusal) ? stringOr(refusal['error'], '') : '';
    throw new Error(`slack control ${name}: ${error || `HTTP ${response.status}`}`);
  };
}

type Messages = Awaited<ReturnType<SlackControl['everyMessage']>>;

/** A condition that is code cannot travel, so the messages do. */
async function pollFor(
  call: Call,
  isIt: (message: Messages[number]) => boolean,
  timeoutMs: number,
): Promise<Messages[number]> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const messages = await call<Messages>('everyMessage');
    const found = messages.find(isIt);
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`no message met the condition in ${timeoutMs} ms`);
    await delay(pollEveryMs);
  }
}
