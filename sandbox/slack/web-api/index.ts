// The table of all Web API methods and the one way every call takes through it: fault, token, scope, rate, method.
import type { IncomingHttpHeaders } from 'node:http';
import type { ApiCall, Fault } from '../faults.ts';
import { isObject, type JsonObject, parseJson } from '../json.ts';
import type { World } from '../world.ts';
import { chatMethods } from './chat.ts';
import { conversationMethods } from './conversations.ts';
import { fileMethods } from './files.ts';
import { ApiFailure, Args, type Method, requireScope } from './method.ts';
import { peopleMethods } from './people.ts';
import { restMethods } from './rest.ts';
import { viewMethods } from './views.ts';

export const methods: Readonly<Record<string, Method>> = {
  ...restMethods,
  ...chatMethods,
  ...conversationMethods,
  ...fileMethods,
  ...peopleMethods,
  ...viewMethods,
};

/** What is sent back. `hang` means nothing is. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
  readonly hang: boolean;
}

interface Call {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  readonly rawBody: Buffer;
}

/** Answers one call and writes it into the log. Never throws for what a caller sends. */
export function answerCall(call: Call, world: World): Answer {
  const { token: tokenArg, ...all } = argumentsOf(call);
  const args = new Args(all);
  const fault = world.faults.take(call.method);
  const answer =
    fault === undefined
      ? carryOut(call, { args, tokenArg }, world)
      : faulty(fault, () => carryOut(call, { args, tokenArg }, world));
  log(call.method, { args: all, answer }, world);
  return answer;
}

function argumentsOf({ headers, query, rawBody }: Call): JsonObject {
  const contentType = headers['content-type'] ?? '';
  const text = rawBody.toString('utf8');
  const inQuery = Object.fromEntries(query);
  if (contentType.startsWith('application/json')) {
    const parsed = parseJson(text);
    return isObject(parsed) ? { ...inQuery, ...parsed } : inQuery;
  }
  return { ...inQuery, ...Object.fromEntries(new URLSearchParams(text)) };
}

function ok(world: World, body: JsonObject): Answer {
  const headers = { 'x-oauth-scopes': world.manifest.scopes.join(',') };
  return { status: 200, headers, body: { ok: true, ...body }, hang: false };
}

function refused(code: string, extra: JsonObject = {}): Answer {
  return { status: 200, headers: {}, body: { ok: false, error: code, ...extra }, hang: false };
}

function tooFast(seconds: number): Answer {
  const headers = { 'retry-after': String(seconds) };
  return { status: 429, headers, body: { ok: false, error: 'ratelimited' }, hang: false };
}

function faulty(fault: Fault, carry: () => Answer): Answer {
  if (fault.applied === true) carry();
  if (fault.hang === true) return { status: 0, headers: {}, body: {}, hang: true };
  const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  const status = fault.status ?? (fault.retryAfter === undefined ? 200 : 429);
  const error = fault.error ?? (status === 429 ? 'ratelimited' : 'internal_error');
  return { status, headers, body: { ok: false, error }, hang: false };
}

function carryOut(
  call: Call,
  given: { readonly args: Args; readonly tokenArg: unknown },
  world: World,
): Answer {
  const { args } = given;
  const method = Object.hasOwn(methods, call.method) ? methods[call.method] : undefined;
  if (method === undefined) return refused('unknown_method', { req_method: call.method });
  try {
    requireToken(method, tokenOf(call.headers, given.tokenArg), world);
    requireScope(world, ...method.scopes);
    if (world.rateLimits) {
      const seconds = world.limits.take(rateKey(call.method, method, args), method.tier);
      if (seconds > 0) return tooFast(seconds);
    }
    return ok(world, method.run(args, world));
  } catch (failure) {
    if (failure instanceof ApiFailure) return refused(failure.code, failure.extra);
    throw failure;
  }
}

function tokenOf(headers: IncomingHttpHeaders, tokenArg: unknown): string | undefined {
  const bearer = /^Bearer (.+)$/u.exec(headers.authorization ?? '')?.[1];
  return bearer ?? (typeof tokenArg === 'string' ? tokenArg : undefined);
}

function requireToken(method: Method, token: string | undefined, world: World): void {
  if (method.token === 'none') return;
  if (token === undefined || token === '') throw new ApiFailure('not_authed');
  const [wanted, other] =
    method.token === 'app' ? [world.appToken, world.botToken] : [world.botToken, world.appToken];
  if (token === wanted) return;
  throw new ApiFailure(token === other ? 'not_allowed_token_type' : 'invalid_auth');
}

/** Posts are counted per channel, everything else per method. */
function rateKey(name: string, method: Method, args: Args): string {
  return method.tier === 'post' ? `${name} ${args.optional('channel') ?? ''}` : name;
}

/** Arguments are kept decoded, so that a test reads blocks as blocks. */
function log(
  method: string,
  { args, answer }: { readonly args: JsonObject; readonly answer: Answer },
  world: World,
): void {
  const decoded = Object.entries(args).map(([key, value]) => {
    const isJson = typeof value === 'string' && /^[[{]/u.test(value);
    return [key, isJson ? (parseJson(value) ?? value) : value] as const;
  });
  const { error } = answer.body;
  const call: ApiCall = {
    method,
    args: Object.fromEntries(decoded),
    at: world.clock.now().toISOString(),
    status: answer.status,
    ok: answer.body['ok'] === true,
    ...(typeof error === 'string' ? { error } : {}),
  };
  world.apiCalls.push(call);
}
