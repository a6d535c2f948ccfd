// Jobs and CronJobs: shapes, defaults and rules. Jobs are run to their end, CronJobs never start one by themselves.
import type { JsonObject } from '../json.ts';
import { clone, equal, nameOf, object, text, uidOf } from '../json.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { invalidValue, notSupported, required } from '../status.ts';
import { scheduleMistake } from './cron-schedule.ts';
import { labelSelector } from './pod-parts.ts';
import { endingPolicies } from './pod-spec.ts';
import type { Resource } from './resource.ts';
import { objectMeta, podTemplate, typeMeta } from './shapes.ts';
import {
  defaultTemplate,
  notNegative,
  setDefault,
  templateWarnings,
  validateTemplate,
} from './workload.ts';

const shared = {
  group: 'batch',
  version: 'v1',
  categories: ['all'],
  namespaced: true,
  generation: 'spec',
  statusSubresource: true,
  scale: false,
  unconditionalUpdate: true,
  nameRule: 'subdomain',
} as const satisfies Partial<Resource>;

const jobSpec = s.always(
  s.struct('JobSpec', {
    parallelism: s.pointer(s.int32),
    completions: s.pointer(s.int32),
    activeDeadlineSeconds: s.pointer(s.int64),
    podFailurePolicy: s.any,
    successPolicy: s.any,
    backoffLimit: s.pointer(s.int32),
    backoffLimitPerIndex: s.pointer(s.int32),
    maxFailedIndexes: s.pointer(s.int32),
    selector: labelSelector,
    manualSelector: s.pointer(s.bool),
    template: podTemplate,
    ttlSecondsAfterFinished: s.pointer(s.int32),
    completionMode: s.pointer(s.string),
    suspend: s.pointer(s.bool),
    podReplacementPolicy: s.pointer(s.string),
    managedBy: s.pointer(s.string),
  }),
);

const condition = s.struct('JobCondition', {
  type: s.always(s.string),
  status: s.always(s.string),
  lastProbeTime: s.time,
  lastTransitionTime: s.time,
  reason: s.string,
  message: s.string,
});

const prefix = 'batch.kubernetes.io';

/** The labels by which a new Job tells its pods apart; they are made of its uid, so nobody can choose them. */
function selectOwnPods(job: JsonObject): void {
  const spec = object(job, 'spec');
  const metadata = object(job, 'metadata');
  if (spec['selector'] !== undefined || spec['manualSelector'] === true) return;
  const template = object(spec, 'template');
  const labels = {
    ...object(template, 'metadata', 'labels'),
    [`${prefix}/controller-uid`]: uidOf(job),
    [`${prefix}/job-name`]: nameOf(job),
    'controller-uid': uidOf(job),
    'job-name': nameOf(job),
  };
  template['metadata'] = { ...object(template, 'metadata'), labels };
  spec['selector'] = { matchLabels: { [`${prefix}/controller-uid`]: uidOf(job) } };
  if (metadata['labels'] === undefined) metadata['labels'] = clone(labels);
}

function defaultJob(job: JsonObject): void {
  const spec = object(job, 'spec');
  if (spec['parallelism'] === undefined && spec['completions'] === undefined) {
    setDefault(spec, 'completions', 1);
  }
  setDefault(spec, 'parallelism', 1);
  setDefault(spec, 'backoffLimit', 6);
  setDefault(spec, 'completionMode', 'NonIndexed');
  setDefault(spec, 'suspend', false);
  setDefault(spec, 'manualSelector', false);
  setDefault(spec, 'podReplacementPolicy', 'TerminatingOrFailed');
  defaultTemplate(spec);
}

const counters = ['parallelism', 'completions', 'backoffLimit', 'ttlSecondsAfterFinished'];

function validateJobSpec(spec: JsonObject, field: string): FieldError[] {
  const errors = counters.flatMap((key) => notNegative(spec, key, field));
  errors.push(...validateTemplate(spec, field, endingPolicies));
  const policy = text(spec, 'template', 'spec', 'restartPolicy');
  const at = `${field}.template.spec.restartPolicy`;
  if (policy === 'Always') errors.push(required(at, 'valid values: "OnFailure", "Never"'));
  return errors;
}

const fixed = [
  'completions',
  'selector',
  'template',
  'completionMode',
  'podFailurePolicy',
  'successPolicy',
  'backoffLimitPerIndex',
  'managedBy',
];
/** What of the template of a Job that waits and never ran may still change: where its pods may go. */
const placing = ['nodeSelector', 'tolerations', 'affinity', 'schedulingGates'];

function templateToCompare(job: JsonObject, isWaiting: boolean): JsonObject {
  const template = clone(object(job, 'spec', 'template'));
  if (!isWaiting) return template;
  delete template['metadata'];
  for (const key of placing) delete object(template, 'spec')[key];
  return template;
}

