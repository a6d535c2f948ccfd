// The form of headroom.yaml: which systems run where, who is told and who decides.
import { z } from 'zod';
import { type ObjectKind, objectKinds } from '../change/kinds.ts';
import { leaseBounds } from '../lease/terms.ts';
import { parseDurationMs } from '../profile/duration.ts';
import {
  durationMs,
  kubernetesName,
  notNegative,
  positive,
  typedName,
} from '../profile/schema/parts.ts';
import { weekdays } from '../schedule/schedule.ts';
import { database } from './database-schema.ts';
import { localTime, timeOfDay, timezone, userId, windowOf } from './schema-parts.ts';

/** A plan waits for votes, or for its start, no longer than this. */
const CLOCK_MS_MAX = 7 * 86_400_000;

/** Clocks are kept in whole seconds. */
const CLOCK_MS_MIN = 1000;

const channelId = z
  .string()
  .regex(/^[CG][A-Z0-9]{2,20}$/, 'expected a Slack channel id such as C0123ABCD, not its name');

const clock = durationMs.refine(
  (ms) => ms >= CLOCK_MS_MIN && ms <= CLOCK_MS_MAX,
  'expected a duration between 1s and 7d',
);

/** `never` is a way to say it, too. */
function leaseTime(text: string, context: z.RefinementCtx): number | undefined {
  if (text === 'never') return undefined;
  const ms = parseDurationMs(text);
  const { secondsMin, secondsMax } = leaseBounds;
  if (ms !== undefined && ms >= secondsMin * 1000 && ms <= secondsMax * 1000) return ms;
  const message = `expected a duration between 5m and 7d, or never, found "${text}"`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

const httpUrl = z
  .string()
  .refine(isHttpUrl, 'expected an http or https address without a user name or password');

const schedule = z.strictObject({
  procedure: z.string(),
  at: timeOfDay,
  timezone: timezone.optional().meta({ description: 'In place of the timezone of the file.' }),
  days: z
    .array(z.enum(weekdays))
    .max(7)
    .default([])
    .meta({ description: 'On these days of the week only. (Default: every day)' }),
  inputs: z.record(z.string(), z.union([z.string().max(200), z.number()])).default({}),
});

const system = z.strictObject({
  profile: z.string().optional().meta({
    description:
      'The profile that describes it. (Default: none; its autoscaled Deployments get a higher maximum when theirs is met.)',
  }),
  title: z.string().trim().min(1).max(100).optional(),
  mode: z.enum(['observe', 'propose', 'apply']).default('observe'),
  cluster: z.string(),
  namespace: kubernetesName.optional().meta({
    description: 'In place of the namespace in the profile; required without a profile.',
  }),
  workloads: z
    .record(
      z.string(),
      z.strictObject({
        name: kubernetesName.optional(),
        namespace: kubernetesName.optional(),
        container: kubernetesName.optional(),
        rates: z.string().optional().meta({ description: 'Its node pool’s rates, by name.' }),
        address: httpUrl.optional().meta({
          description: 'Where its pods answer, for the paths that procedures look at.',
        }),
      }),
    )
    .default({})
    .meta({ description: 'By component: names that differ from the profile.' }),
  endpoints: z
    .record(typedName, httpUrl)
    .default({})
    .meta({ description: 'By the names that procedures use, such as health: what must answer.' }),
  databases: z.record(typedName, database).default({}).meta({
    description:
      'By the names that procedures use, such as main: where they are, and who keeps them.',
  }),
  schedules: z.record(typedName, schedule).default({}).meta({
    description: 'Procedures of the profile that are drawn by the clock, by a name of your own.',
  }),
  channel: channelId,
  rates: z.string().optional().meta({
    description: 'What its machines cost, a name among rates. (Default: the rates of its profile.)',
  }),
  budget: z
    .strictObject({
      usdPerMonth: positive,
      warnAtPercent: z.number().min(1).max(100).default(80),
    })
    .optional()
    .meta({ description: 'What it may cost a month, in place of the budget of its profile.' }),
  routes: z
    .array(z.strictObject({ alertname: z.string().min(1).max(200), namespace: kubernetesName }))
    .max(200)
    .default([])
    .meta({ description: 'Alerts without Headroom labels that belong to this system.' }),
});

const cluster = z.strictObject({
  context: z
    .string()
    .min(1)
    .max(253)
    .optional()
    .meta({ description: 'The context in the kubeconfig.' }),
  prometheus: httpUrl.optional().meta({ description: 'In place of PROMETHEUS_URL.' }),
  allow: z
    .strictObject({
      namespaces: z.array(kubernetesName).min(1).max(500).optional().meta({
        description: '(Default: those of the workloads of its systems.)',
      }),
      kinds: z
        .array(z.enum(Object.keys(objectKinds) as ObjectKind[]))
        .min(1)
        .optional()
        .meta({
          description: '(Default: Deployment, StatefulSet, HorizontalPodAutoscaler, ScaledObject.)',
        }),
    })
    .optional()
    .meta({ description: 'Nothing outside these is ever written there.' }),
});

const rule = z.strictObject({
  name: typedName,
  systems: z
    .array(z.string())
    .min(1)
    .max(500)
    .meta({ description: 'System names, or "*" for all others.' }),
  approvers: z.array(userId).min(1).max(500),
  required: z.int().min(1).max(20).default(1),
  requesters: z.array(userId).max(500).default([]).meta({
    description: 'Who else may ask for changes; approvers and people on call always may.',
  }),
  oncall: z
    .strictObject({
      users: z.array(userId).min(1).max(500),
      mayApproveOwnWithReason: z.boolean().default(false),
    })
    .optional(),
  expireAfter: clock.prefault('30m'),
  startWithin: clock.prefault('15m'),
  scheduled: z.enum(['ask', 'approve']).default('ask').meta({
    description: 'Whether the rule itself approves what a schedule of this file draws.',
  }),
  giveBackAfter: z
    .string()
    .transform(leaseTime)
    .prefault('2h')
    .meta({ description: 'How long the minimum of an autoscaler stays raised for an alert.' }),
  stricter: z
    .strictObject({ required: z.int().min(1).max(20) })
    .optional()
    .meta({ description: 'For what takes capacity away or cannot be undone.' }),
});

/** What the machines of one node pool cost. */
const rates = z.strictObject({
  cpuCoreHourUsd: notNegative,
  memoryGbHourUsd: notNegative.meta({ description: 'Per GB of 2^30 bytes.' }),
  databaseGbMonthUsd: notNegative.optional(),
  hoursPerMonth: z.number().positive().max(744).default(730),
});

/** Once, from one moment to another, or again and again in a window. */
const freeze = z.strictObject({
  reason: z.string().trim().min(1).max(100).optional(),
  systems: z
    .array(z.string())
    .max(500)
    .default([])
    .meta({ description: 'Names of systems. (Default: all)' }),
  from: localTime.optional(),
  until: localTime.optional(),
  timezone: timezone
    .optional()
    .meta({ description: 'Of from and until, in place of the timezone of the file.' }),
  window: windowOf({ maxHours: 7 * 24 }).optional(),
});

/** headroom.yaml. */
export const headroomSchema = z.strictObject({
  systems: z.record(typedName, system),
  clusters: z.record(typedName, cluster),
  rates: z.record(typedName, rates).default({}),
  policy: z.strictObject({ rules: z.array(rule).max(200) }).optional(),
  timezone: timezone.default('UTC').meta({ description: 'Of the times in this file.' }),
  operators: z.array(userId).max(500).default([]),
  freezes: z.record(typedName, freeze).default({}).meta({
    description: 'Times in which nothing is changed that can wait, by a name of your own.',
  }),
});

export type HeadroomFile = z.output<typeof headroomSchema>;

/** An address that can be shown: user names and passwords have no place in it. */
export function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (
    url !== undefined &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.username === '' &&
    url.password === ''
  );
}
