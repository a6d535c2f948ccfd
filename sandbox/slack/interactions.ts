// What a person does in the workspace, and what that brings to the app; over 300 lines because all ways of acting are read side by side.

import { applyCommandAnswer, applySubmissionAnswer, troubleConnecting } from './answers.ts';
import { type FoundElement, findElement } from './blocks.ts';
import type { Delivered, DeliveryError } from './deliver.ts';
import { type JsonObject, stringOr } from './json.ts';
import {
  commandForm,
  eventPayload,
  messageActionPayload,
  messageJson,
  viewActionPayload,
  viewClosedPayload,
  viewSubmissionPayload,
} from './payloads.ts';
import { clientErrors, initialState, optionOf, type StateValues, stateOf } from './view-state.ts';
import { type View, viewJson } from './views.ts';
import { type Channel, type Message, type Person, slackbot, team } from './workspace.ts';
import type { World } from './world.ts';

/** Why nothing reached the app, beside what can go wrong on the way. */
export type NotDelivered = 'unknown_command' | 'invalid_input' | 'not_subscribed' | 'not_asked_for';

/** What became of something a person did. */
export interface Outcome extends Omit<Delivered, 'error'> {
  readonly error?: DeliveryError | NotDelivered;
  /** What Slack tells the person when the app failed. */
  readonly notice?: string;
  /** Mistakes in a form, by block id: from Slack's client or from the app's answer. */
  readonly errors?: Readonly<Record<string, string>>;
}

/** What a person typed or chose: by block id or action id. Lists where several can be chosen, null to empty it. */
export type InputValues = Readonly<Record<string, string | number | readonly string[] | null>>;

/** Which of several elements with one action id, and what is chosen in it when it is a menu. */
export interface ElementChoice {
  readonly blockId?: string;
  readonly value?: InputValues[string];
}

const nothingDelivered = { acked: false, ackBody: null, status: 0, ms: 0 } as const;

