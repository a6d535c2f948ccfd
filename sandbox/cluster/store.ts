// Keeps objects and the history of their changes, so that reads, conflicts and watches agree on one order.

import type { JsonObject } from './json.ts';
import { clone, nameOf, namespaceOf, object } from './json.ts';
import type { Resource } from './resources/resource.ts';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One change of one object; `before` is what it replaced. */
export interface Change {
  readonly version: number;
  readonly type: ChangeType;
  readonly resource: Resource;
  readonly object: JsonObject;
  readonly before: JsonObject | undefined;
}

/** How many changes can be watched from; older resource versions answer 410. */
const historyMax = 4000;

/** All versions of a kind share their objects. */
type AnyVersion = Pick<Resource, 'group' | 'plural'>;

/** True when both are the same kind, in whatever version. */
export const isSameKind = (one: AnyVersion, other: AnyVersion): boolean =>
  one.plural === other.plural && one.group === other.group;

/** The objects of one kind by `namespace/name`; lists are kept until something changes, since controllers ask all the time. */
class Shelf {
  private readonly objects = new Map<string, JsonObject>();
  private readonly lists = new Map<string, readonly JsonObject[]>();

  get(key: string): JsonObject | undefined {
    return this.objects.get(key);
  }

  set(key: string, held: JsonObject): void {
    this.objects.set(key, held);
    this.lists.clear();
  }

  delete(key: string): void {
    this.objects.delete(key);
    this.lists.clear();
  }

  /** Sorted by key; an empty namespace means all. */
  list(namespace: string): readonly JsonObject[] {
    const known = this.lists.get(namespace);
    if (known !== undefined) return known;
    const made =
      namespace === ''
        ? [...this.objects].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, held]) => held)
        : this.list('').filter((held) => namespaceOf(held) === namespace);
    this.lists.set(namespace, made);
    return made;
  }
}

const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;

/** Objects by kind, namespace and name. Objects handed out are frozen copies by convention: nobody changes them in place. */
export class Store {
  private readonly shelves = new Map<string, Shelf>();
  private readonly listeners = new Set<(change: Change) => void>();
  private history: Change[] = [];
  private last = 1000;
  private compactedAt = 1000;

  /** The newest resource version. */
  get version(): number {
    return this.last;
  }

  /** Versions before this one can no longer be watched or continued from. */
  get oldestVersion(): number {
    return this.compactedAt;
  }

  get(resource: AnyVersion, namespace: string, name: string): JsonObject | undefined {
    return this.shelfOf(resource).get(keyOf(namespace, name));
  }

  /** Objects of a kind, sorted by namespace and name. An empty namespace means all. */
  list(resource: AnyVersion, namespace = ''): readonly JsonObject[] {
    return this.shelfOf(resource).list(namespace);
  }

  private shelfOf({ group, plural }: AnyVersion): Shelf {
    const key = `${group}/${plural}`;
    const known = this.shelves.get(key);
    if (known !== undefined) return known;
    const made = new Shelf();
    this.shelves.set(key, made);
    return made;
  }

  /** Stores an object under a new resource version and tells the listeners. */
  put(resource: Resource, next: JsonObject): JsonObject {
    this.last += 1;
    const stored = clone(next);
    object(stored, 'metadata')['resourceVersion'] = String(this.last);
    const shelf = this.shelfOf(resource);
    const key = keyOf(namespaceOf(stored), nameOf(stored));
    const before = shelf.get(key);
    shelf.set(key, stored);
    this.tell(before === undefined ? 'ADDED' : 'MODIFIED', resource, stored, before);
    return stored;
  }

  /** Takes an object away. Returns its last state. */
  remove(resource: Resource, namespace: string, name: string): JsonObject | undefined {
    const shelf = this.shelfOf(resource);
    const key = keyOf(namespace, name);
    const held = shelf.get(key);
    if (held === undefined) return undefined;
    this.last += 1;
    shelf.delete(key);
    const gone = clone(held);
    object(gone, 'metadata')['resourceVersion'] = String(this.last);
    this.tell('DELETED', resource, gone, held);
    return gone;
  }

  /** Changes after a version, oldest first; undefined when the version is too old. */
  since(version: number): readonly Change[] | undefined {
    if (version < this.compactedAt) return undefined;
    return this.history.filter((change) => change.version > version);
  }

  /** Forgets the history, as the real store does after some minutes. */
  compact(): void {
    this.history = [];
    this.compactedAt = this.last;
  }

  /** Calls back after every change. Returns the way to stop. */
  listen(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Drops everything; the versions go on, and whoever watched before must begin anew. */
  clear(): void {
    this.shelves.clear();
    this.last += 1;
    this.compact();
  }

  private tell(
    type: ChangeType,
    resource: Resource,
    changed: JsonObject,
    before: JsonObject | undefined,
  ): void {
    const change: Change = { version: this.last, type, resource, object: changed, before };
    this.history.push(change);
    if (this.history.length > historyMax) {
      const dropped = this.history.splice(0, this.history.length - historyMax);
      this.compactedAt = dropped.at(-1)?.version ?? this.compactedAt;
    }
    for (const listener of this.listeners) listener(change);
  }
}
