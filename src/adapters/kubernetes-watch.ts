// Keeps a shelf as a cluster says it is: lists once, follows the changes, and goes on after whatever ends a watch.

import { ApiException, type Configuration } from '@kubernetes/client-node';
import { realClock } from './clock.ts';
import { NotKubernetes, retryAfterMs } from './kubernetes-errors.ts';
import { readJson } from './kubernetes-raw.ts';
import { listPage, SilentWatch, streamEvents, type WatchEvent } from './kubernetes-stream.ts';
import type { Shelf } from './shelf.ts';

/** The clocks of a watch. Each is shorter in tests. */
export interface WatchTimes {
  /** An answer must begin within this time. */
  readonly deadlineMs: number;
  /** A server that allows bookmarks sends one a minute; after this long without anything the connection is dead. */
  readonly silenceMs: number;
  /** A connection that broke is usually back by then; until then what it had told is believed. */
  readonly graceMs: number;
  /** The server ends a watch after this long, at most twice as long: so it can balance its load. */
  readonly lifeMs: number;
  /** The first wait after a failure; it doubles up to `backoffMaxMs`. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** What was forbidden or not there is tried again after this long: roles and kinds come and go. */
  readonly deniedMs: number;
}

export const watchTimes: WatchTimes = {
  deadlineMs: 10_000,
  silenceMs: 90_000,
  graceMs: 5_000,
  lifeMs: 300_000,
  backoffMs: 1_000,
  backoffMaxMs: 30_000,
  deniedMs: 600_000,
};

/**
 * `opening`: it was asked for and the list is not complete; `live`: the shelf follows the cluster; `broken`: the
 * connection is lost and tried again; `denied`: the account may not; `absent`: the server has no such kind.
 */
export type WatchState = 'opening' | 'live' | 'broken' | 'denied' | 'absent';

export interface WatchOptions {
  readonly configuration: Configuration;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly shelf: Shelf;
  readonly times: WatchTimes;
  /** Called when the state changes, with what broke it. */
  readonly onState?: (state: WatchState, error: unknown) => void;
}

/** Small enough that one page is parsed within some tens of milliseconds. */
const pageSize = 500;
/** What ends sooner than this was no watch: asking again at once would be a storm. */
const livedMs = 5_000;

/** A server may ask for patience, but not for more than this. */
const waitMaxMs = 900_000;
/** The server no longer keeps the version that was asked for. */
class TooOld extends Error {}
/** The server knows no lists that stream; it is asked for pages instead. */
class NoStreamedLists extends Error {}

