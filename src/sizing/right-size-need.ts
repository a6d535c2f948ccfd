// Turns what was measured of CPU or memory into the request that covers it, with the arithmetic in words.
import { formatNumber } from '../profile/amount.ts';
import { ceilTolerant } from '../profile/rounding.ts';
import type { ArithmeticLine } from '../profile/trigger-facts.ts';
import type { Resource, ResourceUsage } from './container-usage.ts';
import { type RightSizeRule, smallest } from './right-size-rule.ts';
import { amountText, shareText } from './right-size-words.ts';

/** A measured figure with its name. */
interface Figure {
  readonly name: string;
  readonly value: number;
}

/** The least a request may be, whole and as it was worked out. */
interface Covered {
  readonly raw: number;
  readonly amount: number;
  readonly text: string;
}

/** What a resource needs by its use, in whole millicores or Mi. */
export interface Need {
  readonly resource: Resource;
  /** What the rule looks at: its percentile, else the nearest one known. */
  readonly figure: Figure;
  /** The figure is below the rule's percentile, because nothing higher is known. */
  readonly figureTooLow: boolean;
  /** What the request must cover whatever the rule says: p99 of CPU, the largest memory with its margin. */
  readonly covered?: Covered;
  readonly request: number;
  /** A limit must not be below what was seen at its highest. */
  readonly limitMin: number;
  readonly arithmetic: readonly ArithmeticLine[];
}

/**
 * The need, or nothing when no figure is known. Figures that are no amounts count as not known.
 * `stated` is the least a profile gives a pod. (Default: only what any container gets.)
 */
export function needOf(
  resource: Resource,
  usage: ResourceUsage,
  { rule, stated = 0 }: { readonly rule: RightSizeRule; readonly stated?: number | undefined },
): Need | undefined {
  const figures = knownFigures(usage);
  const figure =
    figures.find(({ rank }) => rank >= rule.percentile) ??
    figures.findLast(({ rank }) => rank < rule.percentile);
  if (figure === undefined) return undefined;
  const byRule = lineByRule(resource, figure, rule);
  const covered = coveredBy(resource, figures, rule);
  const least = Math.max(stated, smallest[resource]);
  const request = Math.max(ceilTolerant(byRule.result), covered?.amount ?? 0, least);
  const highest = figures.at(-1)?.value ?? 0;
  return {
    resource,
    figure,
    figureTooLow: figure.rank < rule.percentile,
    ...(covered !== undefined && { covered }),
    request,
    limitMin: ceilTolerant(
      Math.max(highest, resource === 'cpu' ? (covered?.amount ?? 0) * rule.margin : request),
    ),
    arithmetic: [byRule, lineOfRequest(resource, request, { byRule, covered, rule, least })],
  };
}

interface RankedFigure extends Figure {
  readonly rank: number;
}

/** From the lowest to the highest. */
function knownFigures(usage: ResourceUsage): readonly RankedFigure[] {
  const all = [
    { name: 'p50', rank: 50, value: usage.p50 },
    { name: 'p95', rank: 95, value: usage.p95 },
    { name: 'p99', rank: 99, value: usage.p99 },
    { name: 'the maximum', rank: 100, value: usage.maximum },
  ];
  return all.flatMap(({ name, rank, value }) =>
    value !== undefined && Number.isFinite(value) && value >= 0 ? [{ name, rank, value }] : [],
  );
}

function lineByRule(
  resource: Resource,
  { name, value }: Figure,
  { margin, utilisationTarget, source }: RightSizeRule,
): ArithmeticLine {
  const use = amountText(resource, value);
  if (utilisationTarget === undefined) {
    const result = value * margin;
    const text = `${name} ${use} × ${formatNumber(margin)} = ${amountText(resource, result)}`;
    return { formula: 'figure × margin', values: { figure: value, margin }, result, source, text };
  }
  const result = value / utilisationTarget;
  const text = `${name} ${use} ÷ ${shareText(utilisationTarget)} = ${amountText(resource, result)}`;
  const values = { figure: value, target: utilisationTarget };
  return { formula: 'figure ÷ target', values, result, source, text };
}

function coveredBy(
  resource: Resource,
  figures: readonly RankedFigure[],
  { margin }: RightSizeRule,
): Covered | undefined {
  const known = figures.find(({ rank }) => rank === (resource === 'cpu' ? 99 : 100));
  if (known === undefined) return undefined;
  const use = amountText(resource, known.value);
  // CPU that is not there makes work slower; memory that is not there kills the pod.
  const raw = resource === 'cpu' ? known.value : known.value * margin;
  const text =
    resource === 'cpu'
      ? `p99 of ${use}`
      : `the maximum of ${use} × ${formatNumber(margin)} = ${amountText(resource, raw)}`;
  return { raw, amount: ceilTolerant(raw), text };
}

function lineOfRequest(
  resource: Resource,
  request: number,
  basis: {
    readonly byRule: ArithmeticLine;
    readonly covered: Covered | undefined;
    readonly rule: RightSizeRule;
    readonly least: number;
  },
): ArithmeticLine {
  const { byRule, covered, rule, least } = basis;
  const rounded = ceilTolerant(byRule.result);
  const amount = amountText(resource, byRule.result);
  let why = amount;
  if (request > Math.max(rounded, covered?.amount ?? 0)) {
    why = `${amount} is less than ${least > smallest[resource] ? 'the least its profile states' : 'any container gets'}`;
  } else if (covered !== undefined && covered.amount > rounded) {
    why = `${amount} does not cover ${covered.text}`;
  } else if (covered !== undefined && covered.raw !== byRule.result) {
    why = `${amount} covers ${covered.text}`;
  }
  return {
    formula: 'ceil(max(by rule, must cover, least))',
    values: { byRule: byRule.result, mustCover: covered?.raw ?? 0, least },
    result: request,
    source: rule.source,
    text: `${why} → request ${amountText(resource, request)}`,
  };
}
