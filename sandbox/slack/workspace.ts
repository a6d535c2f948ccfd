// The workspace itself: people, channels, messages and who sees which; everything else reads and changes it here.
import { EventEmitter } from 'node:events';
import type { JsonObject } from './json.ts';

export interface Clock {
  now(): Date;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly tz: string;
  readonly email: string;
  readonly isBot: boolean;
  readonly deleted: boolean;
}

export type ChannelKind = 'public' | 'private' | 'im';

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly kind: ChannelKind;
  readonly topic: string;
  readonly members: Set<string>;
  archived: boolean;
}

/** A message as it stands now. `ephemeralFor` names the only person who sees it. */
export interface Message {
  readonly ts: string;
  readonly channel: string;
  readonly user: string;
  readonly botId?: string;
  readonly threadTs?: string;
  readonly ephemeralFor?: string;
  readonly broadcast?: boolean;
  readonly text: string;
  readonly blocks: readonly JsonObject[];
  readonly attachments?: readonly JsonObject[];
  readonly metadata?: JsonObject;
  readonly files?: readonly JsonObject[];
  readonly edited?: { readonly user: string; readonly ts: string };
  readonly subtype?: string;
  readonly reactions: readonly { readonly name: string; readonly users: readonly string[] }[];
}

export type NewMessage = Omit<Message, 'ts' | 'reactions' | 'blocks'> & {
  readonly blocks?: readonly JsonObject[];
};

export interface UserGroup {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly users: readonly string[];
}

export const team = { id: 'T0HEADROOM', domain: 'headroom-sandbox', name: 'Headroom Sandbox' };
export const app = { id: 'A0HEADROOM', botId: 'B0HEADROOM', botUserId: 'U0HEADROOM' };
export const slackbot = 'USLACKBOT';

const seedPeople = [
  ['U0ANN00001', 'ann', 'Ann Approver', 'Europe/Berlin'],
  ['U0BOB00001', 'bob', 'Bob Builder', 'America/New_York'],
  ['U0EVE00001', 'eve', 'Eve Stranger', 'UTC'],
  ['U0ONCALL01', 'oncall', 'Olga On-Call', 'Asia/Tokyo'],
] as const;

/** All state of one workspace. Emits `changed` after every change, and `posted` for every new message. */
export class Workspace {
  readonly changes = new EventEmitter<{ changed: []; posted: [Message] }>();
  people = new Map<string, Person>();
  channels = new Map<string, Channel>();
  groups = new Map<string, UserGroup>();
  #messages = new Map<string, Map<string, Message>>();
  #ephemerals: Message[] = [];
  #lastMicros = 0;
  #counters = new Map<string, number>();
  readonly #clock: Clock;
  readonly #botName: string;

  constructor(clock: Clock, botName: string) {
    this.#clock = clock;
    this.#botName = botName;
    this.changes.setMaxListeners(0);
    this.reset();
  }

