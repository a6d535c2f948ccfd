// Checks a bearer token in constant time; every door that needs one uses this.

import type { Context } from 'hono';
import { matchesAny, type Secret } from '../src/secret.ts';

/** Whether the request carries one of the tokens. No tokens: nobody may. */
export function bearerMatches(context: Context, tokens: readonly Secret[]): boolean {
  const match = /^Bearer ([^\s]{1,512})$/.exec(context.req.header('authorization') ?? '');
  return match?.[1] !== undefined && matchesAny(tokens, match[1]);
}

export function unauthorized(context: Context): Response {
  return context.json({ error: 'a valid bearer token is needed' }, 401, {
    'www-authenticate': 'Bearer',
  });
}
