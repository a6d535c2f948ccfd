// Checks recommendations for requests and limits: the rules of the guides, what forbids less, and what holds for every use.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNumber } from '../../src/profile/amount.ts';
import type { ContainerSize, ContainerUsage } from '../../src/sizing/container-usage.ts';
import { type RightSizeFacts, rightSize } from '../../src/sizing/right-size.ts';

const dayMs = 24 * 3_600_000;

const usage: ContainerUsage = {
  windowMs: 14 * dayMs,
  stepMs: 300_000,
  samplesExpected: 4032,
  cpu: { p50: 250, p95: 412, p99: 470, maximum: 630, samplesSeen: 4000 },
  memory: { p50: 700, p95: 780, p99: 790, maximum: 800, samplesSeen: 4000 },
  restarts: 0,
  throttledShare: 0,
  missing: [],
};

const now: ContainerSize = {
  cpuRequestMillicores: 1000,
  cpuLimitMillicores: 2000,
  memoryRequestMi: 2048,
  memoryLimitMi: 4096,
};

function advice(changes: Partial<RightSizeFacts> = {}) {
  return rightSize({ container: 'worker', usage, now, ...changes });
}
const withUsage = (changes: Partial<ContainerUsage>) => advice({ usage: { ...usage, ...changes } });

describe('a container that uses little of what it has', () => {
  it('is made smaller to p95 and a fifth, with its limit in the same ratio and the sum in words', () => {
    const { cpu, after } = advice();
    expect(cpu).toMatchObject({
      kind: 'lower',
      before: { request: 1000, limit: 2000 },
      after: { request: 495, limit: 990 },
      because: 'p95 is 412m, 20.6 % of its limit (below 60 %)',
      samplesSeen: 4000,
      samplesExpected: 4032,
    });
    expect(cpu.arithmetic.map(({ text }) => text)).toEqual([
      'p95 412m × 1.2 = 494.4m',
      '494.4m covers p99 of 470m → request 495m',
      'limit 495m × 2 (limit to request as it is now) = 990m',
    ]);
    expect(after).toEqual({
      cpuRequestMillicores: 495,
      cpuLimitMillicores: 990,
      memoryRequestMi: 960,
      memoryLimitMi: 1920,
    });
  });

  it('keeps memory for its maximum and the margin, not for p95', () => {
    const { memory } = advice();
    expect(memory).toMatchObject({ kind: 'lower', after: { request: 960, limit: 1920 } });
    expect(memory.arithmetic[1]?.text).toBe(
      '936Mi does not cover the maximum of 800Mi × 1.2 = 960Mi → request 960Mi',
    );
  });

  it('keeps CPU for its p99 when that is above p95 and a fifth', () => {
    const { cpu } = withUsage({ cpu: { ...usage.cpu, p99: 600.5 } });
    expect(cpu.after.request).toBe(601);
  });

  it('gets no limit where it has none', () => {
    const { after } = advice({ now: { cpuRequestMillicores: 1000, memoryRequestMi: 2048 } });
    expect(after).toEqual({ cpuRequestMillicores: 495, memoryRequestMi: 960 });
  });

  it('is left alone when a smaller request would save less than a tenth', () => {
    const { cpu } = advice({ now: { ...now, cpuRequestMillicores: 540 } });
    expect(cpu).toMatchObject({ kind: 'keep', after: { request: 540, limit: 2000 } });
    expect(cpu.because).toContain('a smaller size would save less than a tenth');
  });

  it('that is idle keeps what any container needs to start', () => {
    const idle = { p95: 0, p99: 0, maximum: 0, samplesSeen: 4032 };
    const { after } = withUsage({ cpu: idle, memory: idle });
    expect(after).toMatchObject({ cpuRequestMillicores: 10, memoryRequestMi: 16 });
  });
});

