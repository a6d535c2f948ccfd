// Reads one webhook delivery of Alertmanager (format version 4); what is wrong with it is said, not guessed around.

import { z } from 'zod';
import type { IncomingAlert } from '../ports.ts';

/** PostgreSQL stores neither NUL nor half a surrogate pair; nobody means one, and one text must not hold back a delivery. */
const text = z
  .string()
  .transform((value) => value.replaceAll('\u0000', '').replace(/\p{Surrogate}/gu, '\ufffd'));
const labels = z.record(text, text);

const delivery = z.object({
  version: z.literal('4', { error: 'expected webhook format version "4"' }),
  truncatedAlerts: z.number().int().nonnegative().default(0),
  alerts: z.array(
    z.object({
      status: z.enum(['firing', 'resolved']),
      labels,
      annotations: labels.default({}),
      startsAt: z.string().refine(isTime, 'expected a time'),
      endsAt: z.string().refine(isTime, 'expected a time').optional(),
      fingerprint: z.string().regex(/^[0-9a-f]{1,64}$/, 'expected a hexadecimal fingerprint'),
    }),
  ),
});

export type Delivery =
  | { readonly ok: true; readonly alerts: readonly IncomingAlert[]; readonly truncated: number }
  | { readonly ok: false; readonly because: string };

/** At most this many mistakes are named: one delivery can hold thousands with the same one. */
const mistakesNamed = 5;

/** The alerts of a delivery, or what is wrong with it. `body` is the request's text. */
export function parseDelivery(body: string): Delivery {
  const json = parseJson(body);
  if (!json.ok) return { ok: false, because: 'the body is not JSON' };
  const parsed = delivery.safeParse(json.value);
  if (!parsed.success) {
    const { issues } = parsed.error;
    const named = issues
      .slice(0, mistakesNamed)
      .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
    const others = issues.length - named.length;
    return {
      ok: false,
      because: [...named, ...(others > 0 ? [`and ${others} more`] : [])].join('; '),
    };
  }
  return {
    ok: true,
    truncated: parsed.data.truncatedAlerts,
    alerts: parsed.data.alerts.map(({ endsAt, ...alert }) =>
      alert.status === 'resolved' && endsAt !== undefined ? { ...alert, endsAt } : alert,
    ),
  };
}

function parseJson(
  body: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: JSON.parse(body) };
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false };
    throw error;
  }
}

function isTime(value: string): boolean {
  const written = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
  return written.test(value) && !Number.isNaN(Date.parse(value));
}
