// Offers the control over HTTP, for a demo whose parts are separate processes.
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Answer } from './api.ts';
import type { PrometheusControl } from './control.ts';

const labels = z.record(z.string(), z.string());
const series = z.union([
  z.string(),
  z.strictObject({ name: z.string(), labels: labels.exactOptional() }),
]);
/** JSON has no word for what is not finite, so a text is taken, too. */
const value = z.union([
  z.number(),
  z.enum(['NaN', '+Inf', '-Inf']).transform((text) => Number(text.replace('Inf', 'Infinity'))),
]);
const rule = z.union([
  z.strictObject({ record: z.string(), expr: z.string(), labels: labels.exactOptional() }),
  z.strictObject({
    alert: z.string(),
    expr: z.string(),
    for: z.string().exactOptional(),
    labels: labels.exactOptional(),
    annotations: labels.exactOptional(),
  }),
]);
const orders = {
  set: z.strictObject({ series, value, at: z.iso.datetime().exactOptional() }),
  rate: z.strictObject({ series, perSecond: z.number() }),
  remove: z.strictObject({ selector: z.string() }),
  rules: z.strictObject({ rules: z.array(rule) }),
  fault: z.strictObject({
    status: z.int().min(200).max(599).exactOptional(),
    body: z.string().exactOptional(),
    hang: z.boolean().exactOptional(),
    reset: z.boolean().exactOptional(),
    times: z.int().positive().exactOptional(),
  }),
};

interface Order {
  readonly path: string;
  readonly body: string;
  readonly control: PrometheusControl;
}

/**
 * `POST /_control/set {series, value, at?}`, `/rate {series, perSecond}`, `/remove {selector}`, `/rules {rules}`, `/fault {…}`,
 * `/clear-faults`, `/tick`; `GET /_control/queries` and `/alerts`.
 */
export function answerRemote(request: IncomingMessage, { path, body, control }: Order): Answer {
  if (!isOurOwn(request)) return { status: 403, body: 'Forbidden\n' };
  const name = path.slice('/_control/'.length);
  if (request.method === 'GET') {
    if (name === 'queries') return { status: 200, body: control.queries() };
    if (name === 'alerts') return { status: 200, body: control.alerts() };
    return { status: 404, body: '404 page not found\n' };
  }
  try {
    const known = obey(name, body === '' ? {} : JSON.parse(body), control);
    return known
      ? { status: 200, body: { ok: true } }
      : { status: 404, body: '404 page not found\n' };
  } catch (error) {
    // Orders are written by people: whatever is wrong with one, they get the words.
    const wrong = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    return { status: 400, body: { ok: false, error: wrong } };
  }
}

function obey(name: string, order: unknown, control: PrometheusControl): boolean {
  switch (name) {
    case 'set': {
      const parsed = orders.set.parse(order);
      const at = parsed.at === undefined ? {} : { at: new Date(parsed.at) };
      control.set(parsed.series, parsed.value, at);
      return true;
    }
    case 'rate': {
      const parsed = orders.rate.parse(order);
      control.setRate(parsed.series, parsed.perSecond);
      return true;
    }
    case 'remove':
      control.remove(orders.remove.parse(order).selector);
      return true;
    case 'rules':
      control.setRules(orders.rules.parse(order).rules);
      return true;
    case 'fault':
      control.fault(orders.fault.parse(order));
      return true;
    case 'clear-faults':
      control.clearFaults();
      return true;
    case 'tick':
      control.tick();
      return true;
    default:
      return false;
  }
}

/** A web page of somebody else must not steer the stand-in through the reader's browser. */
function isOurOwn({ headers }: IncomingMessage): boolean {
  const host = headers.host ?? '';
  if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host)) return false;
  return headers.origin === undefined || headers.origin === `http://${host}`;
}
