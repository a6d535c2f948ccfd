// The handle by which tests, scripts and the page act as people and look at everything; the same in process and over HTTP.
import type { Delivered, DeliverTo } from './deliver.ts';
import type { ApiCall, Fault } from './faults.ts';
import type { ElementChoice, InputValues, Interactions, Outcome } from './interactions.ts';
import { isObject, type JsonObject } from './json.ts';
import type { DisconnectReason } from './socket.ts';
import { type View, viewJson } from './views.ts';
import type { Channel, ChannelKind, Message, Person } from './workspace.ts';
import type { World } from './world.ts';

/** What a message must be like to be waited for. Everything given must fit. */
export interface MessageMatch {
  readonly channel?: string;
  readonly user?: string;
  readonly threadTs?: string;
  readonly ephemeralFor?: string;
  /** Somewhere in the text or in the blocks' texts. */
  readonly contains?: string;
}

/** A channel as plain JSON. */
export interface ChannelCard extends Omit<Channel, 'members'> {
  readonly members: readonly string[];
}

/** A view as Slack writes it, with what its person sees besides. */
export interface OpenView extends JsonObject {
  readonly id: string;
  readonly blocks: readonly JsonObject[];
  readonly errors: Readonly<Record<string, string>>;
  readonly trouble: string | null;
}

export interface SlackState {
  readonly people: readonly Person[];
  readonly channels: readonly ChannelCard[];
  readonly messages: readonly Message[];
  readonly connections: number;
  readonly deliverTo: DeliverTo;
}

/** Everything one can do to the emulated workspace. Rejects when what is asked makes no sense (an unknown button, a closed modal). */
export interface SlackControl {
  users(): Promise<readonly Person[]>;
  channels(): Promise<readonly ChannelCard[]>;
  addUser(user: Partial<Person> & { readonly name: string }): Promise<Person>;
  addChannel(channel: {
    readonly id?: string;
    readonly name: string;
    readonly kind?: ChannelKind;
    readonly members?: readonly string[];
  }): Promise<ChannelCard>;
  /** Lets somebody (the bot, too) join or leave a channel. */
  setMember(channel: string, user: string, isMember: boolean): Promise<void>;
  archive(channel: string): Promise<void>;
  say(
    user: string,
    channel: string,
    text: string,
    options?: { readonly threadTs?: string },
  ): Promise<Message>;
  command(user: string, channel: string, line: string): Promise<Outcome>;
  click(
    user: string,
    channel: string,
    ts: string,
    actionId: string,
    choice?: ElementChoice,
  ): Promise<Outcome>;
  clickInView(
    user: string,
    viewId: string,
    actionId: string,
    choice?: ElementChoice & { readonly values?: InputValues },
  ): Promise<Outcome>;
  submitView(user: string, viewId: string, values?: InputValues): Promise<Outcome>;
  closeView(user: string, viewId: string, options?: { readonly all?: boolean }): Promise<Outcome>;
  openHome(user: string): Promise<Outcome>;
  home(user: string): Promise<OpenView | null>;
  /** The modals somebody has open, bottom first. */
  views(user: string): Promise<readonly OpenView[]>;
  /** What everybody sees in a channel, thread replies included, oldest first. */
  messages(channel: string): Promise<readonly Message[]>;
  ephemerals(user: string): Promise<readonly Message[]>;
  everyMessage(): Promise<readonly Message[]>;
  /** The first message that fits, now or within `timeoutMs` (Default: 5000). Rejects with what was there instead. */
  waitForMessage(
    match: MessageMatch | ((message: Message) => boolean),
    timeoutMs?: number,
  ): Promise<Message>;
  apiCalls(method?: string): Promise<readonly ApiCall[]>;
  clearApiCalls(): Promise<void>;
  injectFault(fault: Fault): Promise<void>;
  clearFaults(): Promise<void>;
  /** Sends the last interaction (or event) again, unchanged. */
  redeliver(kind?: 'interaction' | 'event'): Promise<Delivered>;
  disconnectSockets(options?: {
    readonly reason?: DisconnectReason;
    readonly abrupt?: boolean;
  }): Promise<void>;
  setDelivery(deliverTo: DeliverTo): Promise<void>;
  setRateLimits(isOn: boolean): Promise<void>;
  setFileProcessingMs(ms: number): Promise<void>;
  /** The handshake Slack makes when a request URL is entered; true when the challenge came back. */
  verifyUrl(): Promise<boolean>;
  state(): Promise<SlackState>;
  /** Back to the seeded workspace; connections stay. */
  reset(): Promise<void>;
}

/** Everything a message says: its text and all texts in its blocks, one per line. */
export function wordsOf(message: Pick<Message, 'text' | 'blocks'>): string {
  return [message.text, ...message.blocks.flatMap(textsIn)].join('\n');
}

function textsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'text' && typeof inner === 'string' ? [inner] : textsIn(inner),
  );
}

export function fits(match: MessageMatch, message: Message): boolean {
  const { channel, user, threadTs, ephemeralFor, contains } = match;
  return (
    (channel === undefined || channel === message.channel) &&
    (user === undefined || user === message.user) &&
    (threadTs === undefined || threadTs === message.threadTs) &&
    (ephemeralFor === undefined || ephemeralFor === message.ephemeralFor) &&
    (contains === undefined || wordsOf(message).includes(contains))
  );
}

