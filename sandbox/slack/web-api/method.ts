// What a Web API method is here, its arguments, and the ways it can say no.
import { isObject, type JsonObject, parseJson } from '../json.ts';
import type { Tier } from '../rate-limits.ts';
import { app, type Channel } from '../workspace.ts';
import type { World } from '../world.ts';

/** An answer with `ok: false`. It is HTTP 200, as all of Slack's own errors are. */
export class ApiFailure extends Error {
  readonly code: string;
  readonly extra: JsonObject;

  constructor(code: string, extra: JsonObject = {}) {
    super(code);
    this.name = 'ApiFailure';
    this.code = code;
    this.extra = extra;
  }
}

export interface Method {
  /** Which token is needed; `none` takes any or no token. */
  readonly token: 'bot' | 'app' | 'none';
  /** One of these scopes is enough; empty needs none. */
  readonly scopes: readonly string[];
  readonly tier: Tier;
  readonly run: (args: Args, world: World) => JsonObject;
}

/** The arguments of a call. Forms carry nested values as JSON strings, JSON bodies as they are; both read the same here. */
export class Args {
  readonly all: JsonObject;

  constructor(all: JsonObject) {
    this.all = all;
  }

  has(name: string): boolean {
    const value = this.all[name];
    return value !== undefined && value !== null && value !== '';
  }

  optional(name: string): string | undefined {
    const value = this.all[name];
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  required(name: string): string {
    const value = this.optional(name);
    if (value !== undefined) return value;
    const messages = [`[ERROR] missing required field: ${name}`];
    throw new ApiFailure('invalid_arguments', { response_metadata: { messages } });
  }

  flag(name: string): boolean {
    const value = this.all[name];
    return value === true || value === 'true' || value === '1';
  }

  count(name: string, otherwise: number): number {
    const value = Number(this.optional(name) ?? otherwise);
    return Number.isInteger(value) && value > 0 ? value : otherwise;
  }

  /** A nested value; undefined when absent. Throws `failure` when it is text that is no JSON. */
  nested(name: string, failure: string): unknown {
    const value = this.all[name];
    if (typeof value !== 'string') return value ?? undefined;
    if (value === '') return undefined;
    const parsed = parseJson(value);
    if (parsed === undefined) throw new ApiFailure(failure);
    return parsed;
  }

  object(name: string, failure: string): JsonObject | undefined {
    const value = this.nested(name, failure);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw new ApiFailure(failure);
    return value;
  }
}

/** Refuses the call unless the manifest grants one of the scopes. */
export function requireScope(world: World, ...scopes: readonly string[]): void {
  if (!world.strict || scopes.length === 0) return;
  if (scopes.some((scope) => world.manifest.scopes.includes(scope))) return;
  const provided = world.manifest.scopes.join(',');
  throw new ApiFailure('missing_scope', { needed: scopes.join(','), provided });
}

/** The scope that lets a bot read, or read the history of, this kind of channel. */
export function requireChannelScope(
  world: World,
  channel: Channel,
  what: 'read' | 'history',
): void {
  const prefixes = { public: 'channels', private: 'groups', im: 'im' } as const;
  requireScope(world, `${prefixes[channel.kind]}:${what}`);
}

/** A channel the bot may know of. A private one it is no member of does not exist for it. */
export function channelById(world: World, id: string): Channel {
  const channel = world.workspace.channels.get(id);
  const hidden = channel?.kind === 'private' && !channel.members.has(app.botUserId);
  if (channel === undefined || (hidden && world.strict)) throw new ApiFailure('channel_not_found');
  return channel;
}

/** Cuts one page out of a list; the cursor is the index to go on with. */
export function pageOf<T>(
  items: readonly T[],
  args: Args,
): { readonly page: readonly T[]; readonly nextCursor: string; readonly hasMore: boolean } {
  const from = Number(Buffer.from(args.optional('cursor') ?? '', 'base64').toString('utf8') || 0);
  if (Number.isNaN(from)) throw new ApiFailure('invalid_cursor');
  const until = from + Math.min(args.count('limit', 100), 1000);
  const hasMore = until < items.length;
  const nextCursor = hasMore ? Buffer.from(String(until)).toString('base64') : '';
  return { page: items.slice(from, until), nextCursor, hasMore };
}
