// Holds every profile that ships to what any plan must be, whatever its inputs: monotone, within limits, covering, explained, finite.
import { readdirSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evaluated, Values } from '../../src/profile/formula.ts';
import type { Component, Profile } from '../../src/profile/profile.ts';
import { ceilTolerant } from '../../src/profile/rounding.ts';
import { explain } from '../../src/sizing/explain.ts';
import { type Forecast, forecast } from '../../src/sizing/forecast.ts';
import { planJson } from '../../src/sizing/plan-json.ts';
import type { Sized } from '../../src/sizing/sized.ts';
import { type CapacityPlan, totals } from '../../src/sizing/what-if.ts';
import { ask } from '../profile/ask-profile.ts';
import { readProfile } from '../profile/read-profile.ts';
import { anyAmount, anyInputs, type Given, wordsOf } from './any-inputs.ts';

const profiles = readdirSync(new URL('../../profiles/', import.meta.url))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readProfile(name.slice(0, -'.yaml'.length)));

/** Sums of fractions differ in their last digits. */
const nearlyAll = 1 - 1e-9;

function expectAtLeast(amount: number | undefined, least: number, what: string): void {
  expect(amount, what).toBeGreaterThanOrEqual(least * nearlyAll);
}

const recommendedOf = ({ recommended }: CapacityPlan): Sized => {
  if (recommended === undefined) throw new Error('nothing is feasible');
  return recommended;
};

const podsOf = ({ components, parts }: Sized) => (components[0]?.replicas ?? 0) * parts;

function componentOf(profile: Profile, id: string): Component {
  const component = profile.components.get(id);
  if (component === undefined) throw new Error(`no component ${id}`);
  return component;
}

/** Checks every plan that random inputs give. */
function forAnyPlan(
  profile: Profile,
  numRuns: number,
  check: (plan: CapacityPlan, given: Given) => void,
): void {
  fc.assert(
    fc.property(anyInputs(profile), (given) => check(ask(profile, given), given)),
    { numRuns },
  );
}

