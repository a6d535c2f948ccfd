// Estimates what one pod gets done at a target of CPU from what was seen, with its error; where that is guesswork it says so.
import { formatNumber } from '../profile/amount.ts';

/** One step of the window: CPU and work of one pod, on average over the pods that ran. */
export interface LoadSample {
  readonly cpuMillicores: number;
  readonly perSecond: number;
}

/** What a pod does at the target. All rates are per pod and second. */
export type ThroughputEstimate =
  | {
      readonly kind: 'estimated';
      readonly perSecond: number;
      /** The 95 % interval of the line at the target. */
      readonly low: number;
      readonly high: number;
      /** The share of the variance of work that CPU explains. */
      readonly rSquared: number;
      /** The standard deviation of samples around the line. */
      readonly residual: number;
      readonly samples: number;
      /** How many independent samples these are worth: neighbours in time resemble each other. */
      readonly worth: number;
      readonly targetMillicores: number;
      /** The highest CPU seen; above it the line is drawn out. */
      readonly highestMillicores: number;
    }
  | { readonly kind: 'unknown'; readonly because: string; readonly samples: number };

/** A day in steps of five minutes: with less the daily pattern was not seen once. */
const samplesMin = 288;
/** Below, something else than CPU decides how much gets done. */
const rSquaredMin = 0.5;
/** CPU that moves by less than this share of itself draws no line. */
const variationMin = 0.02;
/** Drawn out further than this times the highest CPU seen, the line is a guess. */
const drawnOutMax = 2;
/** Of the normal distribution; with hundreds of samples Student's differs in the third digit. */
const quantile95 = 1.96;

/**
 * Least squares of work over CPU through the samples, in the order of time, and its value at the target. Noise in CPU
 * flattens the line, so above the usual load the estimate is rather too low: more pods, not fewer.
 */
export function estimateThroughput(
  given: readonly LoadSample[],
  targetMillicores: number,
): ThroughputEstimate {
  const samples = given.filter(
    ({ cpuMillicores: cpu, perSecond }) => isAmount(cpu) && isAmount(perSecond),
  );
  const unknown = (because: string): ThroughputEstimate => ({
    kind: 'unknown',
    because,
    samples: samples.length,
  });
  if (samples.length < samplesMin)
    return unknown(
      `${formatNumber(samples.length)} samples of CPU and work together are there, at least ${samplesMin} are needed`,
    );
  const line = leastSquares(samples);
  const { meanCpu, spreadCpu, slope, rSquared, highest } = line;
  if (!(Math.sqrt(spreadCpu / samples.length) > variationMin * meanCpu))
    return unknown(
      `CPU stayed near ${formatNumber(meanCpu)}m a pod all the time, which draws no line`,
    );
  if (!(slope > 0)) return unknown('CPU does not grow with the work that is done');
  if (!(rSquared >= rSquaredMin))
    return unknown(
      `CPU explains ${formatNumber(Math.round(rSquared * 100))} % of how the work varies: something else limits it`,
    );
  if (targetMillicores > drawnOutMax * highest.cpuMillicores)
    return unknown(
      `the target is ${formatNumber(targetMillicores)}m a pod and no more than ${formatNumber(Math.round(highest.cpuMillicores))}m was seen, at ${formatNumber(highest.perSecond)}/s`,
    );
  const residual = Math.sqrt(line.squaredResiduals / (samples.length - 2));
  const worth = independent(samples, line);
  const away = targetMillicores - meanCpu;
  const error =
    quantile95 * residual * Math.sqrt((1 + (away ** 2 * samples.length) / spreadCpu) / worth);
  const perSecond = line.meanWork + slope * away;
  if (!(perSecond - error > 0))
    return unknown('the error of the estimate is as large as the estimate itself');
  return {
    kind: 'estimated',
    perSecond,
    low: perSecond - error,
    high: perSecond + error,
    rSquared,
    residual,
    samples: samples.length,
    worth,
    targetMillicores,
    highestMillicores: highest.cpuMillicores,
  };
}

interface Line {
  readonly meanCpu: number;
  readonly meanWork: number;
  readonly spreadCpu: number;
  readonly slope: number;
  readonly rSquared: number;
  readonly squaredResiduals: number;
  readonly highest: LoadSample;
}

/** In two passes: sums of squares of raw values would lose the small differences between them. */
function leastSquares(samples: readonly LoadSample[]): Line {
  const meanCpu = mean(samples.map(({ cpuMillicores }) => cpuMillicores));
  const meanWork = mean(samples.map(({ perSecond }) => perSecond));
  let spreadCpu = 0;
  let spreadWork = 0;
  let together = 0;
  let highest: LoadSample = { cpuMillicores: 0, perSecond: 0 };
  for (const sample of samples) {
    const cpu = sample.cpuMillicores - meanCpu;
    const work = sample.perSecond - meanWork;
    spreadCpu += cpu * cpu;
    spreadWork += work * work;
    together += cpu * work;
    if (sample.cpuMillicores > highest.cpuMillicores) highest = sample;
  }
  const slope = spreadCpu > 0 ? together / spreadCpu : 0;
  const explained = slope * together;
  return {
    meanCpu,
    meanWork,
    spreadCpu,
    slope,
    rSquared: spreadWork > 0 ? Math.min(1, explained / spreadWork) : 0,
    squaredResiduals: Math.max(0, spreadWork - explained),
    highest,
  };
}

/** How many independent samples the given ones are worth, by how much each distance to the line resembles the one before. */
function independent(samples: readonly LoadSample[], line: Line): number {
  const { meanCpu, meanWork, slope, squaredResiduals } = line;
  if (squaredResiduals === 0) return samples.length;
  let before = 0;
  let products = 0;
  for (const { cpuMillicores, perSecond } of samples) {
    const distance = perSecond - meanWork - slope * (cpuMillicores - meanCpu);
    products += distance * before;
    before = distance;
  }
  const likeness = Math.min(0.999, Math.max(0, products / squaredResiduals));
  return Math.max(2, (samples.length * (1 - likeness)) / (1 + likeness));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function isAmount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}
