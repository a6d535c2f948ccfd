// Which watches of a cluster are open: each from the first need of it until nobody has needed it for a while, and never too many.

import type { Configuration } from '@kubernetes/client-node';
import type { Log } from '../ports.ts';
import { readTrouble } from './kubernetes-errors.ts';
import type { StreamedObject } from './kubernetes-stream.ts';
import { Watch, type WatchState, type WatchTimes } from './kubernetes-watch.ts';
import { type Kept, Shelf } from './shelf.ts';

/** What can be watched: a list, and what is kept of its objects. */
export interface ViewSource {
  /** The same name, the same list. */
  readonly name: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly keep: (object: StreamedObject) => Kept;
  /** Of few objects and wanted for a moment: opened again as easily as kept. */
  readonly isBrief?: boolean;
  /** What an account needs for it, in words: "list and watch deployments of all namespaces". */
  readonly right: string;
}

export interface ViewTimes extends WatchTimes {
  /** The first question waits this long for the list; what takes longer is read. */
  readonly openMs: number;
  /** A watch that nobody has asked for this long is closed. */
  readonly idleMs: number;
  /** The same for one of a few objects; and one in use within this time is not closed for another one. */
  readonly restMs: number;
}

export interface ViewParts {
  readonly cluster: string;
  readonly configuration: Configuration;
  readonly times: ViewTimes;
  readonly log: Pick<Log, 'debug' | 'info' | 'warn'>;
}

interface View {
  readonly watch: Watch;
  readonly shelf: Shelf;
  readonly idleMs: number;
  openingSinceMs: number;
  usedAtMs: number;
}

/** A cluster never has more watches of ours than this (design, section 7). */
export const watchesMax = 10;
export class Views {
  readonly #views = new Map<string, View>();
  readonly #closing = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  readonly #parts: ViewParts;
  #isClosed = false;
  #saidFull = false;

  constructor(parts: ViewParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#closeIdle(), parts.times.restMs / 2);
    this.#timer.unref();
  }

  /**
   * The shelf of the first of some lists that the account may watch; later ones are narrower. Undefined when none of
   * them can answer now: then whoever asks must read. `keepFree` names watches that may still come and must find room.
   */
  async shelfOf(
    sources: readonly ViewSource[],
    signal: AbortSignal,
    { keepFree = [] }: { readonly keepFree?: readonly string[] } = {},
  ): Promise<Shelf | undefined> {
    for (const source of sources) {
      const view = this.#use(source, watchesMax - this.#notYet(keepFree));
      if (view === undefined) return undefined;
      await this.#opened(view, signal);
      if (view.watch.isCurrent) return view.shelf;
      if (view.watch.state !== 'denied') return undefined;
    }
    return undefined;
  }

  /** Whether the server has said that it has no such kind. */
  isAbsent(sources: readonly ViewSource[]): boolean {
    return sources.some(({ name }) => this.#views.get(name)?.watch.state === 'absent');
  }

  /** What is watched already, whether or not it may answer now. */
  shelfNamed(name: string): Shelf | undefined {
    return this.#views.get(name)?.shelf;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const name of this.#views.keys()) this.#end(name);
    await Promise.all(this.#closing);
  }

  #use(source: ViewSource, max: number): View | undefined {
    const known = this.#views.get(source.name);
    if (known !== undefined) {
      known.usedAtMs = performance.now();
      return known;
    }
    if (this.#isClosed || !this.#hasRoom(max)) return undefined;
    const view = this.#open(source);
    this.#views.set(source.name, view);
    return view;
  }

  /** Where a list of all namespaces is denied, one of a namespace may come in its place. */
  #notYet(names: readonly string[]): number {
    return names.filter((name) => {
      const view = this.#views.get(name);
      return view === undefined || view.watch.state === 'denied';
    }).length;
  }

  #open({ name, path, query, keep, right, isBrief = false }: ViewSource): View {
    const { configuration, times } = this.#parts;
    const shelf = new Shelf(keep);
    const nowMs = performance.now();
    const onState = (state: WatchState, error: unknown) => {
      if (state === 'opening') view.openingSinceMs = performance.now();
      this.#say(name, right, state, error);
    };
    const watch = new Watch({
      configuration,
      path,
      shelf,
      times,
      onState,
      ...(query !== undefined && { query }),
    });
    const idleMs = isBrief ? times.restMs : times.idleMs;
    const view: View = { watch, shelf, idleMs, openingSinceMs: nowMs, usedAtMs: nowMs };
    return view;
  }

  /** A list that does not come soon is not waited for: not by the first question, and not by those after it. */
  async #opened({ watch, shelf, openingSinceMs }: View, signal: AbortSignal): Promise<void> {
    while (watch.state === 'opening' && !signal.aborted) {
      const leftMs = openingSinceMs + this.#parts.times.openMs - performance.now();
      if (leftMs <= 0) return;
      await shelf.next(leftMs, signal);
    }
  }

  /** A watch that was refused holds no connection. */
  #hasRoom(max: number): boolean {
    const open = [...this.#views].filter(
      ([, { watch }]) => watch.state !== 'denied' && watch.state !== 'absent',
    );
    if (open.length < max) return true;
    const [oldest] = open.toSorted(([, a], [, b]) => a.usedAtMs - b.usedAtMs);
    if (oldest !== undefined && performance.now() - oldest[1].usedAtMs > this.#parts.times.restMs) {
      this.#end(oldest[0]);
      return true;
    }
    if (!this.#saidFull) {
      const { cluster, log } = this.#parts;
      this.#saidFull = true;
      log.info(
        { cluster, watches: open.length },
        'as many watches of this cluster are open as it is asked for; what is not watched is read, slowly',
      );
    }
    return false;
  }

  #closeIdle(): void {
    for (const [name, { usedAtMs, idleMs }] of this.#views) {
      if (performance.now() - usedAtMs > idleMs) this.#end(name);
    }
  }

  #end(name: string): void {
    const view = this.#views.get(name);
    if (view === undefined) return;
    this.#views.delete(name);
    this.#saidFull = false;
    const closed = view.watch.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  #say(watch: string, right: string, state: WatchState, error: unknown): void {
    const { cluster, log } = this.#parts;
    const fields = {
      cluster,
      watch,
      ...(error !== undefined && { err: readTrouble('watching', error) }),
    };
    switch (state) {
      case 'denied':
        log.warn(
          { ...fields, grant: right },
          'a cluster lets Headroom watch less than it could; grant it that, or more is asked than needed',
        );
        break;
      case 'absent':
        log.debug(fields, 'a cluster does not have what could be watched');
        break;
      case 'live':
        log.debug(fields, 'a watch follows its cluster');
        break;
      case 'opening':
        log.info(fields, 'a watch begins anew: the cluster no longer keeps what it had seen');
        break;
      case 'broken':
        log.info(fields, 'a watch broke and is tried again');
        break;
    }
  }
}
