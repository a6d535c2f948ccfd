// Checks the estimate of a pod's throughput: on lines that are known, and on everything that is no line.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateThroughput, type LoadSample } from '../../src/sizing/estimate-throughput.ts';

const steps = 4032;

/** Noise between -1 and 1 that is the same each time. */
function noise(step: number): number {
  const wave = Math.sin(step * 12.9898) * 43_758.5453;
  return (wave - Math.floor(wave)) * 2 - 1;
}

/** Two weeks of days: a pod does 0.2 a second for each millicore above 50. */
function week(
  change: (sample: LoadSample, step: number) => Partial<LoadSample> = () => ({}),
  count = steps,
): readonly LoadSample[] {
  return Array.from({ length: count }, (_, step) => {
    const perSecond = 40 + 30 * Math.sin((step / 288) * 2 * Math.PI);
    const sample = { perSecond, cpuMillicores: 50 + 5 * perSecond };
    return { ...sample, ...change(sample, step) };
  });
}

describe('the estimate', () => {
  it('finds a line that is there, without error', () => {
    const found = estimateThroughput(week(), 350);
    expect(found).toMatchObject({ kind: 'estimated', samples: steps, targetMillicores: 350 });
    if (found.kind !== 'estimated') return;
    expect(found.perSecond).toBeCloseTo(60, 6);
    expect(found.rSquared).toBeCloseTo(1, 9);
    expect(found.high - found.low).toBeLessThan(1e-3);
    expect(found.highestMillicores).toBeCloseTo(400, 6);
  });

  it('has an interval that holds the truth when work is noisy', () => {
    const noisy = week(({ perSecond }, step) => ({ perSecond: perSecond + 8 * noise(step) }));
    const found = estimateThroughput(noisy, 350);
    if (found.kind !== 'estimated') throw new Error(found.because);
    expect(found.low).toBeLessThan(60);
    expect(found.high).toBeGreaterThan(60);
    expect(found.high - found.low).toBeGreaterThan(0.1);
    expect(found.high - found.low).toBeLessThan(4);
    expect(found.residual).toBeGreaterThan(3);
    expect(found.rSquared).toBeLessThan(1);
  });

  it('takes samples that resemble their neighbours for fewer', () => {
    const slow = week(({ perSecond }, step) => ({
      perSecond: perSecond + 8 * noise(Math.floor(step / 12)),
    }));
    const quick = week(({ perSecond }, step) => ({ perSecond: perSecond + 8 * noise(step) }));
    const [few, many] = [estimateThroughput(slow, 350), estimateThroughput(quick, 350)];
    if (few.kind !== 'estimated' || many.kind !== 'estimated') throw new Error('no estimate');
    expect(few.worth).toBeLessThan(many.worth / 3);
    expect(few.high - few.low).toBeGreaterThan(1.5 * (many.high - many.low));
  });

  it('is rather too low than too high when CPU is noisy', () => {
    const noisy = week(({ cpuMillicores }, step) => ({
      cpuMillicores: cpuMillicores + 60 * noise(step),
    }));
    const found = estimateThroughput(noisy, 400);
    if (found.kind !== 'estimated') throw new Error(found.because);
    expect(found.perSecond).toBeLessThan(70);
    expect(found.perSecond).toBeGreaterThan(60);
  });
});

describe('nothing is estimated', () => {
  it.each<[string, readonly LoadSample[], number, RegExp]>([
    ['from less than a day', week(undefined, 287), 350, /^287 samples .* at least 288/],
    ['from nothing', [], 350, /^0 samples/],
    [
      'from steps of which one half is missing',
      week(() => ({ perSecond: Number.NaN })),
      350,
      /^0 samples/,
    ],
    [
      'from a load that never changes',
      week(() => ({ cpuMillicores: 300, perSecond: 50 })),
      350,
      /stayed near 300m/,
    ],
    ['from no work', week(() => ({ perSecond: 0 })), 350, /does not grow/],
    [
      'when more work takes less CPU',
      week(({ perSecond }) => ({ cpuMillicores: 500 - perSecond })),
      350,
      /does not grow/,
    ],
    [
      'when CPU explains little of the work',
      week(({ perSecond }, step) => ({ perSecond: perSecond / 5 + 100 + 100 * noise(step) })),
      350,
      /something else limits it/,
    ],
    ['far beyond what was seen', week(), 801, /no more than 400m was seen, at 70\/s/],
  ])('%s', (_, samples, target, because) => {
    expect(estimateThroughput(samples, target)).toEqual({
      kind: 'unknown',
      because: expect.stringMatching(because),
      samples: expect.any(Number),
    });
  });
});

describe('for every load', () => {
  const amount = fc.oneof(
    fc.double({ min: 0, max: 1e6 }),
    fc.constantFrom(0, 1, 100, Number.NaN, -1, Number.POSITIVE_INFINITY),
  );
  const samples = fc.array(fc.record({ cpuMillicores: amount, perSecond: amount }), {
    minLength: 280,
    maxLength: 400,
  });
  const target = fc.double({ min: 1, max: 1e5, noNaN: true });

  it('it is a positive number inside its interval, or nothing', () => {
    fc.assert(
      fc.property(samples, target, (given, at) => {
        const found = estimateThroughput(given, at);
        if (found.kind === 'unknown') {
          expect(found.because).not.toMatch(/NaN|Infinity/);
          return;
        }
        expect(found.low).toBeGreaterThan(0);
        expect(found.perSecond).toBeGreaterThanOrEqual(found.low);
        expect(found.high).toBeGreaterThanOrEqual(found.perSecond);
        expect(Number.isFinite(found.high)).toBe(true);
        expect(found.worth).toBeLessThanOrEqual(found.samples);
      }),
    );
  });

  it('a line is found wherever it lies, whatever the units', () => {
    const line = fc.record({
      idle: fc.double({ min: 0, max: 500, noNaN: true }),
      each: fc.double({ min: 0.01, max: 100, noNaN: true }),
      scale: fc.double({ min: 0.001, max: 1000, noNaN: true }),
    });
    fc.assert(
      fc.property(line, ({ idle, each, scale }) => {
        const given = week(({ perSecond }) => ({
          perSecond: perSecond * scale,
          cpuMillicores: idle + each * perSecond,
        }));
        const found = estimateThroughput(given, idle + each * 60);
        // A load that is lost beside what a pod uses when idle draws no line.
        if (each * 20 < idle * 0.03) return;
        expect(found.kind === 'estimated' ? found.perSecond / scale : found.because).toBeCloseTo(
          60,
          6,
        );
      }),
      { numRuns: 50 },
    );
  });
});
