// Modals and Home tabs: the stack of each person, hashes, and what an app may do to them.
import { randomBytes } from 'node:crypto';
import { slackLimits } from '../../src/message/limits.ts';
import { storedBlocks } from './blocks.ts';
import { type JsonObject, objectsOf, stringOr } from './json.ts';
import { initialState, type StateValues } from './view-state.ts';
import { app, team, type Workspace } from './workspace.ts';

/** A view as it stands now, with what its person typed and which mistakes are shown. */
export interface View {
  readonly id: string;
  readonly user: string;
  readonly type: 'modal' | 'home';
  readonly definition: JsonObject;
  readonly blocks: readonly JsonObject[];
  readonly hash: string;
  readonly rootViewId: string;
  readonly previousViewId: string | null;
  readonly values: StateValues;
  readonly errors: Readonly<Record<string, string>>;
  /** A sentence shown above the buttons when the app did not answer. */
  readonly trouble: string | undefined;
}

export type ViewError =
  | 'not_found'
  | 'hash_conflict'
  | 'push_limit_reached'
  | 'duplicate_external_id';

export class Views {
  #stacks = new Map<string, View[]>();
  #homes = new Map<string, View>();
  readonly #workspace: Workspace;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  reset(): void {
    this.#stacks = new Map();
    this.#homes = new Map();
  }

  /** The modals a person has open, bottom first. */
  stack(user: string): readonly View[] {
    return this.#stacks.get(user) ?? [];
  }

  home(user: string): View | undefined {
    return this.#homes.get(user);
  }

  find(viewId: string): View | undefined {
    return this.#all().find((view) => view.id === viewId);
  }

  findExternal(externalId: string): View | undefined {
    return this.#all().find((view) => view.definition['external_id'] === externalId);
  }

  /** Lays a modal on top of the person's stack. */
  open(user: string, definition: JsonObject): View | ViewError {
    const stack = this.#stacks.get(user) ?? [];
    if (stack.length >= slackLimits.modal.stack) return 'push_limit_reached';
    const taken = this.#externalTaken(definition, undefined);
    if (taken) return 'duplicate_external_id';
    const id = this.#workspace.nextId('V');
    const below = stack.at(-1);
    const view = this.#make(user, definition, {
      id,
      rootViewId: below?.rootViewId ?? id,
      previousViewId: below?.id ?? null,
    });
    this.#stacks.set(user, [...stack, view]);
    this.#workspace.touch();
    return view;
  }

  /** Replaces a view's content; what was typed stays where block id, action id and kind are the same. */
  update(viewId: string, definition: JsonObject, hash?: string): View | ViewError {
    const before = this.find(viewId);
    if (before === undefined) return 'not_found';
    if (hash !== undefined && hash !== before.hash) return 'hash_conflict';
    if (this.#externalTaken(definition, viewId)) return 'duplicate_external_id';
    const view = this.#make(before.user, definition, before, before.values);
    this.#put(view);
    return view;
  }

  publish(user: string, definition: JsonObject, hash?: string): View | ViewError {
    const before = this.#homes.get(user);
    if (before !== undefined && hash !== undefined && hash !== before.hash) return 'hash_conflict';
    const id = before?.id ?? this.#workspace.nextId('V');
    const place = { id, rootViewId: id, previousViewId: null };
    const view = this.#make(user, definition, place, before?.values);
    this.#homes.set(user, view);
    this.#workspace.touch();
    return view;
  }

  setValues(view: View, values: StateValues): View {
    return this.#put({ ...view, values });
  }

  showErrors(view: View, errors: Readonly<Record<string, string>>, trouble?: string): View {
    return this.#put({ ...view, errors, trouble });
  }

  /** Takes one modal and those above it away, or all of the person's. Returns the closed ones, top first. */
  close(view: View, { all }: { readonly all: boolean }): readonly View[] {
    const stack = this.#stacks.get(view.user) ?? [];
    const from = all ? 0 : stack.findIndex((one) => one.id === view.id);
    if (from < 0) return [];
    this.#stacks.set(view.user, stack.slice(0, from));
    this.#workspace.touch();
    return stack.slice(from).toReversed();
  }

  #all(): readonly View[] {
    return [...[...this.#stacks.values()].flat(), ...this.#homes.values()];
  }

  #externalTaken(definition: JsonObject, except: string | undefined): boolean {
    const externalId = stringOr(definition['external_id'], '');
    if (externalId === '') return false;
    const found = this.findExternal(externalId);
    return found !== undefined && found.id !== except;
  }

  #make(
    user: string,
    definition: JsonObject,
    place: Pick<View, 'id' | 'rootViewId' | 'previousViewId'>,
    kept: StateValues = {},
  ): View {
    const blocks = storedBlocks(objectsOf(definition['blocks']));
    const seconds = Math.floor(this.#workspace.now().getTime() / 1000);
    return {
      id: place.id,
      rootViewId: place.rootViewId,
      previousViewId: place.previousViewId,
      user,
      type: definition['type'] === 'home' ? 'home' : 'modal',
      definition,
      blocks,
      hash: `${seconds}.${randomBytes(6).toString('base64url')}`,
      values: initialState(blocks, kept),
      errors: {},
      trouble: undefined,
    };
  }

  #put(view: View): View {
    if (view.type === 'home') this.#homes.set(view.user, view);
    const stack = this.#stacks.get(view.user) ?? [];
    this.#stacks.set(
      view.user,
      stack.map((one) => (one.id === view.id ? view : one)),
    );
    this.#workspace.touch();
    return view;
  }
}

/** A view as Slack writes it in answers and payloads. */
export function viewJson(view: View): JsonObject {
  const { definition } = view;
  const titled = (key: string): JsonObject | null => {
    const text = definition[key];
    return typeof text === 'object' && text !== null ? { emoji: true, ...text } : null;
  };
  return {
    id: view.id,
    team_id: team.id,
    type: view.type,
    blocks: view.blocks,
    private_metadata: stringOr(definition['private_metadata'], ''),
    callback_id: stringOr(definition['callback_id'], ''),
    state: { values: view.values },
    hash: view.hash,
    title: titled('title') ?? { type: 'plain_text', text: 'View Title', emoji: true },
    clear_on_close: definition['clear_on_close'] === true,
    notify_on_close: definition['notify_on_close'] === true,
    close: titled('close'),
    submit: titled('submit'),
    previous_view_id: view.previousViewId,
    root_view_id: view.rootViewId,
    app_id: app.id,
    external_id: stringOr(definition['external_id'], ''),
    app_installed_team_id: team.id,
    bot_id: app.botId,
  };
}