/** One list that is watched until it is closed. It throws nothing: what goes wrong is a state. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #state: WatchState = 'opening';
  #version: string | undefined;
  #streamsLists = true;
  #failures = 0;
  #silences = 0;
  #isComplete = false;
  #heardAtMs = performance.now();

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  get state(): WatchState {
    return this.#state;
  }

  /**
   * Whether the shelf may answer: it is complete, and the cluster was heard of so recently that a watch which still
   * lives would have said what has changed. Where the connection is lost, that is a matter of seconds.
   */
  get isCurrent(): boolean {
    const silentMs = performance.now() - this.#heardAtMs;
    const { silenceMs, graceMs } = this.#options.times;
    const believedMs = this.#state === 'live' ? silenceMs : Math.min(silenceMs, graceMs);
    return this.#isComplete && silentMs <= believedMs;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#options.shelf.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const startedAtMs = performance.now();
      let waitMs: number;
      try {
        await this.#once();
        waitMs = this.#afterEnd(performance.now() - startedAtMs);
      } catch (error) {
        if (signal.aborted) return;
        waitMs = this.#afterFailure(error);
      }
      await realClock.sleep(waitMs, signal);
    }
  }

  /** One connection: from the last version on, or with everything at the beginning. */
  async #once(): Promise<void> {
    const { shelf } = this.#options;
    if (this.#version === undefined) {
      this.#isComplete = false;
      shelf.beginList();
      if (!this.#streamsLists) await this.#listPages();
    }
    const { configuration, path, query = {}, times } = this.#options;
    const stream = streamEvents(configuration, {
      path,
      query: { ...query, ...this.#watchQuery() },
      deadlineMs: times.deadlineMs,
      silenceMs: times.silenceMs,
      signal: this.#closing.signal,
      onHeard: () => {
        this.#heardAtMs = performance.now();
        if (this.#isComplete) this.#enter('live');
      },
    });
    for await (const event of stream) {
      this.#silences = 0;
      this.#take(event);
    }
    if (!this.#isComplete) throw new NoStreamedLists('the stream ended before the list did');
  }

  #watchQuery(): Readonly<Record<string, string>> {
    const { lifeMs } = this.#options.times;
    const common = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      // Not all at the same moment.
      timeoutSeconds: String(Math.ceil((lifeMs * (1 + Math.random())) / 1000)),
    };
    return this.#version === undefined
      ? { ...common, sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
      : { ...common, resourceVersion: this.#version };
  }

  #take(event: WatchEvent): void {
    const { shelf } = this.#options;
    switch (event.kind) {
      case 'put':
      case 'gone':
        if (event.kind === 'put') shelf.put(event.object);
        else shelf.drop(event.object);
        // The objects of a list come in no order of versions.
        if (this.#isComplete) this.#reach(event.object.metadata.resourceVersion);
        break;
      case 'mark':
        if (this.#isComplete) this.#reach(event.version);
        else if (event.endsList) this.#complete(event.version);
        else throw new NoStreamedLists('a bookmark came before the list was complete');
        break;
      case 'error':
        if (event.code === 410) throw new TooOld(event.because);
        throw new ApiException(event.code, event.because, '', {});
    }
  }

  #reach(version: string): void {
    this.#version = version;
    this.#failures = 0;
    this.#options.shelf.mark(version);
    this.#enter('live');
  }

  #complete(version: string): void {
    this.#options.shelf.endList(version);
    this.#isComplete = true;
    this.#reach(version);
  }

  /** All pages of a list are of one version; without a wish for an older one that is the newest. */
  async #listPages(): Promise<void> {
    const { configuration, path, query = {}, shelf } = this.#options;
    let next = '';
    for (;;) {
      const answer = await readJson(configuration, path, {
        ...query,
        limit: String(pageSize),
        ...(next !== '' && { continue: next }),
      });
      this.#heardAtMs = performance.now();
      const page = listPage.safeParse(answer);
      if (!page.success) throw new NotKubernetes();
      for (const item of page.data.items) shelf.put(item);
      next = page.data.metadata.continue ?? '';
      if (next === '') return this.#complete(page.data.metadata.resourceVersion);
    }
  }

  /** The server ended it, as it does after a while. */
  #afterEnd(livedForMs: number): number {
    if (livedForMs >= livedMs) return jittered(this.#options.times.backoffMs / 4);
    return this.#backOff();
  }

  /** How long to wait before the next attempt, and from where on that goes. */
  #afterFailure(error: unknown): number {
    const { times } = this.#options;
    if (error instanceof TooOld || (error instanceof ApiException && error.code === 410)) {
      this.#version = undefined;
      this.#isComplete = false;
      this.#enter('opening', error);
      return this.#backOff();
    }
    const cannotStream =
      error instanceof NoStreamedLists ||
      (error instanceof ApiException && [400, 422].includes(error.code));
    if (cannotStream && this.#version === undefined && this.#streamsLists) {
      this.#streamsLists = false;
      return 0;
    }
    if (error instanceof ApiException && (error.code === 403 || error.code === 404)) {
      this.#isComplete = false;
      this.#version = undefined;
      this.#enter(error.code === 404 ? 'absent' : 'denied', error);
      return jittered(times.deniedMs);
    }
    if (error instanceof SilentWatch) {
      this.#silences += 1;
      // Twice nothing at all: the version may be of a time that a restored backup has never seen.
      if (this.#silences > 1) this.#version = undefined;
    }
    this.#enter('broken', error);
    const asked = error instanceof ApiException ? (retryAfterMs(error) ?? 0) : 0;
    return Math.max(this.#backOff(), Math.min(asked, waitMaxMs));
  }

  #backOff(): number {
    const { backoffMs, backoffMaxMs } = this.#options.times;
    const ms = Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    return jittered(ms);
  }

  #enter(state: WatchState, error?: unknown): void {
    if (state === this.#state && error === undefined) return;
    this.#state = state;
    this.#options.onState?.(state, error);
    if (state !== 'live') this.#options.shelf.wake();
  }
}

/** Between half and all of it, so that those who failed together do not come back together. */
function jittered(ms: number): number {
  return ms * (0.5 + Math.random() / 2);
}
