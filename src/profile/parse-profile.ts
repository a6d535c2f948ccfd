// Reads a profile file into the capacity model, or says everything that is wrong with it at once.
import { assert } from '../errors.ts';
import { type Parsed, parseYaml } from '../yaml/parse-yaml.ts';
import { checkProfile } from './check-profile.ts';
import { compileFormula, type Formula } from './formula.ts';
import type { Component, Input, Profile, ScalingPolicy, Throughput, Trigger } from './profile.ts';
import { type ProfileFile, profileSchema } from './schema.ts';
import { perMinute } from './throughput.ts';

/** Parses the text of a profile; `file` is only its name in mistakes. */
export function parseProfile(text: string, file: string): Parsed<Profile> {
  const parsed = parseYaml(profileSchema, text, file, checkProfile);
  return parsed.ok ? { ok: true, value: toProfile(parsed.value) } : parsed;
}

function toProfile(file: ProfileFile): Profile {
  const inputs = Object.keys(file.inputs);
  const formula = (source: string | number): Formula => {
    const compiled = compileFormula(String(source), inputs);
    assert(compiled.ok, 'formulas of a checked profile compile');
    return compiled.formula;
  };
  return {
    id: file.profile,
    title: file.title,
    guide: file.guide,
    inputs: mapOf(file.inputs, (name, input) => toInput(name, input, formula)),
    components: mapOf(file.components, toComponent),
    triggers: mapOf(file.triggers, toTrigger),
    sizings: file.sizings.map(({ pod, replicas, ...sizing }) => ({
      ...sizing,
      replicas: formula(replicas),
      ...(pod && {
        pod: { cpuMillicores: formula(pod.cpuMillicores), memoryMi: formula(pod.memoryMi) },
      }),
    })),
    ...(file.cost === undefined ? {} : { cost: toCost(file.cost) }),
  };
}

function mapOf<From, To>(
  record: Readonly<Record<string, From>>,
  convert: (name: string, value: From) => To,
): ReadonlyMap<string, To> {
  return new Map(Object.entries(record).map(([name, value]) => [name, convert(name, value)]));
}

function toInput(
  name: string,
  { type, unit, min, max, required, default: fallback, description }: ProfileFile['inputs'][string],
  formula: (source: string | number) => Formula,
): Input {
  return {
    name,
    type,
    unit,
    min,
    max,
    required,
    ...(fallback === undefined ? {} : { default: formula(fallback) }),
    ...(description === undefined ? {} : { description }),
  };
}

function toComponent(id: string, file: ProfileFile['components'][string]): Component {
  const { workload, replicas, pod, throughput, autoscaling } = file;
  return {
    id,
    workload,
    replicas,
    pod: { cpuMillicores: pod.cpu, memoryMi: pod.memory, source: pod.source },
    ...(throughput === undefined ? {} : { throughput: toThroughput(throughput) }),
    ...(autoscaling === undefined ? {} : { autoscaling: toAutoscaling(autoscaling) }),
  };
}

function toThroughput(
  file: NonNullable<ProfileFile['components'][string]['throughput']>,
): Throughput {
  const rate = perMinute(file);
  return { ...file, ...(rate === undefined ? {} : { perMinute: rate }) };
}

function toAutoscaling(
  file: NonNullable<ProfileFile['components'][string]['autoscaling']>,
): NonNullable<Component['autoscaling']> {
  return {
    source: file.source,
    ...(file.hpa === undefined ? {} : { hpa: file.hpa }),
    ...(file.up === undefined ? {} : { up: toPolicy(file.up) }),
    ...(file.down === undefined ? {} : { down: toPolicy(file.down) }),
  };
}

type PolicyFile = NonNullable<NonNullable<ProfileFile['components'][string]['autoscaling']>['up']>;

function toPolicy({ percent, pods, ...rest }: PolicyFile): ScalingPolicy {
  return {
    ...rest,
    ...(percent === undefined ? {} : { percent }),
    ...(pods === undefined ? {} : { pods }),
  };
}

function toTrigger(id: string, file: ProfileFile['triggers'][string]): Trigger {
  const { for: forMs, measure, ...rest } = file;
  const { promql, sampledAt } = measure;
  const base = { id, forMs, measure: { promql, ...(sampledAt !== undefined && { sampledAt }) } };
  if (rest.kind === 'ratio') return { ...rest, ...base };
  if (rest.kind === 'backlog') {
    const { arrival, ...backlog } = rest;
    return { ...backlog, ...base, ...(arrival !== undefined && { arrival }) };
  }
  const { target, ...investigate } = rest;
  return { ...investigate, ...base, ...(target !== undefined && { target }) };
}

function toCost({
  databaseGbMonthUsd,
  ...rest
}: NonNullable<ProfileFile['cost']>): NonNullable<Profile['cost']> {
  return { ...rest, ...(databaseGbMonthUsd === undefined ? {} : { databaseGbMonthUsd }) };
}
