// Finds what each component of a running system should request by what it used; one that cannot be looked at does not hold up the others.

import { assert } from '../errors.ts';
import type { System } from '../plan/system.ts';
import { promqlNamesOf, ratesOf } from '../plan/system.ts';
import type { LiveWorkload } from '../sizing/live-workload.ts';
import { noSuchContainer, noSuchWorkload } from '../sizing/not-there.ts';
import {
  type NotSized,
  podsRuleOf,
  type SizedContainer,
  sizeComponent,
} from '../sizing/right-size-component.ts';
import { usualRule } from '../sizing/right-size-rule.ts';
import { inParallel } from './in-parallel.ts';
import { askCluster } from './observe-target.ts';
import { observeAverageUse, observeUsage } from './observe-usage.ts';
import type { Parts } from './parts.ts';

type Looking = Pick<Parts, 'readWorkload' | 'metricsOf' | 'clock' | 'counters'>;

export interface RightSizeQuestion {
  /** (Default: all of them.) */
  readonly component?: string | undefined;
  /** How far back to look. (Default: what the profile's rule says.) */
  readonly windowMs?: number | undefined;
}

/** In the order of the profile. */
export interface RightSizedSystem {
  readonly sized: readonly SizedContainer[];
  readonly notSized: readonly NotSized[];
}

const dayMs = 24 * 3_600_000;
/** Each is six questions or eight over weeks, and Prometheus answers twenty at a time unless told otherwise. */
const componentsAtOnce = 3;

/** Sizes by use; nothing is changed. A workload that is missing and a cluster that is silent are said. */
export async function rightSizeSystem(
  system: System,
  { component, windowMs }: RightSizeQuestion,
  parts: Looking,
): Promise<RightSizedSystem> {
  const all = [...system.profile.components.keys()];
  const ids = component === undefined ? all : all.filter((id) => id === component);
  if (ids.length === 0) return { sized: [], notSized: [withoutComponents(system)] };
  const found = new Map<string, LiveWorkload>();
  const sized = new Map<string, SizedContainer>();
  const problems = new Map<string, string>();
  await inParallel(ids, async (id) => {
    const read = await readComponent(system, id, parts);
    if (typeof read === 'string') problems.set(id, read);
    else found.set(id, read);
  });
  const rule = system.profile.rightSize ?? usualRule;
  const lookBackMs = windowMs ?? rule.windowDays * dayMs;
  await inParallel(
    [...found],
    async ([id, workload]) =>
      void sized.set(id, await sizeOne(system, { id, workload, lookBackMs }, parts)),
    { atOnceMax: componentsAtOnce },
  );
  return {
    sized: ids.flatMap((id) => sized.get(id) ?? []),
    notSized: ids.flatMap((id) => {
      const because = problems.get(id);
      return because === undefined ? [] : [{ component: id, because }];
    }),
  };
}

function withoutComponents({ id }: System): NotSized {
  return {
    component: id,
    because:
      'it has no profile, so its components are not known; `headroom profile init` writes a first one',
  };
}

/** The workload with the container that counts, or in words why there is none. */
async function readComponent(
  system: System,
  id: string,
  { readWorkload, counters }: Looking,
): Promise<LiveWorkload | string> {
  const ref = system.workloads.get(id);
  assert(ref !== undefined, `${system.id} has a component ${id}`);
  const asked = await askCluster(ref.cluster, counters, () => readWorkload(ref));
  if (asked.kind === 'problem') return asked.problem;
  const { answer } = asked;
  if (answer.kind === 'missing') return noSuchWorkload(ref, answer.names);
  const { workload } = answer;
  return workload.containers.some(({ name }) => name === ref.container)
    ? workload
    : noSuchContainer(workload, ref.container);
}

async function sizeOne(
  system: System,
  {
    id,
    workload,
    lookBackMs,
  }: { readonly id: string; readonly workload: LiveWorkload; readonly lookBackMs: number },
  parts: Looking,
): Promise<SizedContainer> {
  const { profile } = system;
  const component = profile.components.get(id);
  const names = promqlNamesOf(system, id);
  const container = workload.containers.find(({ name }) => name === names?.container);
  assert(component && names && container, `${id} of ${system.id} was read`);
  const question = {
    cluster: workload.ref.cluster,
    kind: workload.ref.kind,
    names,
    windowMs: lookBackMs,
  };
  const usage = await observeUsage(
    {
      ...question,
      percentile: (profile.rightSize ?? usualRule).percentile,
      cpuLimited: container.size.cpuLimitMillicores !== undefined,
    },
    parts,
  );
  const average =
    podsRuleOf(profile, id) === undefined ? undefined : await observeAverageUse(question, parts);
  return sizeComponent({
    profile,
    component,
    workload,
    container,
    usage: { ...usage, missing: [...usage.missing, ...(average?.missing ?? [])] },
    ...(average && { average }),
    rates: ratesOf(system, id),
  });
}