describe('nothing is made smaller', () => {
  it.each<[string, Partial<ContainerUsage>, string]>([
    [
      'on four fifths of the samples less one',
      { cpu: { ...usage.cpu, samplesSeen: 3225 }, memory: { ...usage.memory, samplesSeen: 3225 } },
      'only 3225 of 4032 samples are there, 80 % are needed',
    ],
    [
      'when nobody counted the samples',
      { cpu: { p95: 412, p99: 470 }, memory: { p95: 780, maximum: 800 } },
      'it is not known how many samples there are',
    ],
    [
      'on less than a week, however many samples',
      { windowMs: 6 * dayMs },
      'the window is 6d, at least 7d are needed',
    ],
  ])('%s', (_, changes, because) => {
    const result = withUsage(changes);
    expect([result.cpu.kind, result.memory.kind]).toEqual(['keep', 'keep']);
    expect(result.after).toEqual(now);
    expect(result.cpu.because).toContain(because);
  });

  it('when the figure it must cover is missing', () => {
    const { cpu, memory } = withUsage({
      cpu: { p95: 412, samplesSeen: 4000 },
      memory: { p95: 780, samplesSeen: 4000 },
    });
    expect([cpu.kind, memory.kind]).toEqual(['keep', 'keep']);
    expect(cpu.because).toContain('p99 is not known');
    expect(memory.because).toContain('the largest use is not known');
  });

  it('when nothing was measured', () => {
    const { cpu, after, notes } = withUsage({
      cpu: {},
      memory: { maximum: Number.NaN },
      missing: ['CPU p95: Prometheus has no such series now'],
    });
    expect(cpu).toMatchObject({ kind: 'keep', because: 'nothing is known of the CPU it uses' });
    expect(after).toEqual(now);
    expect(notes).toEqual(['CPU p95: Prometheus has no such series now']);
  });

  it.each([
    ['it restarted', { restarts: 1 }, 'it restarted in the window'],
    ['it was killed for memory', { oomKills: 2 }, 'it was killed for memory in the window'],
  ])('of memory when %s', (_, changes, because) => {
    const { cpu, memory, notes } = withUsage(changes);
    expect([cpu.kind, memory.kind]).toEqual(['lower', 'keep']);
    expect(memory.because).toContain(because);
    expect(notes).toHaveLength(1);
  });

  it('of memory when nobody counted restarts', () => {
    const { restarts: _, ...unknown } = usage;
    expect(advice({ usage: unknown }).memory).toMatchObject({
      kind: 'keep',
      because: expect.stringContaining('it is not known whether it restarted'),
    });
  });

  it('of a CPU limit that held the container back; its request still is', () => {
    const { cpu } = withUsage({ throttledShare: 0.031 });
    expect(cpu).toMatchObject({ kind: 'lower', after: { request: 495, limit: 2000 } });
    expect(cpu.because).toContain(
      'the limit stays: it held the container back in 3.1 % of its periods',
    );
  });
});

describe('a container that needs more', () => {
  it('gets it on very little, and the little is said', () => {
    const { cpu } = withUsage({
      windowMs: dayMs,
      samplesExpected: 288,
      cpu: { p95: 900, samplesSeen: 12 },
    });
    expect(cpu).toMatchObject({
      kind: 'raise',
      after: { request: 1080, limit: 2160 },
      because: 'p95 is 900m, 90 % of the 1000m it requests (above 80 %)',
      samplesSeen: 12,
      samplesExpected: 288,
    });
  });

  it('is not raised at exactly 80 %', () => {
    expect(withUsage({ cpu: { ...usage.cpu, p95: 800, p99: 900 } }).cpu.kind).not.toBe('raise');
  });

  it('covers the observed p99 though p95 is low', () => {
    const { cpu } = withUsage({ cpu: { ...usage.cpu, p99: 1400 } });
    expect(cpu).toMatchObject({ kind: 'raise', after: { request: 1400, limit: 2800 } });
    expect(cpu.because).toBe('p99 of 1400m does not fit into the 1000m it requests');
  });

  it('wins where the limit alone would be lowered: both rules of a guide hold at once', () => {
    const { cpu } = advice({
      usage: { ...usage, cpu: { p95: 550, p99: 560, maximum: 590, samplesSeen: 4032 } },
      now: { ...now, cpuRequestMillicores: 600, cpuLimitMillicores: 1000 },
      rule: { limitFactor: { cpu: 1 / 0.6 } },
    });
    // 55 % of the limit (below 60 %), 91.7 % of the request (above 80 %).
    expect(cpu).toMatchObject({ kind: 'raise', after: { request: 660, limit: 1100 } });
  });

  it('gets a first request where it has none, and no limit', () => {
    const { cpu, after } = advice({ now: {} });
    expect(cpu).toMatchObject({ kind: 'raise', because: 'it requests no CPU' });
    expect(after).toEqual({ cpuRequestMillicores: 495, memoryRequestMi: 960 });
  });

  it('uses the nearest figure that is known above the rule’s percentile', () => {
    const { memory } = withUsage({ memory: { maximum: 1900, samplesSeen: 4000 } });
    expect(memory).toMatchObject({ kind: 'raise', after: { request: 2280 } });
    expect(memory.arithmetic[0]?.text).toBe('the maximum 1900Mi × 1.2 = 2280Mi');
  });
});

