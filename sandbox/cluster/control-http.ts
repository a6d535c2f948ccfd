// The control over HTTP under /_control, for other processes: POST /_control/<name> with a JSON body of named arguments.
import { z } from 'zod';
import type { ClusterControl } from './control.ts';
import type { Json, JsonObject } from './json.ts';

const json: z.ZodType<JsonObject> = z.record(z.string(), z.json());
const target = z.object({ kind: z.string(), namespace: z.string(), name: z.string() });
const fault = z.object({
  match: z
    .object({
      method: z.string().optional(),
      path: z.string().optional(),
      verb: z.string().optional(),
      resource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
      dryRun: z.boolean().optional(),
    })
    .optional(),
  status: z.number().optional(),
  body: z.union([json, z.string()]).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  hang: z.boolean().optional(),
  drop: z.boolean().optional(),
  dropAfterWrite: z.boolean().optional(),
  resetMidway: z.boolean().optional(),
  webhook: z
    .object({
      name: z.string(),
      message: z.string().optional(),
      code: z.number().optional(),
      isDown: z.boolean().optional(),
    })
    .optional(),
  cutAfterEvents: z.number().optional(),
  silentAfterEvents: z.number().optional(),
  delayMs: z.number().optional(),
  after: z.number().optional(),
  times: z.number().optional(),
});
const failures = [
  'ImagePullBackOff',
  'CrashLoopBackOff',
  'OOMKilled',
  'NotReady',
  'NotStarted',
  'Unschedulable',
  'Quota',
] as const;
const workload = z.object({ namespace: z.string(), workload: z.string() });

type Call = (control: ClusterControl, body: Json) => Json;

/** A zod value without its undefined parts. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  // The filter above is exactly what the type says; Object.fromEntries forgets it.
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

const done: Json = { done: true };

const calls: Readonly<Record<string, Call>> = {
  tick: (control, body) => {
    const { passes } = z.object({ passes: z.number().default(1) }).parse(body ?? {});
    return { changed: control.tick(passes) };
  },
  settle: (control) => {
    control.settle();
    return done;
  },
  seed: (control, body) => {
    const { objects, manager } = z
      .object({ objects: z.array(json), manager: z.string().optional() })
      .parse(body);
    control.seed(objects, manager);
    return done;
  },
  get: (control, body) => {
    const { kind, namespace, name } = target.parse(body);
    return { object: control.get(kind, namespace, name) ?? null };
  },
  list: (control, body) => {
    const { kind, namespace } = z
      .object({ kind: z.string(), namespace: z.string().default('') })
      .parse(body);
    return { objects: control.list(kind, namespace) };
  },
  patch: (control, body) => {
    const { patch, manager, ...at } = target
      .extend({ patch: json, manager: z.string().optional() })
      .parse(body);
    return { object: control.patch(at, patch, manager) };
  },
  remove: (control, body) => {
    const { kind, namespace, name } = target.parse(body);
    control.remove(kind, namespace, name);
    return done;
  },
  fault: (control, body) => {
    const { match, webhook, ...rest } = fault.parse(body);
    control.injectFault({
      ...defined(rest),
      ...(match === undefined ? {} : { match: defined(match) }),
      ...(webhook === undefined ? {} : { webhook: defined(webhook) }),
    });
    return done;
  },
  'clear-faults': (control) => {
    control.clearFaults();
    return done;
  },
  'pod-failure': (control, body) => {
    const given = workload.extend({ failure: z.enum(failures).optional() }).parse(body);
    control.podFailure(given.namespace, given.workload, given.failure);
    return done;
  },
  utilization: (control, body) => {
    const given = workload
      .extend({
        used: z.object({ cpu: z.number().optional(), memory: z.number().optional() }).optional(),
      })
      .parse(body);
    const used = given.used === undefined ? undefined : defined(given.used);
    control.setUtilization(given.namespace, given.workload, used);
    return done;
  },
  forbid: (control, body) => {
    const given = z
      .object({ verb: z.string(), resource: z.string(), namespace: z.string().optional() })
      .parse(body);
    control.forbid(defined(given));
    return done;
  },
  'allow-all': (control) => {
    control.allowAll();
    return done;
  },
  token: (control, body) => {
    const given = z.object({ namespace: z.string(), account: z.string() }).parse(body);
    return { token: control.accountToken(given.namespace, given.account) };
  },
  'limit-headroom': (control) => {
    control.limitHeadroom();
    return done;
  },
  latency: (control, body) => {
    control.latencyMs = z.object({ ms: z.number() }).parse(body).ms;
    return done;
  },
  'close-watches': (control, body) => {
    const { how, resource } = z
      .object({
        how: z.enum(['end', 'cut', 'expired']).default('end'),
        resource: z.string().optional(),
      })
      .parse(body ?? {});
    control.closeWatches(how, resource);
    return done;
  },
  compact: (control) => {
    control.compact();
    return done;
  },
  requests: (control) => ({
    all: control.requests.all.map((entry) => ({ ...entry })),
    writes: control.requests.writes().map((entry) => ({ ...entry })),
  }),
  'clear-requests': (control) => {
    control.requests.clear();
    return done;
  },
  reset: (control) => {
    control.reset();
    return done;
  },
};

/** The answer to a control request: status and JSON body. */
export function answerControl(
  control: ClusterControl,
  name: string,
  body: string,
): { readonly status: number; readonly body: Json } {
  const call = calls[name];
  if (call === undefined) {
    return { status: 404, body: { error: `unknown control ${name}`, known: Object.keys(calls) } };
  }
  try {
    const parsed: Json = body.trim() === '' ? null : JSON.parse(body);
    return { status: 200, body: call(control, parsed) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { status: 400, body: { error: message } };
  }
}
