// The audit trail, one entry a line, for whoever holds the token; `headroom audit verify FILE` checks what was saved.

import type { Context } from 'hono';
import { stream } from 'hono/streaming';
import type { Store } from '../src/ports.ts';
import { exportLines } from '../src/workflow/audit-trail.ts';

export function getAudit({ store }: { readonly store: Store }) {
  return (context: Context): Response => {
    context.header('content-type', 'application/jsonl; charset=utf-8');
    return stream(context, (out) =>
      exportLines(store, async (line) => void (await out.write(line))),
    );
  };
}
