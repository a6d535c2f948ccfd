// WATCH requests: a stream of changes from a version on, with bookmarks, and the 410 for versions that are gone.
import type { ServerResponse } from 'node:http';
import { asVersion } from './custom/kinds.ts';
import type { Json, JsonObject } from './json.ts';
import { object, text } from './json.ts';
import { metadataOf, selectorsOf } from './list.ts';
import type { Target } from './request.ts';
import { apiVersionOf } from './resources/resource.ts';
import type { ClusterState } from './state.ts';
import type { FieldError } from './status.ts';
import { failure, forbidden, internalError, invalid, notSupported } from './status.ts';
import { type Change, isSameKind } from './store.ts';

/** What a watch asks for, checked. */
export interface WatchPlan {
  readonly target: Target;
  readonly matches: (candidate: JsonObject) => boolean;
  /** Changes after this version are sent; undefined starts with everything there is. */
  readonly from: number | undefined;
  readonly bookmarks: boolean;
  readonly markInitialEnd: boolean;
  readonly timeoutSeconds: number;
  /** Objects are cut to their metadata. */
  readonly metadataOnly: boolean;
}

/** How often an idle watch gets a bookmark. */
const bookmarkMs = 60_000;

function checkOptions(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.has('sendInitialEvents');
  const errors: FieldError[] = [];
  if (initial && match === '') {
    errors.push(
      forbidden(
        'resourceVersionMatch',
        'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      ),
    );
  }
  if (!initial && match !== '') {
    errors.push(
      forbidden(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    );
  }
  if (match !== '' && match !== 'NotOlderThan') {
    errors.push(notSupported('resourceVersionMatch', match, ['NotOlderThan']));
  }
  if (errors.length > 0) {
    throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions', name: '' }, errors);
  }
}

/** Reads a watch request. Throws 422 for options that exclude each other and 500 for an unparsable version. */
export function planWatch(target: Target, query: URLSearchParams, accept: string): WatchPlan {
  checkOptions(query);
  const version = query.get('resourceVersion') ?? '';
  if (version !== '' && !/^\d+$/.test(version)) {
    const quoted = JSON.stringify(version);
    throw internalError(
      `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
    );
  }
  const initial = query.get('sendInitialEvents') === 'true';
  const fresh = initial || version === '' || version === '0';
  const bookmarks = query.get('allowWatchBookmarks') === 'true';
  return {
    target,
    matches: selectorsOf(target, query),
    from: fresh ? undefined : Number(version),
    bookmarks,
    markInitialEnd: initial && bookmarks,
    metadataOnly: accept.includes('as=PartialObjectMetadata'),
    timeoutSeconds: Number(query.get('timeoutSeconds') ?? '0'),
  };
}

/** What goes wrong with one watch. */
export interface WatchTroubles {
  /** It is cut after that many events. */
  readonly cutAfterEvents?: number;
  /** It stays open and says nothing more after that many. */
  readonly silentAfterEvents?: number;
}

/** How a watch ends: cleanly, by cutting the connection, or with the 410 of a server that forgot where it was. */
export type WatchEnd = 'end' | 'cut' | 'expired';

/** Open watches of the server. */
export class Watches {
  private readonly state: ClusterState;
  private readonly open = new Set<OpenWatch>();

  constructor(state: ClusterState) {
    this.state = state;
  }

  /** Streams changes into a response until the client leaves, the time is over or the server closes it. */
  start(plan: WatchPlan, response: ServerResponse, troubles: WatchTroubles = {}): void {
    const watch = new OpenWatch(this.state, plan, response, {
      ...troubles,
      forget: () => this.open.delete(watch),
    });
    this.open.add(watch);
    watch.begin();
  }

  /** How many watches are open. */
  get size(): number {
    return this.open.size;
  }

  /** Sends a bookmark to every watch that allows them. */
  bookmark(): void {
    for (const watch of this.open) watch.bookmark();
  }

  /** Ends watches: all, or those of one kind. */
  close(how: WatchEnd = 'end', resource?: string): void {
    for (const watch of this.open) {
      if (resource === undefined || watch.plural === resource) watch.finish(how);
    }
  }
}

/** A watcher that loses sight of an object gets it as it last saw it, with the version of the change. */
function lastSeen({ type, object: changed, before }: Change): JsonObject {
  if (type === 'DELETED' || before === undefined) return changed;
  const version = text(changed, 'metadata', 'resourceVersion');
  return { ...before, metadata: { ...object(before, 'metadata'), resourceVersion: version } };
}

class OpenWatch {
  private readonly state: ClusterState;
  private readonly plan: WatchPlan;
  private readonly response: ServerResponse;
  private readonly own: WatchTroubles & { readonly forget: () => void };
  private sent = 0;
  private stopListening: () => void = () => undefined;
  private timers: NodeJS.Timeout[] = [];

  constructor(
    state: ClusterState,
    plan: WatchPlan,
    response: ServerResponse,
    own: WatchTroubles & { readonly forget: () => void },
  ) {
    this.state = state;
    this.plan = plan;
    this.response = response;
    this.own = own;
  }

  begin(): void {
    const { store } = this.state;
    const { from, timeoutSeconds, bookmarks } = this.plan;
    this.response.writeHead(200, { 'content-type': 'application/json' });
    this.response.flushHeaders();
    this.response.on('close', () => this.finish('end'));
    if (this.own.cutAfterEvents === 0) {
      this.finish('cut');
      return;
    }
    const missed = from === undefined ? [] : store.since(from);
    if (missed === undefined) {
      const body = failure(
        410,
        'Expired',
        `too old resource version: ${from} (${store.oldestVersion})`,
      ).body;
      this.send('ERROR', body);
      this.finish('end');
      return;
    }
    if (from === undefined) this.sendEverything();
    for (const change of missed) this.follow(change);
    this.stopListening = store.listen((change) => this.follow(change));
    if (timeoutSeconds > 0) {
      this.timers.push(setTimeout(() => this.expire(), timeoutSeconds * 1000));
    }
    if (bookmarks) this.timers.push(setInterval(() => this.bookmark(), bookmarkMs));
    for (const timer of this.timers) timer.unref();
  }

  private expire(): void {
    this.bookmark();
    this.finish('end');
  }

  private sendEverything(): void {
    const { target, matches, markInitialEnd } = this.plan;
    for (const held of this.state.store.list(target.resource, target.namespace)) {
      if (matches(held)) this.show('ADDED', held);
    }
    if (markInitialEnd) this.mark({ annotations: { 'k8s.io/initial-events-end': 'true' } });
  }

  private follow(change: Change): void {
    const { target, matches, from } = this.plan;
    if (!isSameKind(change.resource, target.resource)) return;
    if (from !== undefined && change.version <= from) return;
    const was = change.before !== undefined && matches(change.before);
    const is = change.type !== 'DELETED' && matches(change.object);
    if (is) this.show(was ? 'MODIFIED' : 'ADDED', change.object);
    else if (was) this.show('DELETED', lastSeen(change));
  }

  bookmark(): void {
    if (this.plan.bookmarks) this.mark({});
  }

  private mark(more: JsonObject): void {
    const { resource } = this.plan.target;
    this.send('BOOKMARK', {
      kind: resource.kind,
      apiVersion: apiVersionOf(resource),
      metadata: { resourceVersion: String(this.state.store.version), ...more },
    });
  }

  private show(type: string, held: JsonObject): void {
    const shown = asVersion(this.plan.target.resource, held);
    this.send(type, this.plan.metadataOnly ? metadataOf(shown) : shown);
  }

  private send(type: string, content: Json): void {
    const { cutAfterEvents = Number.POSITIVE_INFINITY, silentAfterEvents } = this.own;
    if (this.sent >= Math.min(cutAfterEvents, silentAfterEvents ?? cutAfterEvents)) return;
    this.sent += 1;
    const isLast = this.sent === cutAfterEvents;
    this.response.write(`${JSON.stringify({ type, object: content })}\n`, () => {
      if (isLast) this.finish('cut');
    });
  }

  /** The plural of what is watched. */
  get plural(): string {
    return this.plan.target.resource.plural;
  }

  finish(how: WatchEnd): void {
    if (how === 'expired') {
      const because = `too old resource version: ${this.plan.from ?? 0} (${this.state.store.version})`;
      this.send('ERROR', failure(410, 'Expired', because).body);
    }
    this.stopListening();
    for (const timer of this.timers) clearTimeout(timer);
    this.timers = [];
    this.own.forget();
    if (how === 'cut') this.response.destroy();
    else if (!this.response.writableEnded) this.response.end();
  }
}
