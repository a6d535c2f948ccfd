// What inputs come to when some are given and others follow from them.
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import { grown, parseInputs, withAmounts } from '../../src/sizing/inputs.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';
import { shop } from './shop.ts';

/** Visits follow from shops, purchases from visits; nothing follows from the size of the staff. */
const parsed = parseProfile(
  `
profile: shops
title: Shops
guide: The guide of the shops
inputs:
  purchases: { type: integer, default: visits / 10 }
  shops: { type: integer, unit: shops, min: 1, max: 500 }
  visits: { type: integer, default: shops * 100 }
  staff: { type: integer }
components:
  web:
    workload: { kind: Deployment, namespace: shops, name: web, container: web }
    replicas: { min: 1, max: 5, baseline: 1, source: Sizes }
    pod: { cpu: 100m, memory: 1Gi, source: Sizes }
`,
  'shops.yaml',
);
if (!parsed.ok) throw new Error(parsed.mistakes.map(formatMistake).join('\n'));
const profile = parsed.value;

const read = (given: Readonly<Record<string, string>>) =>
  parseInputs(profile, new Map(Object.entries(given)));

describe('inputs that follow from others', () => {
  it('need only the one they follow from', () => {
    expect(read({ shops: '3' })).toEqual({
      kind: 'parsed',
      inputs: { shops: 3, visits: 300, purchases: 30 },
    });
  });

  it('may be given in its place', () => {
    expect(read({ visits: '500' })).toEqual({
      kind: 'parsed',
      inputs: { visits: 500, purchases: 50 },
    });
  });

  it('say what they wait for when neither is given', () => {
    const mistakes = ['shops is missing (shops, 1 to 500)'];
    expect(read({})).toEqual({ kind: 'misuse', mistakes });
    expect(read({ staff: '4', purchases: '7' })).toEqual({ kind: 'misuse', mistakes });
  });
});

describe('what an input comes to by its default', () => {
  const defaults = (inputs: string) => {
    const visits = '  visits: { type: number, min: 1, max: 1000, required: true }';
    const made = shop('', { inputs: `inputs:\n${visits}\n${inputs}` });
    return (given: string) => parseInputs(made, new Map([['visits', given]]));
  };

  it('is whole for a count, to the nearest', () => {
    const halves = defaults('  orders: { type: integer, default: visits * 0.1 }');
    expect(halves('14')).toMatchObject({ inputs: { orders: 1 } });
    expect(halves('15')).toMatchObject({ inputs: { orders: 2 } });
    expect(halves('4')).toMatchObject({ inputs: { orders: 0 } });
  });

  it('is a mistake beyond its range, and not a figure nobody has checked', () => {
    const few = defaults('  orders: { type: integer, unit: orders, max: 5, default: visits / 10 }');
    expect(few('50')).toMatchObject({ inputs: { orders: 5 } });
    expect(few('60')).toEqual({
      kind: 'misuse',
      mistakes: ['orders comes to 6 by visits / 10, and must be 0 to 5 orders'],
    });
  });

  it('is a mistake of the profile when it is always beyond', () => {
    expect(() => defaults('  staff: { type: integer, min: 1, max: 5, default: 7 }')).toThrow(
      'shop.yaml:7:52: the default 7 is not between min 1 and max 5',
    );
  });

  it('is not looked for in files with more inputs than a person writes', () => {
    const many = Array.from({ length: 100 }, (_, index) => `  i${index}: { type: number }`);
    expect(() => defaults(many.join('\n'))).toThrow('shop.yaml:6:3: expected at most 100 entries');
  });

  it('is found quickly also where each input follows from two others', () => {
    const many = Array.from({ length: 60 }, (_, index) => {
      const formula = index > 57 ? 'visits * 0' : `i${index + 1} + i${index + 2}`;
      return `  i${index}: { type: number, default: "${formula}" }`;
    });
    const sixty = defaults(many.join('\n'))('7');
    if (sixty.kind !== 'parsed') throw new Error(sixty.mistakes.join());
    const made = shop('', {
      inputs: `inputs:\n  visits: { type: number, min: 1, max: 1000, required: true }\n${many.join('\n')}`,
    });
    // Two to the power of thirty paths lead from the first to the last.
    expect(grown(made, { ...sixty.inputs, i0: 5 }, 'visits', 14)).toMatchObject({ i0: 10 });
  });
});

describe('another amount of one input', () => {
  it('moves those that stand at their default, and no other', () => {
    const byDefault = { shops: 3, visits: 300, purchases: 30 };
    expect(withAmounts(profile, byDefault, { shops: 5 })).toEqual({
      shops: 5,
      visits: 500,
      purchases: 50,
    });
    expect(withAmounts(profile, { ...byDefault, visits: 250 }, { shops: 5 })).toEqual({
      shops: 5,
      visits: 250,
      purchases: 30,
    });
    expect(withAmounts(profile, byDefault, { visits: 800 })).toEqual({
      shops: 3,
      visits: 800,
      purchases: 80,
    });
  });
});

describe('inputs when one has grown', () => {
  it('keep the ratio of what was given by hand and would otherwise follow', () => {
    expect(grown(profile, { shops: 3, visits: 600, purchases: 60, staff: 9 }, 'shops', 4)).toEqual({
      shops: 4,
      visits: 800,
      purchases: 80,
      staff: 9,
    });
  });

  it('follow by their defaults where nothing was given', () => {
    expect(grown(profile, { shops: 3, visits: 300, purchases: 30 }, 'shops', 4)).toEqual({
      shops: 4,
      visits: 400,
      purchases: 40,
    });
  });
});