  /** Forgets everything and sows the small workspace of the demo again. Ids start over, times do not. */
  reset(): void {
    this.people = new Map();
    this.channels = new Map();
    this.#messages = new Map();
    this.#ephemerals = [];
    this.#counters = new Map();
    for (const [id, name, realName, tz] of seedPeople) this.addPerson({ id, name, realName, tz });
    const bot = { id: app.botUserId, name: this.#botName, realName: this.#botName };
    this.addPerson({ ...bot, tz: 'UTC', isBot: true });
    this.addPerson({ id: slackbot, name: 'slackbot', realName: 'Slackbot', tz: 'UTC' });
    const everybody = [...seedPeople.map(([id]) => id), app.botUserId];
    const topic = 'Capacity plans and their approvals';
    this.addChannel({ id: 'C0CAPACITY1', name: 'capacity', topic, members: everybody });
    this.addChannel({ id: 'C0GENERAL01', name: 'general', members: everybody });
    this.addChannel({ id: 'C0RANDOM001', name: 'random', members: seedPeople.map(([id]) => id) });
    const users = ['U0ANN00001', 'U0BOB00001'];
    const group = { id: 'S0APPROVERS', handle: 'capacity-approvers', name: 'Capacity approvers' };
    this.groups = new Map([[group.id, { ...group, users }]]);
    this.touch();
  }

  touch(): void {
    this.changes.emit('changed');
  }

  now(): Date {
    return this.#clock.now();
  }

  /** Ids look like Slack's and count up, so that runs repeat exactly. */
  nextId(prefix: string): string {
    const count = (this.#counters.get(prefix) ?? 0) + 1;
    this.#counters.set(prefix, count);
    return `${prefix}0${count.toString(36).toUpperCase().padStart(9, '0')}`;
  }

  /** Unique and rising, even when the clock stands still or two messages come at once. */
  nextTs(): string {
    this.#lastMicros = Math.max(this.#lastMicros + 100, this.now().getTime() * 1000);
    const seconds = Math.floor(this.#lastMicros / 1_000_000);
    return `${seconds}.${String(this.#lastMicros % 1_000_000).padStart(6, '0')}`;
  }

  addPerson(person: Partial<Person> & { readonly name: string }): Person {
    const added: Person = {
      id: person.id ?? this.nextId('U'),
      name: person.name,
      realName: person.realName ?? person.name,
      tz: person.tz ?? 'UTC',
      email: person.email ?? `${person.name}@example.com`,
      isBot: person.isBot ?? false,
      deleted: person.deleted ?? false,
    };
    this.people.set(added.id, added);
    this.touch();
    return added;
  }

  addChannel(channel: {
    readonly id?: string;
    readonly name: string;
    readonly kind?: ChannelKind;
    readonly topic?: string;
    readonly members?: Iterable<string>;
  }): Channel {
    const kind = channel.kind ?? 'public';
    const added: Channel = {
      id: channel.id ?? this.nextId(kind === 'im' ? 'D' : 'C'),
      name: channel.name,
      kind,
      topic: channel.topic ?? '',
      members: new Set(channel.members ?? []),
      archived: false,
    };
    this.channels.set(added.id, added);
    this.#messages.set(added.id, new Map());
    this.touch();
    return added;
  }

  /** The direct conversation between the bot and a person; made when it is first asked for. */
  directChannel(user: string): Channel {
    for (const channel of this.channels.values()) {
      if (channel.kind === 'im' && channel.members.has(user)) return channel;
    }
    return this.addChannel({ name: user, kind: 'im', members: [user, app.botUserId] });
  }

  post(message: NewMessage): Message {
    const posted: Message = {
      ...message,
      blocks: message.blocks ?? [],
      ts: this.nextTs(),
      reactions: [],
    };
    if (posted.ephemeralFor === undefined) this.#of(posted.channel).set(posted.ts, posted);
    else this.#ephemerals.push(posted);
    this.touch();
    this.changes.emit('posted', posted);
    return posted;
  }

  /** A line from Slack itself that only one person sees. */
  notice(user: string, channel: string, text: string): Message {
    return this.post({ channel, user: slackbot, ephemeralFor: user, text });
  }

  replace(message: Message): Message {
    if (message.ephemeralFor === undefined) this.#of(message.channel).set(message.ts, message);
    else this.#ephemerals = this.#ephemerals.map((one) => (one.ts === message.ts ? message : one));
    this.touch();
    return message;
  }

  remove(message: Message): void {
    this.#of(message.channel).delete(message.ts);
    this.#ephemerals = this.#ephemerals.filter((one) => one.ts !== message.ts);
    this.touch();
  }

  /** Everything in a channel that everybody sees, replies included, oldest first. */
  messages(channel: string): readonly Message[] {
    return [...this.#of(channel).values()];
  }

  message(channel: string, ts: string): Message | undefined {
    return this.#of(channel).get(ts);
  }

  replies(channel: string, threadTs: string): readonly Message[] {
    return this.messages(channel).filter((one) => one.threadTs === threadTs);
  }

  ephemerals(user: string): readonly Message[] {
    return this.#ephemerals.filter((one) => one.ephemeralFor === user);
  }

  /** Every message of every channel, then every ephemeral one. */
  everyMessage(): readonly Message[] {
    const shown = [...this.#messages.values()].flatMap((channel) => [...channel.values()]);
    return [...shown, ...this.#ephemerals];
  }

  #of(channel: string): Map<string, Message> {
    return this.#messages.get(channel) ?? new Map<string, Message>();
  }
}
