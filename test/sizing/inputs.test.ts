// What inputs come to when some are given and others follow from them.
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import { grown, parseInputs, withAmounts } from '../../src/sizing/inputs.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';

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