export function createControl(world: World, interactions: Interactions): SlackControl {
  const { workspace } = world;
  return {
    ...createLookers(world),
    ...createSwitches(world, interactions),
    say: (...args) => interactions.say(...args),
    command: (...args) => interactions.command(...args),
    click: (...args) => interactions.click(...args),
    clickInView: (...args) => interactions.clickInView(...args),
    submitView: (...args) => interactions.submitView(...args),
    closeView: (...args) => interactions.closeView(...args),
    openHome: (user) => interactions.openHome(user),
    redeliver: (kind = 'interaction') => world.courier.redeliver(kind),
    addUser: async (user) => workspace.addPerson(user),
    addChannel: async (channel) => card(workspace.addChannel(channel)),
    setMember: async (id, user, isMember) => {
      const channel = workspace.channels.get(id);
      if (channel === undefined) throw new Error(`there is no channel ${id}`);
      if (isMember) channel.members.add(user);
      else channel.members.delete(user);
      workspace.touch();
    },
    archive: async (id) => {
      const channel = workspace.channels.get(id);
      if (channel === undefined) throw new Error(`there is no channel ${id}`);
      channel.archived = true;
      workspace.touch();
    },
  };
}

type Lookers = Pick<
  SlackControl,
  | 'users'
  | 'channels'
  | 'home'
  | 'views'
  | 'messages'
  | 'ephemerals'
  | 'everyMessage'
  | 'waitForMessage'
  | 'apiCalls'
  | 'state'
>;

function createLookers(world: World): Lookers {
  const { workspace, views } = world;
  return {
    users: async () => [...workspace.people.values()],
    channels: async () => [...workspace.channels.values()].map(card),
    home: async (user) => {
      const view = views.home(user);
      return view === undefined ? null : openView(view);
    },
    views: async (user) => views.stack(user).map(openView),
    messages: async (channel) => workspace.messages(channel),
    ephemerals: async (user) => workspace.ephemerals(user),
    everyMessage: async () => workspace.everyMessage(),
    waitForMessage: (match, timeoutMs = 5_000) => waitForMessage(world, match, timeoutMs),
    apiCalls: async (method) =>
      world.apiCalls.filter((call) => method === undefined || call.method === method),
    state: async () => ({
      people: [...workspace.people.values()],
      channels: [...workspace.channels.values()].map(card),
      messages: workspace.everyMessage(),
      connections: world.socket.connections,
      deliverTo: world.courier.deliverTo,
    }),
  };
}

type Switches = Pick<
  SlackControl,
  | 'clearApiCalls'
  | 'injectFault'
  | 'clearFaults'
  | 'disconnectSockets'
  | 'setDelivery'
  | 'setRateLimits'
  | 'setFileProcessingMs'
  | 'verifyUrl'
  | 'reset'
>;

function createSwitches(world: World, interactions: Interactions): Switches {
  return {
    clearApiCalls: async () => {
      world.apiCalls.length = 0;
    },
    injectFault: async (fault) => world.faults.add(fault),
    clearFaults: async () => world.faults.clear(),
    disconnectSockets: async ({ reason = 'refresh_requested', abrupt = false } = {}) =>
      world.socket.disconnect({ reason, abrupt }),
    setDelivery: async (deliverTo) => {
      world.courier.deliverTo = deliverTo;
    },
    setRateLimits: async (isOn) => {
      world.rateLimits = isOn;
      world.limits.clear();
    },
    setFileProcessingMs: async (ms) => {
      world.files.processingMs = ms;
    },
    verifyUrl: () => verifyUrl(world),
    reset: async () => {
      world.views.reset();
      world.files.reset();
      world.faults.clear();
      world.limits.clear();
      world.courier.reset();
      interactions.reset();
      world.apiCalls.length = 0;
      world.workspace.reset();
    },
  };
}

function card({ members, ...channel }: Channel): ChannelCard {
  return { ...channel, members: [...members] };
}

export function openView(view: View): OpenView {
  const { id, blocks, errors } = view;
  return { ...viewJson(view), id, blocks, errors, trouble: view.trouble ?? null };
}

async function verifyUrl({ courier }: World): Promise<boolean> {
  const { deliverTo } = courier;
  if (deliverTo === 'socket') return true;
  const challenge = 'a-challenge-to-send-back';
  const body = JSON.stringify({ token: 'verification-token', challenge, type: 'url_verification' });
  const { text } = await courier.post(deliverTo.url, 'application/json', body);
  return text.includes(challenge);
}

function waitForMessage(
  { workspace }: World,
  match: MessageMatch | ((message: Message) => boolean),
  timeoutMs: number,
): Promise<Message> {
  const isIt = typeof match === 'function' ? match : (message: Message) => fits(match, message);
  const find = (): Message | undefined => workspace.everyMessage().find(isIt);
  const there = find();
  if (there !== undefined) return Promise.resolve(there);
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const message = find();
      if (message === undefined) return;
      stop();
      resolve(message);
    };
    const timer = setTimeout(() => {
      stop();
      const said = workspace.everyMessage().map((one) => `${one.channel}: ${wordsOf(one)}`);
      const wanted = typeof match === 'function' ? 'the condition' : JSON.stringify(match);
      reject(
        new Error(`no message met ${wanted} in ${timeoutMs} ms; there was:\n${said.join('\n')}`),
      );
    }, timeoutMs);
    const stop = (): void => {
      clearTimeout(timer);
      workspace.changes.off('changed', look);
    };
    workspace.changes.on('changed', look);
  });
}