describe('a rule of a profile', () => {
  it('sizes to a utilisation', () => {
    const { cpu } = advice({ rule: { utilisationTarget: 0.7, source: 'guide' } });
    expect(cpu.arithmetic[0]).toMatchObject({
      text: 'p95 412m ÷ 70 % = 588.571m',
      source: 'guide',
    });
    expect(cpu.after.request).toBe(589);
  });

  it('may compare with the request instead of the limit', () => {
    const rule = { lowerOf: 'request', lowerBelow: 0.5 } as const;
    expect(advice({ rule }).cpu.kind).toBe('lower');
    const fuller = { ...usage, cpu: { ...usage.cpu, p95: 500 } };
    expect(advice({ rule, usage: fuller }).cpu).toMatchObject({
      kind: 'keep',
      because: 'p95 is 500m, 50 % of what it requests: neither too little nor too much',
    });
  });
});

describe('the autoscaler’s target', () => {
  const targets = [{ resource: 'cpu', percent: 70 }] as const;

  it('moves with the request, so that it acts at the same use', () => {
    expect(
      advice({ targets, usage: { ...usage, cpu: { ...usage.cpu, p95: 900, p99: 950 } } }).targets,
    ).toMatchObject([
      {
        percentBefore: 70,
        percentAfter: 64,
        thresholdBefore: 700,
        kept: true,
        because:
          '1000m × 70 % ÷ 1080m = 64.815 %: target 64 %, so that it still acts at about 700m a pod',
      },
    ]);
  });

  it('is clamped where no target can keep it, and that is said', () => {
    expect(advice({ targets }).targets).toMatchObject([
      {
        percentAfter: 95,
        thresholdBefore: 700,
        thresholdAfter: 470.25,
        kept: false,
        because:
          '1000m × 70 % ÷ 495m = 141.414 %, which is no usable target: at 95 % it acts at 470.25m a pod instead of 700m, so more pods run',
      },
    ]);
  });

  it('counts all containers of a pod where the target does', () => {
    const [move] = advice({
      targets: [{ resource: 'cpu', percent: 70, podRequest: 5000 }],
    }).targets;
    expect(move).toMatchObject({ thresholdBefore: 3500, percentAfter: 77, kept: true });
  });

  it('stays when the request stays', () => {
    const { targets: moves } = advice({ targets, now: { ...now, cpuRequestMillicores: 495 } });
    expect(moves).toEqual([]);
  });

  it('without a request meant nothing', () => {
    expect(advice({ targets, now: {} }).targets).toMatchObject([{ kept: false, percentAfter: 70 }]);
  });
});

