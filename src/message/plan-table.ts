// A sized system as a terminal shows it: one table of sizings, then what grows beside the pods.

import { formatNumber } from '../profile/amount.ts';
import { formatCpu, formatMemory } from '../profile/quantity.ts';
import { roundTo } from '../profile/rounding.ts';
import { cents } from '../sizing/cost.ts';
import { stageWords } from '../sizing/database.ts';
import { podsFrom, type Sized } from '../sizing/sized.ts';
import type { CapacityPlan } from '../sizing/what-if.ts';
import { type Cell, table } from '../words/table.ts';

/** Lines of text; the recommended sizing is marked. */
export function planTable(title: string, plan: CapacityPlan): readonly string[] {
  const inputs = Object.entries(plan.inputs)
    .map(([name, value]) => `${name}=${formatNumber(value)}`)
    .join(' ');
  const heading: readonly Cell[] = [
    '',
    'sizing',
    'pods',
    'each requests',
    'limits',
    'USD/month',
    'difference',
    '',
  ];
  return [
    `${title}  ${inputs}`,
    '',
    ...table([heading, ...plan.sizings.flatMap((sized) => rowsOf(sized, plan.recommended))]),
    '',
    `Sources, in ${plan.guide}:`,
    ...plan.sizings.flatMap((sized) => [
      `  ${sized.sizing.id}: ${sized.sizing.source}`,
      ...podLines(sized, plan.recommended),
      ...(sized.note === undefined ? [] : [`    ${sized.note}`]),
    ]),
    ...beside(plan),
    ...section(
      'Not feasible',
      plan.sizings.flatMap(({ sizing, reasons }) =>
        reasons.map((reason) => `${sizing.id}: ${reason}`),
      ),
    ),
    ...section('Worth knowing', plan.warnings),
  ];
}

/** A size that mixes two statements of a guide says so. */
function podLines(sized: Sized, recommended: Sized | undefined): readonly string[] {
  switch (podsFrom(sized, recommended)) {
    case 'stated':
      return [];
    case 'recommended':
      return [`    It states no pods: counted with those of ${recommended?.sizing.id}`];
    case 'usual':
      return ['    It states no pods: these are the usual ones'];
  }
}

function rowsOf(sized: Sized, recommended: Sized | undefined): readonly (readonly Cell[])[] {
  const { sizing, parts, components, costUsdPerMonth, guideCostUsdPerMonth } = sized;
  const mark = sized === recommended ? '*' : sized.feasible ? '' : 'x';
  const guide =
    guideCostUsdPerMonth === undefined ? '' : `(the guide: ${formatNumber(guideCostUsdPerMonth)})`;
  if (components.length === 0) return [[mark, sizing.id, '', '', '', '', '', '']];
  const basis = recommended?.costUsdPerMonth;
  const difference =
    sized === recommended || basis === undefined || costUsdPerMonth === undefined
      ? ''
      : (cents(costUsdPerMonth - basis) ?? '');
  return components.map(({ id, replicas, pod }, index) => [
    index === 0 ? mark : '',
    index === 0 ? sizing.id : '',
    `${parts > 1 ? `${parts} × ` : ''}${replicas} ${id}`,
    `${formatCpu(pod.cpuMillicores)} ${formatMemory(pod.memoryMi)}`,
    pod.cpuLimitMillicores === undefined || pod.memoryLimitMi === undefined
      ? ''
      : `${formatCpu(pod.cpuLimitMillicores)} ${formatMemory(pod.memoryLimitMi)}`,
    index === 0 && costUsdPerMonth !== undefined ? costUsdPerMonth : '',
    index === 0 ? difference : '',
    index === 0 ? guide : '',
  ]);
}

function beside(plan: CapacityPlan): readonly string[] {
  const { database, networkMbps, storageUsdPerMonth, perUnit, budget } = plan;
  const lines: string[] = [];
  if (database !== undefined) {
    lines.push(`Database  ${stageWords(database)}`);
    const sizes = Object.entries(database.storageGib)
      .map(([name, gib]) => `${name} ${formatNumber(roundTo(gib, 1))} GiB`)
      .join(', ');
    const growth =
      database.growthGibPerDay === undefined
        ? ''
        : `; grows ${formatNumber(database.growthGibPerDay)} GiB a day`;
    const usd = storageUsdPerMonth === undefined ? '' : `; ${storageUsdPerMonth} USD/month`;
    if (sizes !== '') lines.push(`Storage   ${sizes}${growth}${usd}`);
  }
  if (networkMbps !== undefined) {
    const rates = Object.entries(networkMbps)
      .map(([name, mbps]) => `${name.replaceAll('_', ' ')} ${Number(mbps.toPrecision(3))} Mbps`)
      .join(', ');
    lines.push(`Network   ${rates}`);
  }
  if (perUnit !== undefined) {
    lines.push(`A unit    ${perUnit.usdPerMonth} USD/month for one of ${perUnit.input}`);
  }
  if (budget !== undefined) {
    lines.push(
      `Budget    ${formatNumber(budget.usedPercent)} % of ${formatNumber(budget.usdPerMonth)} USD/month: ${budget.state}`,
    );
  }
  return lines.length === 0 ? [] : ['', ...lines];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
}
