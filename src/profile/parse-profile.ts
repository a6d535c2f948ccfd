// Reads a profile file into the capacity model, or says everything that is wrong with it at once.
import { assert } from '../errors.ts';
import { type Parsed, parseYaml } from '../yaml/parse-yaml.ts';
import { checkProfile } from './check-profile.ts';
import { exprBeyond, measuredBy } from './measured-expr.ts';
import { checklistOf, procedureOf } from './procedure.ts';
import type {
  Component,
  Input,
  Pod,
  Profile,
  ScalingPolicy,
  Throughput,
  Trigger,
} from './profile.ts';
import { type ProfileFile, profileSchema } from './schema/profile-file.ts';
import { perMinute } from './throughput.ts';

/** Parses the text of a profile; `file` is only its name in mistakes. */
export function parseProfile(text: string, file: string): Parsed<Profile> {
  const parsed = parseYaml(profileSchema, text, file, checkProfile);
  return parsed.ok ? { ok: true, value: toProfile(parsed.value) } : parsed;
}

function toProfile(file: ProfileFile): Profile {
  const { profile, inputs, values, components, triggers, procedures, checklists, ...rest } = file;
  return {
    ...rest,
    id: profile,
    inputs: mapOf(inputs, toInput),
    values: new Map(Object.entries(values)),
    components: mapOf(components, toComponent),
    triggers: mapOf(triggers, toTrigger),
    procedures: mapOf(procedures, (id, each) => procedureOf(id, each, file.guide)),
    checklists: mapOf(checklists, (_, each) => checklistOf(each)),
  };
}

function mapOf<From, To>(
  record: Readonly<Record<string, From>>,
  convert: (name: string, value: From) => To,
): ReadonlyMap<string, To> {
  return new Map(Object.entries(record).map(([name, value]) => [name, convert(name, value)]));
}

function toInput(name: string, { unit, ...rest }: ProfileFile['inputs'][string]): Input {
  return { ...rest, name, unit: unit ?? name };
}

type ComponentFile = ProfileFile['components'][string];

function toComponent(id: string, file: ComponentFile): Component {
  const { pod, podMax, throughput, autoscaling, ...rest } = file;
  return {
    ...rest,
    id,
    pod: toPod(pod),
    ...(podMax && { podMax: toPod(podMax) }),
    ...(throughput && { throughput: toThroughput(throughput) }),
    ...(autoscaling && { autoscaling: toAutoscaling(autoscaling) }),
  };
}

function toPod(file: ComponentFile['pod']): Pod & { readonly source: string } {
  return {
    cpuMillicores: file.cpu,
    memoryMi: file.memory,
    ...(file.cpuLimit !== undefined && { cpuLimitMillicores: file.cpuLimit }),
    ...(file.memoryLimit !== undefined && { memoryLimitMi: file.memoryLimit }),
    source: file.source,
  };
}

function toThroughput(file: NonNullable<ComponentFile['throughput']>): Throughput {
  const rate = perMinute(file);
  return { ...file, ...(rate === undefined ? {} : { perMinute: rate }) };
}

function toAutoscaling({
  up,
  down,
  ...rest
}: NonNullable<ComponentFile['autoscaling']>): NonNullable<Component['autoscaling']> {
  return { ...rest, ...(up && { up: toPolicy(up) }), ...(down && { down: toPolicy(down) }) };
}

type PolicyFile = NonNullable<NonNullable<ComponentFile['autoscaling']>['up']>;

function toPolicy({ percent, pods, ...rest }: PolicyFile): ScalingPolicy {
  return {
    ...rest,
    ...(percent === undefined ? {} : { percent }),
    ...(pods === undefined ? {} : { pods }),
  };
}

function toTrigger(id: string, file: ProfileFile['triggers'][string]): Trigger {
  const { for: forMs, measure, expr, ...rest } = file;
  const promql = measure?.promql ?? (expr === undefined ? undefined : measuredBy(expr)?.promql);
  assert(promql !== undefined, 'a checked trigger says what it measures');
  const base = {
    id,
    forMs,
    expr: expr ?? exprBeyond(promql, rest.fires, rest.fireAt),
    measure: {
      promql,
      ...(measure?.sampledAt !== undefined && { sampledAt: measure.sampledAt }),
    },
  };
  if (rest.kind === 'ratio') return { ...rest, ...base };
  if (rest.kind === 'backlog') {
    const { arrival, ...backlog } = rest;
    return { ...backlog, ...base, ...(arrival !== undefined && { arrival }) };
  }
  const { target, ...investigate } = rest;
  return { ...investigate, ...base, ...(target !== undefined && { target }) };
}