describe('for every use', () => {
  const figures = (most: number) =>
    fc
      .array(fc.double({ min: 0, max: most, noNaN: true }), { minLength: 4, maxLength: 4 })
      .map((values) => values.toSorted((one, other) => one - other))
      .map(([p50 = 0, p95 = 0, p99 = 0, maximum = 0]) => ({ p50, p95, p99, maximum }));
  const resource = (most: number) =>
    fc
      .record({
        all: figures(most),
        known: fc.record({
          p50: fc.boolean(),
          p95: fc.boolean(),
          p99: fc.boolean(),
          maximum: fc.boolean(),
        }),
        samplesSeen: fc.option(fc.integer({ min: 0, max: 4032 }), { nil: undefined }),
      })
      .map(({ all, known, samplesSeen }) => ({
        ...(known.p50 && { p50: all.p50 }),
        ...(known.p95 && { p95: all.p95 }),
        ...(known.p99 && { p99: all.p99 }),
        ...(known.maximum && { maximum: all.maximum }),
        ...(samplesSeen !== undefined && { samplesSeen }),
      }));
  const amounts = (most: number) =>
    fc
      .record({
        request: fc.option(fc.integer({ min: 1, max: most }), { nil: undefined }),
        more: fc.option(fc.integer({ min: 0, max: most }), { nil: undefined }),
      })
      .map(({ request, more }) => ({
        ...(request !== undefined && { request }),
        ...(request !== undefined && more !== undefined && { limit: request + more }),
      }));
  const sizes = fc.record({ cpu: amounts(8000), memory: amounts(16_384) }).map(
    ({ cpu, memory }): ContainerSize => ({
      ...(cpu.request !== undefined && { cpuRequestMillicores: cpu.request }),
      ...(cpu.limit !== undefined && { cpuLimitMillicores: cpu.limit }),
      ...(memory.request !== undefined && { memoryRequestMi: memory.request }),
      ...(memory.limit !== undefined && { memoryLimitMi: memory.limit }),
    }),
  );
  const rules = fc.oneof(
    fc.constant({}),
    fc.constant({ utilisationTarget: 0.7 }),
    fc.constant({ limitFactor: { cpu: 1 / 0.6, memory: 1 / 0.7 } }),
    fc.constant({ lowerOf: 'request', lowerBelow: 0.5, percentile: 99 } as const),
    fc.constant({ percentile: 50, margin: 1, limitFactor: { cpu: 2, memory: 2 } } as const),
  );
  const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
  const cases = fc
    .record({
      cpu: resource(12_000),
      memory: resource(24_000),
      windowMs: fc.constantFrom(dayMs, 7 * dayMs, 14 * dayMs),
      restarts: maybe(fc.constantFrom(0, 1, 5)),
      throttledShare: maybe(fc.constantFrom(0, 0.2)),
      now: sizes,
      rule: rules,
    })
    .map(
      ({ cpu, memory, windowMs, restarts, throttledShare, ...rest }): RightSizeFacts => ({
        container: 'worker',
        usage: {
          windowMs,
          stepMs: 300_000,
          samplesExpected: 4032,
          cpu,
          memory,
          missing: [],
          ...(restarts !== undefined && { restarts }),
          ...(throttledShare !== undefined && { throttledShare }),
        },
        ...rest,
      }),
    );
  const check = (property: (facts: RightSizeFacts) => void) =>
    fc.assert(fc.property(cases, property), { numRuns: 2000 });

  it('a request or limit is lowered only on enough samples, a week and known figures', () => {
    check((facts) => {
      const result = rightSize(facts);
      for (const { resource: name, before, after, kind } of [result.cpu, result.memory]) {
        const lower =
          (after.request ?? 0) < (before.request ?? 0) || (after.limit ?? 0) < (before.limit ?? 0);
        expect(kind === 'lower').toBe(lower);
        if (!lower) continue;
        const { samplesSeen = 0, p99, maximum } = facts.usage[name];
        expect(samplesSeen).toBeGreaterThanOrEqual(0.8 * 4032);
        expect(facts.usage.windowMs).toBeGreaterThanOrEqual(7 * dayMs);
        expect(name === 'cpu' ? p99 : maximum).toBeDefined();
        if (name === 'memory') expect(facts.usage.restarts).toBe(0);
        if (name === 'cpu' && after.limit !== before.limit)
          expect(facts.usage.throttledShare).toBe(0);
      }
    });
  });

  it('the request covers p99 of CPU and the largest memory, is whole, and within its limit', () => {
    check((facts) => {
      const { cpu, memory, rule } = rightSize(facts);
      const { p99 } = facts.usage.cpu;
      const { maximum } = facts.usage.memory;
      if (p99 !== undefined) expect(cpu.after.request).toBeGreaterThanOrEqual(p99);
      if (maximum !== undefined) {
        expect((memory.after.request ?? 0) + 1e-6).toBeGreaterThanOrEqual(maximum * rule.margin);
      }
      for (const { before, after } of [cpu, memory]) {
        expect('limit' in after).toBe('limit' in before);
        for (const amount of Object.values(after)) expect(amount).toBe(Math.round(amount));
        if (after.limit !== undefined)
          expect(after.limit).toBeGreaterThanOrEqual(after.request ?? 0);
      }
    });
  });

  it('more use never means a smaller size', () => {
    const grown = fc.record({
      facts: cases,
      factor: fc.double({ min: 1, max: 3, noNaN: true }),
      more: fc.double({ min: 0, max: 500, noNaN: true }),
    });
    const grow = <T extends object>(used: T, by: (value: number) => number): T =>
      Object.fromEntries(
        Object.entries(used).map(([name, value]) => [
          name,
          name === 'samplesSeen' ? value : by(Number(value)),
        ]),
      ) as T;
    fc.assert(
      fc.property(grown, ({ facts, factor, more }) => {
        const by = (value: number) => value * factor + more;
        const { usage: less } = facts;
        const busier = { ...less, cpu: grow(less.cpu, by), memory: grow(less.memory, by) };
        const [small, large] = [rightSize(facts), rightSize({ ...facts, usage: busier })];
        for (const name of ['cpu', 'memory'] as const) {
          for (const part of ['request', 'limit'] as const) {
            expect(large[name].after[part] ?? 0).toBeGreaterThanOrEqual(
              small[name].after[part] ?? 0,
            );
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('doing it again with the same use keeps the result', () => {
    check((facts) => {
      const first = rightSize(facts);
      const second = rightSize({ ...facts, now: first.after });
      expect(second.after).toEqual(first.after);
      expect([second.cpu.kind, second.memory.kind]).toEqual(['keep', 'keep']);
    });
  });

  it('the last line of the sum is the size', () => {
    check((facts) => {
      const { cpu } = rightSize(facts);
      if (cpu.kind === 'keep') return;
      const results = cpu.arithmetic.map(({ result }) => result);
      expect(results).toContain(
        cpu.after.request === cpu.before.request ? cpu.after.limit : cpu.after.request,
      );
      for (const { text } of cpu.arithmetic) expect(text).not.toMatch(/NaN|undefined|Infinity/);
      expect(cpu.because).not.toMatch(/NaN|undefined|Infinity/);
    });
  });

  it('an autoscaler acts at the same use within one percent of the request, or it is said', () => {
    const withTarget = fc.record({ facts: cases, percent: fc.integer({ min: 1, max: 95 }) });
    fc.assert(
      fc.property(withTarget, ({ facts, percent }) => {
        const result = rightSize({ ...facts, targets: [{ resource: 'cpu', percent }] });
        for (const move of result.targets) {
          expect(move.percentAfter).toBeGreaterThanOrEqual(1);
          expect(move.percentAfter).toBeLessThanOrEqual(95);
          expect(move.because).toContain(formatNumber(move.percentAfter));
          if (!move.kept || move.thresholdBefore === undefined) continue;
          const onePercent = (result.cpu.after.request ?? 0) / 100;
          expect(move.thresholdAfter).toBeLessThanOrEqual(move.thresholdBefore + 1e-6);
          expect(move.thresholdAfter).toBeGreaterThan(move.thresholdBefore - onePercent - 1e-6);
        }
      }),
    );
  });
});
