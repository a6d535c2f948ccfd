// What a watch has told so far, small: of each object the part somebody asks for, as text, and how new it is known to be.

import type { StreamedObject } from './kubernetes-stream.ts';

/** What is kept of an object. */
export interface Kept {
  readonly text: string;
  /** Objects are also found by this: an autoscaler by what it scales. */
  readonly tag?: string;
}

interface Held extends Kept {
  readonly version: string;
  /** The list it was last told in, or the one before the event that told of it. */
  readonly round: number;
}

/** `unknown`: it may have been written, and nobody knows what came of it. */
export type Floor =
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unknown' };

export const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/**
 * Objects by key. A floor is what somebody has seen of an object by asking or writing; as long as the watch has not told
 * as much, the object counts as behind.
 */
export class Shelf {
  readonly #keep: (object: StreamedObject) => Kept;
  readonly #held = new Map<string, Held>();
  readonly #tagged = new Map<string, Set<string>>();
  readonly #floors = new Map<string, Floor & { readonly round: number }>();
  readonly #waiting = new Set<() => void>();
  #round = 0;
  #reached = '';

  constructor(keep: (object: StreamedObject) => Kept) {
    this.#keep = keep;
  }

  get size(): number {
    return this.#held.size;
  }

  /** A list begins: whatever is not told again until its end is gone. */
  beginList(): void {
    this.#round += 1;
  }

  /** What was noted before the list was asked for is in it. */
  endList(version: string): void {
    for (const [key, held] of this.#held) if (held.round < this.#round) this.#take(key);
    for (const [key, floor] of this.#floors) {
      if (floor.round < this.#round) this.#floors.delete(key);
    }
    this.mark(version);
  }

  put(object: StreamedObject): void {
    const { namespace = '', name, resourceVersion } = object.metadata;
    const key = keyOf(namespace, name);
    const kept = this.#keep(object);
    if (this.#held.get(key)?.tag !== kept.tag) this.#take(key);
    this.#held.set(key, { ...kept, version: resourceVersion, round: this.#round });
    if (kept.tag !== undefined) {
      const keys = this.#tagged.get(kept.tag) ?? new Set<string>();
      this.#tagged.set(kept.tag, keys.add(key));
    }
  }

  drop({ metadata: { namespace = '', name } }: StreamedObject): void {
    this.#take(keyOf(namespace, name));
  }

  /** Everything up to here has been told. */
  mark(version: string): void {
    this.#reached = version;
    this.wake();
  }

  /** Whoever waits for something looks again. */
  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const go of waiting) go();
  }

  text(key: string): string | undefined {
    return this.#held.get(key)?.text;
  }

  texts(): readonly string[] {
    return [...this.#held.values()].map(({ text }) => text);
  }

  /** In the order of their names. */
  keysTagged(tag: string): readonly string[] {
    return [...(this.#tagged.get(tag) ?? [])].toSorted();
  }

  /** The same of the objects themselves. */
  textsTagged(tag: string): readonly string[] {
    return this.keysTagged(tag).flatMap((key) => this.text(key) ?? []);
  }

  /** Those of a namespace, in the order of their names. */
  textsIn(namespace: string): readonly string[] {
    const keys = [...this.#held.keys()].filter((key) => key.startsWith(`${namespace}/`));
    return keys.toSorted().flatMap((key) => this.text(key) ?? []);
  }

  /** Somebody has seen this of the object; from now on nothing older counts. */
  note(key: string, floor: Floor): void {
    const before = this.#floors.get(key);
    // Of two answers that crossed on their way, the newer one counts.
    const isOlder =
      floor.kind === 'version' &&
      before?.kind === 'version' &&
      isAtLeast(before.version, floor.version);
    if (isOlder) return;
    this.#floors.set(key, { ...floor, round: this.#round });
  }

  /** Whether somebody has seen more of the object than the watch has told. */
  isBehind(key: string): boolean {
    const floor = this.#floors.get(key);
    if (floor === undefined) return false;
    const held = this.#held.get(key);
    const isBehind =
      floor.kind === 'unknown' ||
      (floor.kind === 'gone' && held !== undefined) ||
      (floor.kind === 'version' &&
        !isAtLeast(held?.version ?? '', floor.version) &&
        !isAtLeast(this.#reached, floor.version));
    if (!isBehind) this.#floors.delete(key);
    return isBehind;
  }

  /** The same for any object of a namespace: one that has never been told of may be among them. */
  isBehindIn(namespace: string): boolean {
    return [...this.#floors.keys()]
      .filter((key) => key.startsWith(`${namespace}/`))
      .some((key) => this.isBehind(key));
  }

  /** Resolves when something more was told, the time is up or the signal fires. */
  next(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', go);
        this.#waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, ms);
      timer.unref();
      this.#waiting.add(go);
      signal.addEventListener('abort', go);
      if (signal.aborted) go();
    });
  }

  #take(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    const keys = this.#tagged.get(held.tag ?? '');
    keys?.delete(key);
    if (keys?.size === 0) this.#tagged.delete(held.tag ?? '');
  }
}

/**
 * Versions of objects of one kind can be compared as numbers of any length (promised since Kubernetes 1.35, and so for
 * as long as there has been etcd); anything else is only equal or not.
 */
export function isAtLeast(version: string, floor: string): boolean {
  if (version === floor) return true;
  if (!/^[1-9]\d*$/.test(version) || !/^[1-9]\d*$/.test(floor)) return false;
  return version.length === floor.length ? version > floor : version.length > floor.length;
}