describe.each(profiles)('$id', (profile) => {
  const demands = [...profile.inputs.values()].filter(({ demand }) => demand);

  it.each(demands.map((input) => [input.name, input] as const))(
    'never asks for less when there are more %s',
    (name, input) => {
      const pair = fc.record({
        others: anyInputs(profile, [name]),
        to: anyAmount(input),
        by: fc.integer({ min: 1, max: 3 }),
        near: fc.boolean(),
      });
      fc.assert(
        fc.property(pair, ({ others, to, by, near }) => {
          const from = others[name] ?? input.min;
          const more = near ? Math.min(input.max, from + by) : Math.max(from, to);
          const small = ask(profile, others);
          const large = ask(profile, { ...others, [name]: more });
          if (large.recommended === undefined) return;
          // What does not fit never fits with more.
          const fewer = recommendedOf(small);
          expectAtLeast(podsOf(large.recommended), podsOf(fewer), 'pods');
          expectAtLeast(totals(large.recommended).cpuCores, totals(fewer).cpuCores, 'cores');
        }),
        { numRuns: 80 },
      );
    },
  );

  it('calls feasible only what is within the limits of every component', () => {
    forAnyPlan(profile, 60, ({ sizings }) => {
      for (const { feasible, components, reasons } of sizings) {
        expect(reasons.length === 0).toBe(feasible);
        for (const { id, replicas, pod } of feasible ? components : []) {
          const { replicas: limits, podMax } = componentOf(profile, id);
          expect(replicas).toBeGreaterThanOrEqual(limits.min);
          expect(replicas).toBeLessThanOrEqual(limits.max);
          expect(pod.cpuMillicores).toBeLessThanOrEqual(podMax?.cpuMillicores ?? Infinity);
          expect(pod.memoryMi).toBeLessThanOrEqual(podMax?.memoryMi ?? Infinity);
          expectAtLeast(pod.cpuLimitMillicores ?? Infinity, pod.cpuMillicores, 'CPU limit');
          expectAtLeast(pod.memoryLimitMi ?? Infinity, pod.memoryMi, 'memory limit');
        }
      }
    });
  });

  it('covers with its parts all that is shared between them', () => {
    forAnyPlan(profile, 80, ({ sizings, inputs }) => {
      for (const { sizing, parts, values, components } of sizings) {
        if (components.length === 0) continue;
        for (const name of Object.keys(sizing.split?.share ?? {})) {
          expectAtLeast(parts * (values[name] ?? Number.NaN), inputs[name] ?? 0, name);
        }
      }
    });
  });

  it('opens no more connections than the database of a feasible sizing takes', () => {
    forAnyPlan(profile, 60, ({ sizings }) => {
      for (const sized of sizings.filter(({ feasible }) => feasible)) {
        expectToConnect(profile, sized);
      }
    });
  });

  it('explains each number by steps that end in it', () => {
    forAnyPlan(profile, 12, ({ sizings, inputs }) => {
      for (const sized of sizings) expectExplained(profile, sized, inputs);
    });
  });

  it('is right about how far one pod fewer carries', () => {
    forAnyPlan(profile, 25, ({ recommended, inputs }, given) => {
      if (recommended === undefined) return;
      for (const { whyNotLess } of explain(profile, recommended, inputs)) {
        if (whyNotLess !== undefined) expectTrue(profile, whyNotLess, recommended, given);
      }
    });
  });

  it('is plain JSON with finite numbers, the same each time', () => {
    forAnyPlan(profile, 40, (plan, given) => {
      const json = planJson(profile.id, plan);
      expect(JSON.parse(JSON.stringify(json))).toEqual(json);
      expect(JSON.stringify(planJson(profile.id, ask(profile, given)))).toBe(JSON.stringify(json));
    });
  });

  it('plans the same with a default that is given as with one that is not', () => {
    forAnyPlan(profile, 60, (plan) => {
      expect(ask(profile, plan.inputs)).toEqual(plan);
    });
  });

  it('has a finite number for each formula, or a reason', () => {
    const { procedures: _, checklists: __, ...rest } = profile;
    const formulas = expressionsIn(rest);
    forAnyPlan(profile, 25, ({ sizings, networkMbps, warnings, inputs }) => {
      for (const { values, feasible, components, costUsdPerMonth } of sizings) {
        expect(Object.values({ ...values, ...networkMbps }).every(Number.isFinite)).toBe(true);
        expect(Number.isFinite(costUsdPerMonth ?? 0)).toBe(true);
        expect(components.length > 0 || !feasible).toBe(true);
        const broken = formulas.filter((formula) => isBroken(formula.evaluate(values)));
        expect(broken.map(({ source }) => source)).toEqual([]);
      }
      const known = Object.keys(profile.network?.mbps ?? {});
      if (profile.inputs.size === Object.keys(inputs).length) {
        expect(Object.keys(networkMbps ?? {})).toEqual(known);
      }
      expect(warnings.join('\n')).not.toMatch(/NaN|undefined|Infinity|[{}]/);
    });
  });

  it.runIf(profile.forecast)('looks ahead without a change when nothing grows', () => {
    forAnyForecast(profile, fc.constant(0), ({ rows }) => {
      const [first] = rows;
      for (const row of rows) expect({ ...row, period: 0 }).toEqual(first);
      expect(rows.length).toBe(7);
    });
  });

  it.runIf(profile.forecast)('never needs less in a later period when there is growth', () => {
    forAnyForecast(profile, fc.integer({ min: 1, max: 60 }), ({ rows }) => {
      for (const [index, row] of rows.entries()) {
        const before = rows[index - 1];
        if (before === undefined || row.replicas === undefined) continue;
        const what = `period ${row.period}`;
        expectAtLeast(row.replicas, before.replicas ?? Infinity, `replicas of ${what}`);
        expectAtLeast(row.costUsdPerMonth ?? 0, before.costUsdPerMonth ?? 0, `cost of ${what}`);
        expectAtLeast(row.databaseGib ?? 0, before.databaseGib ?? 0, `database of ${what}`);
      }
    });
  });
});

/** Six periods from any inputs, with growth in percent. */
function forAnyForecast(
  profile: Profile,
  percent: fc.Arbitrary<number>,
  check: (answer: Forecast) => void,
): void {
  const given = anyInputs(profile, [profile.forecast?.input ?? '']);
  fc.assert(
    fc.property(given, percent, (inputs, growth) => {
      const words = [
        ['growth', `${growth}%`],
        ['periods', '6'],
      ] as const;
      const answer = forecast(profile, new Map([...wordsOf(inputs), ...words]));
      if (answer.kind === 'misuse') throw new Error(answer.mistakes.join('\n'));
      check(answer);
    }),
    { numRuns: 30 },
  );
}