function validateJob(job: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = object(job, 'spec');
  const errors = validateJobSpec(spec, 'spec');
  if (old === undefined) return errors;
  const before = object(old, 'spec');
  const isWaiting = before['suspend'] === true && text(old, 'status', 'startTime') === '';
  const changed = fixed.filter((key) =>
    key === 'template'
      ? !equal(templateToCompare(job, isWaiting), templateToCompare(old, isWaiting))
      : !equal(spec[key], before[key]),
  );
  return [
    ...errors,
    ...changed.map((key) => invalidValue(`spec.${key}`, spec[key] ?? null, 'field is immutable')),
  ];
}

/** Jobs of batch/v1. */
export const job: Resource = {
  ...shared,
  kind: 'Job',
  plural: 'jobs',
  singular: 'job',
  shortNames: [],
  storageVersionHash: 'mudhfqk/qZY=',
  deleteAnswers: 'status',
  orphansChildren: true,
  schema: s.struct('Job', {
    ...typeMeta,
    metadata: objectMeta,
    spec: jobSpec,
    status: s.always(
      s.struct('JobStatus', {
        conditions: { ...s.list(condition), mergeKey: 'type' },
        startTime: s.time,
        completionTime: s.time,
        active: s.int32,
        succeeded: s.int32,
        failed: s.int32,
        terminating: s.pointer(s.int32),
        completedIndexes: s.string,
        failedIndexes: s.pointer(s.string),
        uncountedTerminatedPods: s.struct('UncountedTerminatedPods', {
          succeeded: s.set(s.string),
          failed: s.set(s.string),
        }),
        ready: s.pointer(s.int32),
      }),
    ),
  }),
  applyDefaults: defaultJob,
  complete: selectOwnPods,
  validate: validateJob,
  warnings: templateWarnings,
};

const policies = ['Allow', 'Forbid', 'Replace'];

function isZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function validateSchedule(spec: JsonObject): FieldError[] {
  const schedule = text(spec, 'schedule');
  if (schedule === '') return [required('spec.schedule')];
  if (/^\s*(CRON_)?TZ=/.test(schedule)) {
    const because = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    return [invalidValue('spec.schedule', schedule, because)];
  }
  const mistake = scheduleMistake(schedule);
  return mistake === undefined ? [] : [invalidValue('spec.schedule', schedule, mistake)];
}

function validateCronJob(cronJob: JsonObject): FieldError[] {
  const spec = object(cronJob, 'spec');
  const errors = validateSchedule(spec);
  const zone = spec['timeZone'];
  if (zone !== undefined) {
    const name = text(spec, 'timeZone');
    const field = 'spec.timeZone';
    if (name === '') errors.push(invalidValue(field, zone, 'must be nil or non-empty string'));
    else if (!isZone(name)) errors.push(invalidValue(field, zone, `unknown time zone ${name}`));
  }
  const policy = text(spec, 'concurrencyPolicy');
  if (!policies.includes(policy)) {
    errors.push(notSupported('spec.concurrencyPolicy', policy, policies));
  }
  errors.push(...validateJobSpec(object(spec, 'jobTemplate', 'spec'), 'spec.jobTemplate.spec'));
  for (const key of ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit']) {
    errors.push(...notNegative(spec, key));
  }
  return errors;
}

/** CronJobs of batch/v1. */
export const cronJob: Resource = {
  ...shared,
  kind: 'CronJob',
  plural: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  storageVersionHash: 'sd5LIXh4Fjs=',
  deleteAnswers: 'status',
  schema: s.struct('CronJob', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(
      s.struct('CronJobSpec', {
        schedule: s.always(s.string),
        timeZone: s.pointer(s.string),
        startingDeadlineSeconds: s.pointer(s.int64),
        concurrencyPolicy: s.string,
        suspend: s.pointer(s.bool),
        jobTemplate: s.always(s.struct('JobTemplateSpec', { metadata: objectMeta, spec: jobSpec })),
        successfulJobsHistoryLimit: s.pointer(s.int32),
        failedJobsHistoryLimit: s.pointer(s.int32),
      }),
    ),
    status: s.always(
      s.struct('CronJobStatus', {
        active: s.list(s.any),
        lastScheduleTime: s.time,
        lastSuccessfulTime: s.time,
      }),
    ),
  }),
  applyDefaults: (given) => {
    const spec = object(given, 'spec');
    setDefault(spec, 'concurrencyPolicy', 'Allow');
    setDefault(spec, 'suspend', false);
    setDefault(spec, 'successfulJobsHistoryLimit', 3);
    setDefault(spec, 'failedJobsHistoryLimit', 1);
    defaultTemplate(object(spec, 'jobTemplate', 'spec'));
  },
  validate: validateCronJob,
};
