// Remembers what Slack was told and by whom; sometimes away, sometimes it takes a call and the answer is lost.

import { OperationError } from '../../src/errors.ts';
import type { Message } from '../../src/message/message.ts';
import type { Chat, ChatAnswer } from '../../src/ports.ts';
import type { Caller, Gates } from './gates.ts';
import type { Prng } from './prng.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface SlackMessage {
  readonly channel: string;
  readonly threadTs: string | undefined;
  readonly content: Message;
  readonly text: string;
}

export interface SlackCall {
  readonly atMs: number;
  /** How long the caller hung between deciding to call and calling. */
  readonly hungMs: number;
  readonly channel: string;
  /** The card that was posted by it, if one was. */
  readonly card?: string;
  /** The caller never heard that it went well. */
  readonly isLost: boolean;
}

type Fate = Pick<SlackCall, 'isLost' | 'hungMs'>;

export class SlackRecord {
  readonly messages = new Map<string, SlackMessage>();
  readonly calls: SlackCall[] = [];
  /** What those who typed a command were answered. */
  readonly answers: string[] = [];
  /** How likely a call is to fail. */
  trouble = 0;
  /** The next call has its effect, and its answer is lost. */
  losesNext = false;
  readonly #parts: { readonly prng: Prng; readonly gates: Gates; readonly time: VirtualTime };

  constructor(parts: { readonly prng: Prng; readonly gates: Gates; readonly time: VirtualTime }) {
    this.#parts = parts;
  }

  /** The workspace as one process reaches it. */
  for(caller: Caller): Chat {
    const { gates, time } = this.#parts;
    const call = (label: string, work: (fate: Fate) => ChatAnswer) => {
      const decidedMs = time.ms;
      return gates.pass({ caller, label }, async () =>
        this.#call((isLost) => work({ isLost, hungMs: time.ms - decidedMs })),
      );
    };
    return {
      post: (channel, content, threadTs) =>
        call('slack post', (fate) => {
          const ts = `${1_000 + this.messages.size}.000000`;
          this.#keep(ts, { channel, threadTs, content }, fate);
          return { kind: 'sent', ts };
        }),
      update: (channel, ts, content) =>
        call('slack update', (fate) => {
          const { threadTs } = this.messages.get(ts) ?? {};
          this.#keep(ts, { channel, threadTs, content }, fate);
          return { kind: 'sent', ts };
        }),
      postPicture: () => call('slack picture', () => ({ kind: 'sent', ts: '' })),
      respond: (_, content) =>
        call('slack respond', () => {
          this.answers.push(JSON.stringify(content));
          return { kind: 'sent', ts: '' };
        }),
    };
  }

  #keep(ts: string, message: Omit<SlackMessage, 'text'>, fate: Fate): void {
    const text = JSON.stringify(message.content);
    const isNewCard = message.threadTs === undefined && !this.messages.has(ts);
    const card = isNewCard
      ? /Plan (p-\d+)(?: · revision \d+)? · [0-9a-f]{12}/.exec(text)?.[1]
      : undefined;
    const call = { atMs: this.#parts.time.ms, channel: message.channel, ...fate };
    this.calls.push({ ...call, ...(card !== undefined && { card }) });
    this.messages.set(ts, { ...message, text });
  }

  #call(work: (isLost: boolean) => ChatAnswer): ChatAnswer {
    const { prng } = this.#parts;
    if (!this.losesNext && !prng.chance(this.trouble)) return work(false);
    const how = this.losesNext ? 'lost' : prng.pick(['away', 'limited', 'lost'] as const);
    this.losesNext = false;
    if (how === 'lost') work(true);
    throw new OperationError(`calling Slack: ${how}`, {
      code: how === 'limited' ? 'rate-limited' : 'timeout',
      retryable: true,
      ...(how === 'limited' && { retryAfterMs: prng.between(1, 30) * 1000 }),
    });
  }
}
