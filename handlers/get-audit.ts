// The audit trail, one entry a line, for whoever holds the token; `headroom audit verify FILE` checks what was saved.

import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Log, Store } from '../src/ports.ts';
import { exportLines } from '../src/workflow/audit-trail.ts';

export function getAudit({ store, log }: { readonly store: Store; readonly log: Log }) {
  return async (context: Context<{ Bindings: HttpBindings }>): Promise<Response> => {
    // Asked before the 200 is given, so that a database that is away is told as such and not as an empty trail.
    await store.transaction((tx) => tx.audit.head());
    const { readable, writable } = new TransformStream<string, string>();
    const out = writable.getWriter();
    exportLines(store, (line) => out.write(line))
      .then(() => out.close())
      // A transfer that is cut short must break: a shorter file would verify as the whole trail.
      .catch((error: unknown) => {
        log.warn({ err: error }, 'sending the audit trail');
        context.env.outgoing.destroy();
      });
    return context.body(readable.pipeThrough(new TextEncoderStream()), 200, {
      'content-type': 'application/jsonl; charset=utf-8',
    });
  };
}
