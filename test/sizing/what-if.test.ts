// Sizing from given inputs: the guide's figures, its limits, and all mistakes at once.

import { describe, expect, it } from 'vitest';
import { whatIf } from '../../src/sizing/what-if.ts';
import { makeProfile } from '../make.ts';

const ask = (inputs: Readonly<Record<string, string>>) =>
  whatIf(makeProfile(), new Map(Object.entries(inputs)));

describe('what if', () => {
  // biome-ignore format: a table
  it.each([
    // sites, by the matrix: regions and replicas in each, by the formula
    ['10',   1, 4,  4],
    ['50',   1, 8,  8],
    ['51',   1, 12, 8],
    ['100',  1, 12, 16],
    ['250',  1, 20, 40],
    ['251',  2, 16, 40],
    ['1000', 3, 17, 160],
    ['1500', 4, 17, 240],
  ])('%s sites', (sites, regions, matrix, formula) => {
    const result = ask({ sites });
    if (result.kind !== 'sized') throw new Error(result.mistakes.join());
    expect(result.recommended?.sizing.id).toBe('matrix');
    expect(result.sizings.map((s) => [s.sizing.id, s.parts, s.components[0]?.replicas])).toEqual([
      ['matrix', regions, matrix],
      ['forecast-formula', 1, formula],
    ]);
  });

  it('costs the totals that the guide pays for, for 730 hours', () => {
    // (2.5 cores × $0.04 + 5 GB × $0.005) × 730 h = $91.25 for each inspector.
    expect(ask({ sites: '100' })).toMatchObject({
      sizings: [{ costUsdPerMonth: 1095 }, { costUsdPerMonth: 1460 }],
    });
  });

  it('computes what is not given from what is', () => {
    expect(ask({ sites: '100' })).toMatchObject({
      inputs: { sites: 100, traps: 10_000, inspections_per_day: 100_000 },
    });
    expect(ask({ sites: '100', traps: '5000' })).toMatchObject({
      inputs: { sites: 100, traps: 5_000, inspections_per_day: 50_000 },
    });
  });

  it('says of a sizing that does not fit which limit it meets', () => {
    expect(ask({ sites: '500' })).toMatchObject({
      sizings: [
        { feasible: true, reasons: [] },
        {
          feasible: false,
          reasons: [
            '80 replicas of steam-trap-inspector are more than the 20 it may have in one place',
          ],
        },
      ],
    });
  });

  // biome-ignore format: a table
  it.each([
    [{},                                ['sites is missing (sites, 1 to 5000)']],
    [{ sites: '0' },                    ['sites must be 1 to 5000 sites, not 0']],
    [{ sites: '5001' },                 ['sites must be 1 to 5000 sites, not 5001']],
    [{ sites: '1.5' },                  ['sites must be a whole number, not "1.5"']],
    [{ sites: 'many' },                 ['sites must be a whole number, not "many"']],
    [{ sites: '' },                     ['sites must be a whole number, not ""']],
    [{ sites: '1e3' },                  ['sites must be a whole number, not "1e3"']],
    [{ sites: 'NaN' },                  ['sites must be a whole number, not "NaN"']],
    [{ sites: '9'.repeat(400) },        [`sites must be a whole number, not "${'9'.repeat(400)}"`]],
    [{ sites: '10', traps: 'x' },       ['traps must be a whole number, not "x"']],
    [{ site: '10' },                    ['gl-008 has no input "site"; did you mean "sites"?', 'sites is missing (sites, 1 to 5000)']],
    [{ sites: '10', constructor: '1' }, ['gl-008 has no input "constructor"']],
  ])('%j names every mistake', (inputs, mistakes) => {
    expect(ask(inputs as Readonly<Record<string, string>>)).toEqual({ kind: 'misuse', mistakes });
  });
});