export class Interactions {
  /** What was chosen in messages, by person and message. */
  readonly #chosen = new Map<string, StateValues>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  reset(): void {
    this.#chosen.clear();
  }

  /** Types a line that starts with a slash and sends it. */
  async command(user: string, channel: string, line: string): Promise<Outcome> {
    const person = this.#person(user);
    const place = this.#channel(channel, user);
    const [, name = '', said = ''] = /^(\/\S+)\s*([\s\S]*)$/u.exec(line) ?? [];
    const known = this.#world.manifest.commands.find((one) => one.command === name);
    if (known === undefined || !this.#world.manifest.scopes.includes('commands')) {
      const notice = `${name} is not a valid command. In Slack, all messages that start with the "/" character are interpreted as commands.`;
      this.#world.workspace.notice(user, channel, notice);
      return { ...nothingDelivered, error: 'unknown_command', notice };
    }
    const text = known.shouldEscape ? this.#escapeMentions(said) : said;
    const form = commandForm({
      person,
      channel: place,
      command: name,
      text: text.trim(),
      responseUrl: this.#responseUrl({ kind: 'commands', user, channel }),
      triggerId: this.#world.triggers.issue({ user }),
    });
    const delivered = await this.#world.courier.deliver({ type: 'slash_commands', payload: form });
    if (!delivered.acked) {
      return this.#failed(delivered, { user, channel, what: name });
    }
    applyCommandAnswer(delivered.ackBody, { user, channel, command: name }, this.#world);
    return delivered;
  }

  /** Presses a button, or chooses `value` in a menu, of a message the person sees. */
  async click(
    user: string,
    channel: string,
    ts: string,
    actionId: string,
    options: ElementChoice = {},
  ): Promise<Outcome> {
    const person = this.#person(user);
    const place = this.#channel(channel, user);
    const message = this.#seen(user, channel, ts);
    const found = findElement(message.blocks, actionId, options.blockId);
    const root = this.#world.workspace.message(channel, message.threadTs ?? '');
    const responseUrl = { kind: 'actions', user, channel, originalTs: ts } as const;
    const payload = messageActionPayload({
      person,
      channel: place,
      message,
      parentUser: root === undefined || root.ts === ts ? undefined : root.user,
      values: this.#choose(user, message, found, options.value),
      triggerId: this.#world.triggers.issue({ user }),
      responseUrl: this.#responseUrl(responseUrl),
      action: this.#action(found, options.value),
    });
    const delivered = await this.#world.courier.deliver({ type: 'interactive', payload });
    if (delivered.acked) return delivered;
    return this.#failed(delivered, { user, channel, what: this.#world.manifest.appName });
  }

  /** Presses a button, or chooses in a menu, of a modal or of the Home tab; `values` is what was typed before. */
  async clickInView(
    user: string,
    viewId: string,
    actionId: string,
    options: ElementChoice & { readonly values?: InputValues } = {},
  ): Promise<Outcome> {
    const person = this.#person(user);
    const before = this.#view(user, viewId);
    const found = findElement(before.blocks, actionId, options.blockId);
    const typed = filledIn(before, options.values ?? {});
    const view = this.#world.views.setValues(before, withChoice(typed, found, options.value));
    const payload = viewActionPayload({
      person,
      view,
      triggerId: this.#world.triggers.issue({ user, viewId }),
      action: this.#action(found, options.value),
    });
    const delivered = await this.#world.courier.deliver({ type: 'interactive', payload });
    if (delivered.acked) return delivered;
    if (view.type === 'modal') this.#world.views.showErrors(view, {}, troubleConnecting);
    return { ...delivered, notice: troubleConnecting };
  }

  /** Fills in the modal on top and submits it. Slack's client refuses empty or ill-formed input itself. */
  async submitView(user: string, viewId: string, values: InputValues = {}): Promise<Outcome> {
    const person = this.#person(user);
    const shown = this.#view(user, viewId);
    if (this.#world.views.stack(user).at(-1)?.id !== viewId) {
      throw new Error(`the modal ${viewId} is covered by another one`);
    }
    const filled = filledIn(shown, values);
    const view = this.#world.views.setValues(shown, filled);
    const errors = clientErrors(view.blocks, filled);
    if (Object.keys(errors).length > 0) {
      this.#world.views.showErrors(view, errors);
      return { ...nothingDelivered, error: 'invalid_input', errors };
    }
    const triggerId = this.#world.triggers.issue({ user, viewId });
    const payload = viewSubmissionPayload({ person, view, triggerId });
    const delivered = await this.#world.courier.deliver({ type: 'interactive', payload });
    if (delivered.acked) return applySubmissionAnswer(delivered, view, this.#world);
    const now = this.#world.views.find(viewId);
    if (now !== undefined) this.#world.views.showErrors(now, {}, troubleConnecting);
    return { ...delivered, notice: troubleConnecting };
  }

  /** Closes the modal, or with `all` the whole stack. The app hears of it only when it asked to. */
  async closeView(
    user: string,
    viewId: string,
    options: { readonly all?: boolean } = {},
  ): Promise<Outcome> {
    const person = this.#person(user);
    const view = this.#view(user, viewId);
    const all = options.all === true || view.definition['clear_on_close'] === true;
    let outcome: Outcome = { ...nothingDelivered, error: 'not_asked_for' };
    for (const closed of this.#world.views.close(view, { all })) {
      if (closed.definition['notify_on_close'] !== true) continue;
      const payload = viewClosedPayload({ person, view: closed, isCleared: all });
      outcome = await this.#world.courier.deliver({ type: 'interactive', payload });
    }
    return outcome;
  }

  /** Opens the app's Home tab. */
  async openHome(user: string): Promise<Outcome> {
    this.#person(user);
    const view = this.#world.views.home(user);
    return this.#event('app_home_opened', {
      type: 'app_home_opened',
      user,
      channel: this.#world.workspace.directChannel(user).id,
      tab: 'home',
      ...(view === undefined ? {} : { view: viewJson(view) }),
      event_ts: this.#world.workspace.nextTs(),
    });
  }

  /** Writes a message as a person. Resolves once the app has (or has not) taken the events about it. */
  async say(
    user: string,
    channel: string,
    text: string,
    options: { readonly threadTs?: string } = {},
  ): Promise<Message> {
    this.#person(user);
    this.#channel(channel, user);
    const { workspace } = this.#world;
    const root = workspace.message(channel, options.threadTs ?? '');
    if (root !== undefined) workspace.replace({ ...root, threadTs: root.ts });
    const thread = root === undefined ? {} : { threadTs: root.ts };
    const message = workspace.post({ user, channel, text: this.#escapeMentions(text), ...thread });
    await this.tell(message);
    return message;
  }

  /** Sends the events a new message causes, as far as the manifest asks for them. */
  async tell(message: Message): Promise<void> {
    const channel = this.#world.workspace.channels.get(message.channel);
    if (channel === undefined || message.ephemeralFor !== undefined) return;
    const { botUserId } = this.#world.identity;
    if (!channel.members.has(botUserId)) return;
    const kinds = { public: 'channel', private: 'group', im: 'im' } as const;
    const names = {
      public: 'message.channels',
      private: 'message.groups',
      im: 'message.im',
    } as const;
    const common = { ...messageJson(message), channel: message.channel, event_ts: message.ts };
    const kind = { channel_type: kinds[channel.kind] };
    await this.#event(names[channel.kind], { ...common, ...kind });
    if (message.botId !== undefined || !message.text.includes(`<@${botUserId}>`)) return;
    await this.#event('app_mention', { ...common, type: 'app_mention' });
  }

  async #event(subscription: string, event: JsonObject): Promise<Outcome> {
    if (!this.#world.manifest.events.includes(subscription)) {
      return { ...nothingDelivered, error: 'not_subscribed' };
    }
    const eventId = this.#world.workspace.nextId('Ev');
    const payload = eventPayload({ event, eventId, at: this.#world.clock.now() });
    return this.#world.courier.deliver({ type: 'events_api', payload });
  }

  #failed(
    delivered: Delivered,
    where: { readonly user: string; readonly channel: string; readonly what: string },
  ): Outcome {
    const notice = `${where.what} failed with the error "${delivered.error ?? 'dispatch_failed'}"`;
    this.#world.workspace.notice(where.user, where.channel, notice);
    return { ...delivered, notice };
  }

  #responseUrl(target: Parameters<World['responseUrls']['issue']>[0]): string {
    return `${this.#world.url}${this.#world.responseUrls.issue(target, team.id)}`;
  }

  #action(
    { element, actionId, blockId }: FoundElement,
    value: InputValues[string] | undefined,
  ): JsonObject {
    const type = stringOr(element['type'], '');
    const ids = { action_id: actionId, block_id: blockId };
    const at = { type, action_ts: this.#world.workspace.nextTs() };
    if (type === 'button') {
      const { text, value: carried, style } = element;
      const fields = Object.entries({ text, value: carried, style });
      return {
        ...ids,
        ...Object.fromEntries(fields.filter(([, one]) => one !== undefined)),
        ...at,
      };
    }
    if (type === 'overflow') return { ...ids, selected_option: optionOf(element, value), ...at };
    const { type: _type, ...state } = stateOf(
      { element, actionId, blockId, block: {} },
      value ?? null,
    );
    const { placeholder } = element;
    return { ...ids, ...state, ...(placeholder === undefined ? {} : { placeholder }), ...at };
  }

  /** Remembers a choice in a message and returns the whole message's state. */
  #choose(
    user: string,
    message: Message,
    found: FoundElement,
    value: InputValues[string] | undefined,
  ): StateValues {
    const key = `${user} ${message.channel} ${message.ts}`;
    const before = initialState(message.blocks, this.#chosen.get(key));
    const values = withChoice(before, found, value);
    this.#chosen.set(key, values);
    return values;
  }

  #person(user: string): Person {
    const person = this.#world.workspace.people.get(user);
    if (person === undefined) throw new Error(`there is no person ${user}`);
    return person;
  }

  #channel(id: string, user: string): Channel {
    const channel = this.#world.workspace.channels.get(id);
    if (channel === undefined) throw new Error(`there is no channel ${id}`);
    if (!channel.members.has(user)) throw new Error(`${user} is not in ${channel.name}`);
    return channel;
  }

  #seen(user: string, channel: string, ts: string): Message {
    const own = this.#world.workspace.ephemerals(user).find((one) => one.ts === ts);
    const message = own ?? this.#world.workspace.message(channel, ts);
    if (message === undefined) throw new Error(`${user} sees no message ${ts} in ${channel}`);
    if (message.user === slackbot) throw new Error('a notice of Slack has no buttons');
    return message;
  }

  #view(user: string, viewId: string): View {
    const view = this.#world.views.find(viewId);
    if (view?.user !== user) throw new Error(`${user} has no open view ${viewId}`);
    return view;
  }

  /** `@name` and `#name` as Slack sends them: with ids. */
  #escapeMentions(text: string): string {
    const { people, channels } = this.#world.workspace;
    return text.replace(/(?<![\w<])([@#])([a-z0-9._-]+)/gu, (whole, sign: string, name: string) => {
      if (sign === '@') {
        const person = [...people.values()].find((one) => one.name === name);
        return person === undefined ? whole : `<@${person.id}>`;
      }
      const channel = [...channels.values()].find((one) => one.name === name);
      return channel === undefined ? whole : `<#${channel.id}|${channel.name}>`;
    });
  }
}

/** State with one element's new value; a press of a button leaves it as it is. */
function withChoice(
  values: StateValues,
  found: FoundElement,
  value: InputValues[string] | undefined,
): StateValues {
  const before = values[found.blockId]?.[found.actionId];
  if (value === undefined || before === undefined) return values;
  const block = { ...values[found.blockId], [found.actionId]: stateOf(found, value) };
  return { ...values, [found.blockId]: block };
}

/** The element a form value is for: named by its block id or its action id. */
function inputNamed(view: View, key: string): FoundElement {
  const block = view.blocks.find((one) => one['block_id'] === key);
  const element = block?.['element'] ?? block?.['accessory'];
  if (block === undefined) return findElement(view.blocks, key);
  const actionId =
    typeof element === 'object' && element !== null && 'action_id' in element
      ? stringOr(element.action_id, '')
      : '';
  return findElement(view.blocks, actionId, key);
}

function filledIn(view: View, values: InputValues): StateValues {
  let filled = view.values;
  for (const [key, value] of Object.entries(values)) {
    filled = withChoice(filled, inputNamed(view, key), value);
  }
  return filled;
}
