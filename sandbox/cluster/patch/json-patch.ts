// JSON patch with the habits of the API server: a failed test says nothing, and replacing a missing map key adds it.

import type { Json, JsonObject } from '../json.ts';
import { clone, equal, isObject } from '../json.ts';
import { patchRejected } from '../status.ts';

type Holder = JsonObject | Json[];

function segments(path: string): string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw patchRejected();
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function isHolder(value: Json | undefined): value is Holder {
  return typeof value === 'object' && value !== null;
}

function indexOf(key: string, length: number): number {
  if (key === '-') return length;
  const index = /^\d+$/.test(key) ? Number(key) : -1;
  if (index < 0) throw patchRejected();
  return index;
}

function read(holder: Holder, key: string): Json | undefined {
  if (Array.isArray(holder)) return holder[indexOf(key, holder.length)];
  return Object.hasOwn(holder, key) ? holder[key] : undefined;
}

/** The object or list a path ends in, and the last key. A missing parent rejects the patch. */
function locate(root: JsonObject, path: string): { readonly holder: Holder; readonly key: string } {
  const parts = segments(path);
  const key = parts.pop();
  if (key === undefined) throw patchRejected();
  let holder: Holder = root;
  for (const part of parts) {
    const next: Json | undefined = read(holder, part);
    if (!isHolder(next)) throw patchRejected();
    holder = next;
  }
  return { holder, key };
}

function add(root: JsonObject, path: string, value: Json): void {
  const { holder, key } = locate(root, path);
  if (!Array.isArray(holder)) {
    holder[key] = value;
    return;
  }
  const index = indexOf(key, holder.length);
  if (index > holder.length) throw patchRejected();
  holder.splice(index, 0, value);
}

function remove(root: JsonObject, path: string): void {
  const { holder, key } = locate(root, path);
  if (read(holder, key) === undefined) throw patchRejected();
  if (Array.isArray(holder)) holder.splice(indexOf(key, holder.length), 1);
  else delete holder[key];
}

function replace(root: JsonObject, path: string, value: Json): void {
  const { holder, key } = locate(root, path);
  if (!Array.isArray(holder)) {
    holder[key] = value;
    return;
  }
  const index = indexOf(key, holder.length);
  if (index >= holder.length) throw patchRejected();
  holder[index] = value;
}

function test(root: JsonObject, path: string, value: Json): void {
  if (path === '') {
    if (!equal(root, value)) throw patchRejected();
    return;
  }
  const { holder, key } = locate(root, path);
  if (!equal(read(holder, key) ?? null, value)) throw patchRejected();
}

function found(root: JsonObject, path: string): Json {
  const { holder, key } = locate(root, path);
  const value = read(holder, key);
  if (value === undefined) throw patchRejected();
  return value;
}

/** Applies the operations to a copy. Throws the server's 422 when any of them fails. */
export function applyJsonPatch(target: JsonObject, operations: readonly Json[]): JsonObject {
  const root = clone(target);
  for (const operation of operations) {
    if (!isObject(operation)) throw patchRejected();
    const path = operation['path'];
    const from = operation['from'];
    const value = clone(operation['value'] ?? null);
    if (typeof path !== 'string') throw patchRejected();
    const op = typeof operation['op'] === 'string' ? operation['op'] : '';
    switch (op) {
      case 'add':
        add(root, path, value);
        break;
      case 'remove':
        remove(root, path);
        break;
      case 'replace':
        replace(root, path, value);
        break;
      case 'test':
        test(root, path, value);
        break;
      case 'copy':
      case 'move': {
        if (typeof from !== 'string') throw patchRejected();
        const moved = clone(found(root, from));
        if (op === 'move') remove(root, from);
        add(root, path, moved);
        break;
      }
      default:
        throw patchRejected();
    }
  }
  return root;
}
