// The audit trail, one entry a line, for whoever holds the token; `headroom audit verify FILE` checks what was saved.

import type { Context } from 'hono';
import { stream } from 'hono/streaming';
import type { Store } from '../src/ports.ts';
import type { Secret } from '../src/secret.ts';
import { exportLines } from '../src/workflow/audit-trail.ts';
import { bearerMatches, unauthorized } from './bearer.ts';

export function getAudit({
  store,
  tokens,
}: {
  readonly store: Store;
  readonly tokens: readonly Secret[];
}) {
  return (context: Context): Response => {
    if (!bearerMatches(context, tokens)) return unauthorized(context);
    context.header('content-type', 'application/jsonl; charset=utf-8');
    return stream(context, (out) =>
      exportLines(store, async (line) => void (await out.write(line))),
    );
  };
}
