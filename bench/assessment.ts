// How long it takes to look at thousands of workloads: every trigger answered, and the size of the system compared with what runs.
import { assembleAlertPlan } from '../src/plan/assemble.ts';
import { assembleReading, type Reading } from '../src/plan/observation.ts';
import { planHash, planText } from '../src/plan/plan.ts';
import { promqlNamesOf } from '../src/plan/system.ts';
import type { Profile, Trigger } from '../src/profile/profile.ts';
import { fillPromql } from '../src/profile/promql.ts';
import { sizeForTrigger } from '../src/profile/size-for-trigger.ts';
import { compare } from '../src/sizing/compare.ts';
import { whatIf } from '../src/sizing/what-if.ts';
import { sizesOf } from './amounts.ts';
import { spreadOf, timeMs } from './measure.ts';
import { type Row, row } from './row.ts';
import { makeWorkloads, type Workload } from './workloads.ts';

/** The moment of all of it. */
const now = new Date('2026-11-22T03:12:00.000Z');

/** One row. The baseline takes turns with it, workload by workload. */
export function assessmentRow(profiles: ReadonlyMap<string, Profile>, count: number): Row {
  const sizes = new Map([...profiles].map(([id, profile]) => [id, sizesOf(profile)]));
  const workloads = makeWorkloads(profiles, count);
  const assessed: number[] = [];
  const decided: number[] = [];
  let plans = 0;
  for (const [index, workload] of workloads.entries()) {
    const ofProfile = sizes.get(workload.system.profile.id) ?? [];
    const given = ofProfile[index % ofProfile.length] ?? new Map<string, string>();
    assessed.push(timeMs(() => assess(workload, given)));
    decided.push(timeMs(() => decide(workload)));
    plans += workload.triggers.length;
  }
  return row({
    what: `${workloads.length} workloads assessed`,
    target: 'under 30 s for 3,000',
    measured: spreadOf(assessed),
    counts: 'all',
    baseline: spreadOf(decided),
    baselineIs: 'the rule for each alert alone (sizeForTrigger)',
    note: `assessed: ${plans} triggers of ${workloads.length} workloads, each measurement judged by its age and answered by a plan that is frozen and hashed; for each workload its system sized and compared with what runs. Not in the time: asking Prometheus and Kubernetes, the database, messages, reading the profiles`,
  });
}

function assess(workload: Workload, given: ReadonlyMap<string, string>): unknown {
  const hashes = workload.triggers.map((trigger) => planHash(planText(answer(workload, trigger))));
  const plan = whatIf(workload.system.profile, given, workload.system.money);
  const sized = plan.kind === 'sized' ? plan.recommended : undefined;
  const { component, cluster } = workload;
  const seen = {
    id: component.id,
    replicas: cluster.workload?.replicas,
    pod: component.pod,
    cpuP99Millicores: component.pod.cpuMillicores * (workload.shareOfLevel ?? 0),
  };
  return [hashes, sized && compare(workload.system.profile, sized, [seen])];
}

/** The plan for an alert of a trigger, as the workflow assembles it from what it has read. */
function answer(workload: Workload, trigger: Trigger) {
  const { system, component, cluster } = workload;
  const place = system.workloads.get(component.id);
  if (place === undefined) throw new Error(`${system.id} has no workload ${component.id}`);
  const facts = { system, component, workload: place, cluster, now };
  const origin = {
    kind: 'alert',
    alertname: trigger.alert,
    fingerprint: '6b3ccae35d04e9dd',
    startsAt: now.toISOString(),
    summary: '',
  } as const;
  const measured = readingOf(workload, trigger);
  return assembleAlertPlan(
    { ...facts, trigger, measured, arrival: undefined, alertValue: undefined, origin },
    { id: 'p-bench', revision: 1 },
  );
}

function readingOf(workload: Workload, trigger: Trigger): Reading {
  const { system, component, shareOfLevel, ageSeconds } = workload;
  const names = promqlNamesOf(system, component.id);
  const source = names === undefined ? '' : fillPromql(trigger.measure.promql, names);
  if (shareOfLevel === undefined) return { kind: 'missing', because: 'no series', source };
  return assembleReading({
    value: shareOfLevel * trigger.fireAt,
    at: new Date(now.getTime() - ageSeconds * 1000),
    now,
    maxAgeSeconds: trigger.maxAgeSeconds,
    source,
  });
}

/** The same decisions from readings that are there, and nothing more. */
function decide({ component, triggers, cluster, shareOfLevel = 1 }: Workload): unknown {
  return triggers.map((trigger) =>
    sizeForTrigger({
      component,
      trigger,
      currentReplicas: cluster.workload?.replicas ?? 0,
      measured: {
        kind: 'value',
        value: shareOfLevel * trigger.fireAt,
        at: now,
        ageSeconds: 15,
        source: '',
      },
      bounds: component.replicas,
    }),
  );
}