/** Counts the pools again: pods of all parts that share a database, those of a rollout included. */
function expectToConnect(profile: Profile, { database, components, parts, values }: Sized): void {
  const limits = database?.connections;
  if (database === undefined || limits === undefined) return;
  const surge = profile.database?.connections?.surgePercent ?? 25;
  let wanted = 0;
  for (const { id, connections, replicas } of profile.components.values()) {
    const perPod = connections?.perPod.evaluate(values);
    if (perPod?.ok !== true) continue;
    const pods = components.find((each) => each.id === id)?.replicas ?? replicas.baseline;
    wanted += (pods + ceilTolerant((pods * surge) / 100)) * ceilTolerant(perPod.value);
  }
  wanted *= Math.ceil(parts / database.shards);
  const { pooler } = database;
  const opened = pooler === undefined ? wanted : pooler.replicas * pooler.serverConnections;
  if (wanted === 0) return;
  expect(opened).toBeLessThanOrEqual(limits.max - limits.reserve);
  if (pooler) expect(wanted).toBeLessThanOrEqual(pooler.replicas * pooler.maxClients);
}

/** The last step of each explanation is the number that is planned, before it is rounded up. */
function expectExplained(profile: Profile, sized: Sized, inputs: Values): void {
  const planned: Record<string, number | undefined> = { ...sized.values };
  const { split } = sized.sizing;
  if (split !== undefined) planned[split.into] = sized.parts;
  for (const { id, replicas, pod } of sized.components) {
    planned[`replicas of ${id}`] = replicas;
    planned[`CPU request of a ${id} pod`] = pod.cpuMillicores;
    planned[`memory request of a ${id} pod`] = pod.memoryMi;
    planned[`CPU limit of a ${id} pod`] = pod.cpuLimitMillicores;
    planned[`memory limit of a ${id} pod`] = pod.memoryLimitMi;
  }
  if (sized.components.length === 0) return;
  for (const { figure, steps } of explain(profile, sized, inputs)) {
    const last = Number(steps.at(-1)?.value);
    const isUsedAsItIs = profile.values.has(figure) && figure !== split?.into;
    expect(isUsedAsItIs ? last : ceilTolerant(last), figure).toBe(planned[figure]);
  }
}

/** Asks for the amount named: up to it one pod fewer is enough, and with one more it is not. */
function expectTrue(profile: Profile, why: string, sized: Sized, given: Given): void {
  const [main] = sized.components;
  if (main === undefined) throw new Error('it sizes nothing');
  const least = /^(\d+) is the least it may have$/.exec(why);
  if (least !== null) {
    expect(Number(least[1])).toBe(componentOf(profile, main.id).replicas.min);
    return;
  }
  const words = /^(\d+) (?:is|are) enough up to (\d+) (.+); here are (\d+(?:\.\d+)?)$/.exec(why);
  const [, fewer, most, unit, here] = words ?? [];
  expect(Number(fewer), why).toBe(main.replicas - 1);
  const input = [...profile.inputs.values()].find((each) => each.unit === unit);
  if (input === undefined) throw new Error(`nothing is counted in ${unit}`);
  const podsAt = (amount: number) => {
    const { sizings } = ask(profile, { ...given, [input.name]: amount });
    const same = sizings.find(({ sizing }) => sizing === sized.sizing);
    return same === undefined ? Number.NaN : podsOf(same);
  };
  expect(podsAt(Number(here))).toBe(main.replicas);
  expect(podsAt(Number(most)), why).toBeLessThanOrEqual(Number(fewer));
  expect(podsAt(Number(most) + 1), why).toBeGreaterThan(Number(fewer));
}

interface AnyExpression {
  readonly source: string;
  evaluate(values: Values): Evaluated<unknown>;
}

/** Every formula and condition somewhere in a part of a profile. */
function expressionsIn(part: unknown): readonly AnyExpression[] {
  if (typeof part !== 'object' || part === null) return [];
  if ('evaluate' in part) return [part as AnyExpression];
  return [...(part instanceof Map ? part.values() : Object.values(part))].flatMap(expressionsIn);
}

function isBroken(result: Evaluated<unknown>): boolean {
  return !result.ok && result.notFinite === true;
}
