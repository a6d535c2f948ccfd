// Checks quantities against what Kubernetes means by them.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatCpu,
  formatMemory,
  parseCpuMillicores,
  parseMemoryMi,
  parseQuantity,
} from '../../src/profile/quantity.ts';

describe('parseQuantity', () => {
  it.each([
    ['1', 1],
    ['500m', 0.5],
    ['1.5Gi', 1_610_612_736],
    ['129e6', 129_000_000],
    ['1E3', 1000],
    ['2E', 2e18],
    ['.5', 0.5],
    ['5.', 5],
    ['-1', -1],
    ['0', 0],
    ['100k', 100_000],
    ['8Ki', 8192],
  ])('%s is %d', (text, value) => {
    expect(parseQuantity(text)).toBeCloseTo(value, 9);
  });

  it.each([
    '',
    'abc',
    '1 Gi',
    '1gi',
    '1KI',
    'Gi',
    '1e',
    '1e400',
    '--1',
    '0x10',
    'NaN',
    'Infinity',
    '1_000',
  ])('%j is no quantity', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });
});

describe('CPU and memory', () => {
  it.each([
    ['100m', 100],
    ['0.1', 100],
    ['2', 2000],
    ['0.0001', 1],
    ['1.1', 1100],
  ])('%s are %i millicores', (text, millicores) => {
    expect(parseCpuMillicores(text)).toBe(millicores);
  });

  it.each([
    ['2Gi', 2048],
    ['1.5Gi', 1536],
    ['1G', 954],
    ['1', 1],
    ['128974848', 123],
  ])('%s is %i Mi, rounded up', (text, mi) => {
    expect(parseMemoryMi(text)).toBe(mi);
  });

  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000_000 }), (n) => {
        expect(parseCpuMillicores(formatCpu(n))).toBe(n);
        expect(parseMemoryMi(formatMemory(n))).toBe(n);
      }),
    );
    expect(formatMemory(4096)).toBe('4Gi');
    expect(formatMemory(1536)).toBe('1536Mi');
  });
});
