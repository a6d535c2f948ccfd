// A sized system as Slack shows it: the recommendation first, the guides' other statements beside it, then what grows with it.

import { formatNumber } from '../profile/amount.ts';
import { formatCpu, formatMemory } from '../profile/quantity.ts';
import { roundTo } from '../profile/rounding.ts';
import { changeWords, type PlannedChange } from '../sizing/compare.ts';
import type { CostMove } from '../sizing/cost.ts';
import { stageWords } from '../sizing/database.ts';
import type { RoomLine } from '../sizing/room-words.ts';
import { podsFrom, type Sized } from '../sizing/sized.ts';
import type { CapacityPlan } from '../sizing/what-if.ts';
import {
  context,
  costDelta,
  dollars,
  fallback,
  figure,
  literal,
  type Message,
  section,
  sections,
} from './message.ts';

/** What was seen beside the figures: what would change of what runs, and what was not known. */
export interface Seen {
  readonly changes: readonly PlannedChange[];
  /** What all requests cost, now and as planned. */
  readonly cost?: CostMove | undefined;
  readonly notes: readonly string[];
  /** Whether the cluster has room for it. */
  readonly room: readonly RoomLine[];
  /** The command that would bring a component to so many pods. */
  readonly scaleWith: (component: string, replicas: number) => string;
}

/** The answer to somebody who asked how large a system must be. Nothing was changed, and it says so. */
export function whatIfMessage(title: string, plan: CapacityPlan, seen?: Seen): Message {
  const name = literal(title, 80);
  const inputs = Object.entries(plan.inputs)
    .map(([input, value]) => `${input}=${value}`)
    .join(' ');
  const { recommended } = plan;
  const others = plan.sizings.filter((sized) => sized !== recommended);
  const head =
    recommended === undefined ? [] : [`*Recommended:* ${sizingLine(recommended, recommended)}`];
  const beside = besideLines(plan);
  const changes = seen === undefined ? [] : changeLines(seen);
  const room = (seen?.room ?? []).map(roomLine);
  const warnings = plan.warnings.map((warning) => `⚠️ ${literal(warning, 400)}`);
  return fallback(
    recommended === undefined
      ? `${name}: no sizing is feasible`
      : `${name}: ${plainLineOf(recommended)}`,
    [
      section(`*${name}* with ${literal(inputs, 300)}`),
      ...sections([...head, ...noteOf(recommended), ...beside], 1),
      ...(changes.length > 0 ? sections(changes, 1) : []),
      ...(room.length > 0 ? sections(room, 1) : []),
      ...(warnings.length > 0 ? sections(warnings, 1) : []),
      ...(others.length > 0
        ? sections(
            [
              '*The guide’s other statements*',
              ...others.map((each) => `• ${sizingLine(each, recommended)}`),
            ],
            1,
          )
        : []),
      context(`Sources: ${literal(plan.guide, 150)}`, 'Nothing was changed.'),
    ],
  );
}

function roomLine({ text, warns }: RoomLine): string {
  return `${warns ? '⚠️ ' : ''}${literal(text, 400)}`;
}

function noteOf(sized: Sized | undefined): readonly string[] {
  return sized?.note === undefined ? [] : [literal(sized.note, 400)];
}

function plainLineOf({ components, parts }: Sized): string {
  const pods = components.map(({ id, replicas }) => `${replicas} ${id}`).join(', ');
  return literal(parts > 1 ? `${parts} times ${pods}` : pods, 200);
}

function sizingLine(sized: Sized, recommended: Sized | undefined): string {
  const { sizing, parts, components, costUsdPerMonth, guideCostUsdPerMonth, reasons } = sized;
  const pods = components.map(
    ({ id, replicas, pod }) =>
      `${literal(id, 60)} ${figure(replicas)} × ${formatCpu(pod.cpuMillicores)}/${formatMemory(pod.memoryMi)}`,
  );
  const from = podsFrom(sized, recommended);
  const unstated = from === 'stated' ? '' : `, in pods of the ${from} size`;
  const split = parts > 1 ? `${figure(parts)} ${sizing.split?.into ?? 'parts'} of ` : '';
  const basis = recommended?.costUsdPerMonth;
  const difference =
    sized === recommended || basis === undefined || costUsdPerMonth === undefined
      ? ''
      : ` (${costDelta(costUsdPerMonth - basis)})`;
  const cost =
    costUsdPerMonth === undefined ? '' : `, ${dollars(costUsdPerMonth)}/month${difference}`;
  const guide =
    guideCostUsdPerMonth === undefined ? '' : ` (the guide says ${dollars(guideCostUsdPerMonth)})`;
  const why = reasons.length === 0 ? '' : `\n   not feasible: ${literal(reasons.join('; '), 400)}`;
  return `${split}${pods.join(', ')}${components.length > 0 ? unstated : ''}${cost}${guide}  _(${literal(sizing.id, 60)}: ${literal(sizing.source, 160)})_${why}`;
}

function besideLines(plan: CapacityPlan): readonly string[] {
  const { database, networkMbps, storageUsdPerMonth, perUnit, budget } = plan;
  const lines: string[] = [];
  if (database !== undefined) {
    const provisioned = database.storageGib['provisioned'];
    const storage =
      provisioned === undefined ? '' : `, ${formatNumber(roundTo(provisioned, 1))} GiB`;
    const usd = storageUsdPerMonth === undefined ? '' : ` (${dollars(storageUsdPerMonth)}/month)`;
    lines.push(`Database: ${literal(stageWords(database), 150)}${storage}${usd}`);
  }
  const recommendedMbps = networkMbps?.['recommended'];
  if (recommendedMbps !== undefined) {
    lines.push(`Network: ${Number(recommendedMbps.toPrecision(3))} Mbps`);
  }
  if (perUnit !== undefined) {
    lines.push(`For one of ${literal(perUnit.input, 60)}: ${dollars(perUnit.usdPerMonth)}/month`);
  }
  if (budget !== undefined) {
    const mark = { ok: '', warning: '⚠️ ', critical: '🔴 ' }[budget.state];
    lines.push(
      `${mark}Budget: ${formatNumber(budget.usedPercent)} % of ${dollars(budget.usdPerMonth)}/month`,
    );
  }
  return lines;
}

function changeLines({ changes, cost, notes, scaleWith }: Seen): readonly string[] {
  const lines = changes.map((change) => {
    const how =
      change.field === 'replicas'
        ? `\n   \`${scaleWith(change.component, change.planned)}\` draws a plan for it`
        : '';
    return `• ${literal(changeWords(change), 200)}${change.decrease ? ' (less)' : ''}${how}`;
  });
  return [
    '*Against what runs now*',
    ...(lines.length === 0 ? ['Nothing would change.'] : lines),
    ...(cost === undefined
      ? []
      : [
          `Requests of all pods: ${dollars(cost.beforeUsdPerMonth)} → ${dollars(cost.afterUsdPerMonth)} a month`,
        ]),
    ...notes.map((note) => `• ${literal(note, 300)}`),
  ];
}
