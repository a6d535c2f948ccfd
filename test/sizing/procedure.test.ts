// Procedures worked out: small steps that end where they should, values in place, and everything wrong told at once.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { countsBetween } from '../../src/sizing/counts-between.ts';
import type { PlannedStep } from '../../src/sizing/planned-step.ts';
import {
  type ProcedureFacts,
  type ProcedurePlan,
  planProcedure,
} from '../../src/sizing/procedure.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';
import { readFixture } from '../profile/read-fixture.ts';

const shop = readFixture('small.yaml');

function profileWith(procedures: string): Profile {
  const parsed = parseProfile(`${shop}procedures:\n${procedures}`, 'shop.yaml');
  if (!parsed.ok) throw new Error(parsed.mistakes.map(formatMistake).join('\n'));
  return parsed.value;
}

function plan(
  procedures: string,
  given: Readonly<Record<string, string>> = {},
  over: Partial<ProcedureFacts> = {},
): ReturnType<typeof planProcedure> {
  const profile = profileWith(procedures);
  const [procedure] = profile.procedures.values();
  if (procedure === undefined) throw new Error('no procedure');
  return planProcedure({ profile, procedure, given: new Map(Object.entries(given)), ...over });
}

function planned(...args: Parameters<typeof plan>): ProcedurePlan {
  const result = plan(...args);
  if (result.kind === 'misuse') throw new Error(result.mistakes.join('\n'));
  return result;
}

const mistakes = (...args: Parameters<typeof plan>): readonly string[] => {
  const result = plan(...args);
  return result.kind === 'misuse' ? result.mistakes : [];
};

const replicasOf = ({ change }: PlannedStep): number | undefined =>
  change?.kind === 'scale' ? change.replicas : undefined;

describe('small steps', () => {
  it('from 5 to 16 by 2 end at 16, where a loop that adds 2 stops at 15', () => {
    expect(countsBetween(5, 16, 2)).toEqual([7, 9, 11, 13, 15, 16]);
  });

  it.each([
    [4, 16, 2, [6, 8, 10, 12, 14, 16]],
    [16, 5, 4, [12, 8, 5]],
    [5, 6, 10, [6]],
    [5, 5, 2, []],
    [0, 3, 1, [1, 2, 3]],
  ])('from %i to %i by %i are %j', (from, goal, step, counts) => {
    expect(countsBetween(from, goal, step)).toEqual(counts);
  });

  it('end at the goal, never beyond it, and only ever towards it', () => {
    const count = fc.integer({ min: 0, max: 500 });
    fc.assert(
      fc.property(count, count, fc.integer({ min: 1, max: 50 }), (from, goal, step) => {
        const counts = countsBetween(from, goal, step);
        expect(counts.at(-1) ?? from).toBe(goal);
        let before = from;
        for (const each of counts) {
          expect(Math.abs(goal - each)).toBeLessThan(Math.abs(goal - before));
          expect(Math.abs(each - before)).toBeLessThanOrEqual(step);
          expect(each).toBeGreaterThanOrEqual(Math.min(from, goal));
          expect(each).toBeLessThanOrEqual(Math.max(from, goal));
          before = each;
        }
      }),
    );
  });
});

