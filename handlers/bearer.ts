// Checks a bearer token in constant time, before anything else of a request is read; every door that needs one uses this.

import type { Context, MiddlewareHandler } from 'hono';
import { matchesAny, type Secret } from '../src/secret.ts';

/** Lets a request in that carries one of the tokens, and answers 401 to all others. No tokens: nobody may. */
export function requireBearer(tokens: readonly Secret[]): MiddlewareHandler {
  return async (context, next) => {
    if (!bearerMatches(context, tokens)) {
      return context.json({ error: 'a valid bearer token is needed' }, 401, {
        'www-authenticate': 'Bearer',
      });
    }
    return next();
  };
}

function bearerMatches(context: Context, tokens: readonly Secret[]): boolean {
  const match = /^Bearer ([^\s]{1,512})$/.exec(context.req.header('authorization') ?? '');
  return match?.[1] !== undefined && matchesAny(tokens, match[1]);
}
