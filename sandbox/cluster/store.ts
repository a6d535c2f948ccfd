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

const keyOf = (resource: Resource, namespace: string, name: string) =>
  `${resource.group}/${resource.plural}/${namespace}/${name}`;

/** Objects by kind, namespace and name. Objects handed out are frozen copies by convention: nobody changes them in place. */
export class Store {
  private readonly objects = new Map<string, { resource: Resource; object: JsonObject }>();
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

  get(resource: Resource, namespace: string, name: string): JsonObject | undefined {
    return this.objects.get(keyOf(resource, namespace, name))?.object;
  }

  /** Objects of a kind, sorted by namespace and name. An empty namespace means all. */
  list(resource: Resource, namespace = ''): JsonObject[] {
    const found: [string, JsonObject][] = [];
    for (const [key, held] of this.objects) {
      const inside = namespace === '' || namespaceOf(held.object) === namespace;
      if (held.resource === resource && inside) found.push([key, held.object]);
    }
    return found.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
  }

  /** Stores an object under a new resource version and tells the listeners. */
  put(resource: Resource, next: JsonObject): JsonObject {
    this.last += 1;
    const stored = clone(next);
    object(stored, 'metadata')['resourceVersion'] = String(this.last);
    const key = keyOf(resource, namespaceOf(stored), nameOf(stored));
    const before = this.objects.get(key)?.object;
    this.objects.set(key, { resource, object: stored });
    this.tell(before === undefined ? 'ADDED' : 'MODIFIED', resource, stored, before);
    return stored;
  }

  /** Takes an object away. Returns its last state. */
  remove(resource: Resource, namespace: string, name: string): JsonObject | undefined {
    const key = keyOf(resource, namespace, name);
    const held = this.objects.get(key);
    if (held === undefined) return undefined;
    this.last += 1;
    this.objects.delete(key);
    const gone = clone(held.object);
    object(gone, 'metadata')['resourceVersion'] = String(this.last);
    this.tell('DELETED', resource, gone, held.object);
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

  /** Drops everything; the versions go on. */
  clear(): void {
    this.objects.clear();
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