describe('a scale step', () => {
  const gradual =
    '  grow:\n    - scale: { component: api, atLeast: 10, step: 3, wait: 2m, gate: { rollout: true, http: health } }\n';

  it('begins at the baseline where nobody looked, and says so', () => {
    const { steps, notes } = planned(gradual);
    expect(steps.map(replicasOf)).toEqual([6, 9, 10]);
    expect(steps.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(notes).toEqual([
      "Pods now are the profile's baselines (api 3): the cluster was not looked at.",
    ]);
  });

  it('begins at what runs where somebody looked', () => {
    const { steps, notes } = planned(gradual, {}, { replicasNow: new Map([['api', 8]]) });
    expect(steps.map(replicasOf)).toEqual([10]);
    expect(steps[0]?.change).toMatchObject({ floor: true, replicasBefore: 8 });
    expect(notes).toEqual([]);
  });

  it('waits between its steps and not after the last one, and passes the gate each time', () => {
    const { steps } = planned(gradual);
    expect(steps.map(({ waitSeconds }) => waitSeconds)).toEqual([120, 120, undefined]);
    expect(steps.map(({ gate }) => gate)).toEqual(
      steps.map(() => ({
        component: 'api',
        workload: 'api',
        http: 'health',
        status: 200,
        rollout: true,
      })),
    );
  });

  it('never lowers where it is a floor', () => {
    const { steps } = planned(gradual, {}, { replicasNow: new Map([['api', 12]]) });
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({
      change: { replicas: 10, floor: true, replicasBefore: 12 },
      notes: expect.arrayContaining(['there already: nothing is written']),
    });
  });

  it('goes down in steps where it is exact, and calls it a decrease', () => {
    const down = '  shrink:\n    - scale: { component: api, to: 4, step: 3 }\n';
    const { steps } = planned(down, {}, { replicasNow: new Map([['api', 9]]) });
    expect(steps.map(replicasOf)).toEqual([6, 4]);
    expect(steps[0]?.notes).toContain('a decrease: the stricter rule applies');
  });

  it('goes on from where the step before it ended', () => {
    const twice =
      '  twice:\n    - scale: { component: api, atLeast: 7 }\n    - scale: { component: api, atLeast: 10, step: 2 }\n';
    expect(planned(twice).steps.map(replicasOf)).toEqual([7, 9, 10]);
  });

  it('names the autoscaler that owns the count, and the limits it would pass', () => {
    const far = '  far:\n    - scale: { component: api, atLeast: 12 }\n';
    expect(planned(far).steps[0]?.notes).toEqual([
      'where autoscaler api-hpa owns the count, its minimum moves in its place, after its maximum of 10 is raised',
      'more than the 10 it may have in one place (Limits)',
    ]);
  });

  it('says nothing of limits and baselines of a workload with a name of its own', () => {
    const region = '  region:\n    - scale: { component: api, workload: api-west, atLeast: 12 }\n';
    const { steps, notes } = planned(region);
    expect(steps[0]?.change).toMatchObject({ target: { name: 'api-west', namespace: 'shop' } });
    expect(steps[0]?.change).not.toHaveProperty('replicasBefore');
    expect([steps[0]?.notes, notes]).toEqual([[], []]);
  });

  it('is refused when it would take more steps than anybody waits for', () => {
    const slow = '  slow:\n    - scale: { component: api, from: 1, atLeast: 900, step: 1 }\n';
    expect(mistakes(slow)).toEqual(['step 1, scale: from 1 to 900 by 1 takes more than 60 steps']);
  });

  it('for any numbers ends at its goal', () => {
    const count = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(
        count,
        count,
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (from, goal, step, floor) => {
          const goalKey = floor ? 'atLeast' : 'to';
          const text = `  any:\n    - scale: { component: api, from: ${from}, ${goalKey}: ${goal}, step: ${step} }\n`;
          const counts = planned(text).steps.map(replicasOf);
          expect(counts.at(-1)).toBe(goal);
          const rising = counts.every((each, i) => i === 0 || (each ?? 0) > (counts[i - 1] ?? 0));
          const falling = counts.every((each, i) => i === 0 || (each ?? 0) < (counts[i - 1] ?? 0));
          expect(from <= goal ? rising : falling).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('what a procedure asks for', () => {
  const sized = '  sized:\n    - scale: { component: api, atLeast: { formula: replicas } }\n';

  it('is nothing where it uses nothing', () => {
    const fixed = '  fixed:\n    - scale: { component: api, atLeast: 5 }\n';
    expect(planned(fixed).inputs).toEqual({});
    expect(mistakes(fixed, { users: '5' })).toEqual([
      'procedure fixed of shop takes no inputs, so not "users"',
    ]);
  });

  it('is every input of the profile where it uses what a sizing comes to', () => {
    expect(mistakes(sized)).toEqual(['users is missing (users, 1 to 5000)']);
    const { steps, inputs } = planned(sized, { users: '100' });
    expect(steps.map(replicasOf)).toEqual([5]);
    expect(inputs).toEqual({ users: 100, carts: 10 });
  });

  it('is only what its formulas reach where it uses no sizing', () => {
    const reach =
      '  reach:\n    - scale: { component: api, atLeast: { formula: ceil(carts / 5) } }\n';
    expect(mistakes(reach)).toEqual(['users is missing (users, 1 to 5000)']);
    // A value that is given needs no default, and so nothing that the default needs.
    expect(planned(reach, { users: '100' }).steps.map(replicasOf)).toEqual([2]);
  });

  it('is not what only the default of an own input uses, where that one is given', () => {
    const own =
      '  own:\n    inputs: { to: { type: integer, default: replicas } }\n    steps: [{ scale: { component: api, atLeast: { formula: to } } }]\n';
    expect(planned(own, { to: '7' }).steps.map(replicasOf)).toEqual([7]);
    expect(planned(own, { users: '200' }).steps.map(replicasOf)).toEqual([10]);
    expect(mistakes(own)).toEqual(['users is missing (users, 1 to 5000)']);
  });

  it('can be how many pods there are, which are counted where the cluster is looked at', () => {
    const now =
      '  now:\n    inputs: { pods: { type: integer, default: 3, podsOf: api } }\n    steps: [{ scale: { component: api, atLeast: { formula: pods + 1 } } }]\n';
    const seen = { replicasNow: new Map([['api', 6]]) };
    expect(planned(now).steps.map(replicasOf)).toEqual([4]);
    expect(planned(now, {}, seen).steps.map(replicasOf)).toEqual([7]);
    expect(planned(now, { pods: '8' }, seen).steps.map(replicasOf)).toEqual([9]);
  });

  it('is told all at once when it is wrong', () => {
    const own =
      '  own:\n    inputs:\n      to: { type: integer, min: 2, max: 9 }\n      host: { type: text, form: host }\n    steps: [{ human: "{host} {to} {users}" }]\n';
    expect(mistakes(own, { to: '10', host: 'a b', usres: '3' })).toEqual([
      'procedure own of shop has no input "usres"; did you mean "users"?',
      'users is missing (users, 1 to 5000)',
      'host must be a host, with its port if it needs one, not "a b"',
      'to must be 2 to 9 to, not 10',
    ]);
  });

  it('does not fit when no sizing does, and each says why', () => {
    const profile = profileWith(sized);
    const one = { ...profile, sizings: profile.sizings.slice(0, 1) };
    expect(mistakes(sized, { users: '4000' }, { profile: one })).toEqual([
      'no sizing of the profile fits these inputs',
      expect.stringMatching(/^by-users: 200 replicas of api are more than the 10/),
    ]);
  });

  it('must meet the needs of the procedure', () => {
    const needs =
      '  needs:\n    needs: [{ that: users > 100, otherwise: "{users} are few" }]\n    steps: [{ wait: 1m }]\n';
    expect(mistakes(needs, { users: '50' })).toEqual(['50 are few']);
    expect(planned(needs, { users: '500' }).steps).toHaveLength(1);
  });
});

describe('texts that somebody gives', () => {
  const procedure =
    '  say:\n    inputs: { who: { type: text, form: words } }\n    steps: [{ config: { component: api, name: settings, set: { WHO: "for {who}", AT: "db.$namespace" } } }]\n';
  const set = (who: string) => planned(procedure, { who }).steps[0]?.change;

  it('end up in values, with the names of the workload filled in beside them', () => {
    expect(set('Ann')).toMatchObject({ set: { WHO: 'for Ann', AT: 'db.shop' } });
  });

  it.each(['{users}', '$namespace', 'a\nb', ''])('may not be %j', (who) => {
    expect(mistakes(procedure, { who })).toEqual([expect.stringMatching(/^who must be /)]);
  });

  it('of any kind never throw, and never change another value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (who) => {
        const result = plan(procedure, { who });
        if (result.kind === 'misuse') return;
        expect(result.steps[0]?.change).toMatchObject({
          set: { WHO: `for ${who}`, AT: 'db.shop' },
        });
      }),
    );
  });
});

describe('steps', () => {
  it('whose condition does not hold are left out, and it is said which', () => {
    const some =
      '  some:\n    - restart: { component: api, when: users > 100 }\n    - wait: { for: 90s, when: users <= 100 }\n';
    const { steps, leftOut } = planned(some, { users: '50' });
    expect(steps.map(({ number, what }) => [number, what])).toEqual([[1, 'wait 1m30s']]);
    expect(leftOut).toEqual([{ kind: 'restart', component: 'api', because: 'users > 100' }]);
  });

  it('that change the same pods can be written together: one patch, one rollout', () => {
    const both =
      '  both:\n    - pods: { component: api, requests: { cpu: 2, memory: 1Gi }, rollout: with-next }\n    - wait: 1m\n    - restart: { component: api }\n';
    expect(planned(both).steps.map(({ rollsOutWith }) => rollsOutWith)).toEqual([
      3,
      undefined,
      undefined,
    ]);
  });

  it('that cannot be taken back say so, and a restart of a database is a plan of its own', () => {
    const final =
      '  final:\n    - storage: { component: api, claim: files, gib: 50 }\n    - database: { settings: { max_connections: 300 }, restart: true }\n';
    expect(planned(final).steps).toMatchObject([
      { undo: 'none', notes: ['it cannot be taken back: the stricter rule applies'] },
      {
        undo: 'exact',
        notes: ['a plan of its own: somebody for databases approves it, and it has a window'],
      },
    ]);
  });

  it('have their own source where they name one, else that of the procedure, else the guide', () => {
    const own =
      '  own:\n    source: Chapter 2\n    steps:\n      - { wait: 1m }\n      - { wait: { for: 1m, source: Chapter 3 } }\n';
    expect(planned(own).steps.map(({ source }) => source)).toEqual(['Chapter 2', 'Chapter 3']);
    expect(planned('  bare:\n    - wait: 1m\n').steps[0]?.source).toBe('Shop guide 1');
  });

  it('write objects with every value worked out, however deep', () => {
    const object = [
      '  object:',
      '    - apply:',
      '        component: api',
      '        apiVersion: v1',
      '        kind: ConfigMap',
      '        name: $workload-limits',
      '        fields: { data: { each: { formula: users / 4 }, list: ["{users}", true, null, 3], place: $namespace } }',
      '',
    ].join('\n');
    expect(planned(object, { users: '10' }).steps[0]?.change).toMatchObject({
      object: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'api-limits', namespace: 'shop' },
        data: { each: 2.5, list: ['10', true, null, 3], place: 'shop' },
      },
    });
  });

  it('use the workloads of the system where it has some', () => {
    const workloads = new Map([
      ['api', { kind: 'Deployment', namespace: 'staging', name: 'web', container: 'main' }],
    ] as const);
    const check =
      '  look:\n    - check: { component: api, promql: "up{namespace=\\"$namespace\\",pod=~\\"$workload-.*\\"}", atLeast: 1 }\n';
    expect(planned(check, {}, { workloads }).steps[0]?.what).toBe(
      'up{namespace="staging",pod=~"web-.*"} at least 1',
    );
    expect(
      mistakes(
        check.replace('check:', 'restart:').replace(/, promql.*?1 }/, ' }'),
        {},
        {
          workloads: new Map(),
        },
      ),
    ).toEqual(['step 1, restart: component api has no workload in this system']);
  });

  it('whose formulas have no value are mistakes, each with its step', () => {
    const table =
      '  table:\n    - wait: 1m\n    - scale: { component: api, atLeast: { formula: "step(users, {10: 3})" } }\n    - storage: { component: api, claim: files, gib: { formula: 5 - users } }\n';
    expect(mistakes(table, { users: '20' })).toEqual([
      'step 2, scale: step(users, {10: 3}): 20 is beyond the last row of its table, 10',
      'step 3, storage: 5 - users is -15, which is no count',
    ]);
  });
});
