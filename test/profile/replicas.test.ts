// Read replicas in every guide's procedures: nobody is sent to one before it streams and is near its primary, and none is relief.

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isMap, isSeq, parseDocument } from 'yaml';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import type { Procedure, Step } from '../../src/profile/procedure.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';
import { readFixture, readProfileFile } from './read-fixture.ts';
import { readProfile } from './read-profile.ts';

const profiles = readdirSync(new URL('../../profiles/', import.meta.url))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readProfile(name.slice(0, -'.yaml'.length)));

const all = profiles.flatMap(({ id, procedures }) =>
  [...procedures.values()].map((procedure) => ({ name: `${id} ${procedure.id}`, procedure })),
);

/** The fact a step waits for, as its own look or as that of a person's step. */
function factOf(step: Step): { readonly fact?: string; readonly isBound: boolean } {
  const look =
    step.kind === 'check' ? step.details : step.kind === 'human' ? step.details.check : undefined;
  if (look?.fact === undefined) return { isBound: false };
  return { fact: look.fact, isBound: look.atMost !== undefined || look.below !== undefined };
}

const makesReplicas = (step: Step): boolean =>
  step.kind === 'database' && step.details.replicas !== undefined;

const waitsForThem = (step: Step): boolean => factOf(step).fact === 'streaming-replicas';

const withReplicas = all.filter(({ procedure }) =>
  procedure.steps.some((step) => makesReplicas(step) || waitsForThem(step)),
);

function stepsAfterReplicas({ steps }: Procedure): readonly Step[] {
  return steps.slice(steps.findIndex((step) => makesReplicas(step) || waitsForThem(step)));
}

describe('a procedure with read replicas', () => {
  it('is in every guide that has them', () => {
    expect(withReplicas.map(({ name }) => name.split(' ')[0])).toEqual(
      expect.arrayContaining(['gl-001', 'gl-003', 'gl-008', 'gl-009', 'gl-010']),
    );
  });

  it.each(withReplicas)(
    '$name sees them stream and then near their primary before anybody is told',
    ({ procedure }) => {
      const steps = stepsAfterReplicas(procedure);
      const streams = steps.findIndex(waitsForThem);
      const lag = steps.findIndex((step) => {
        const { fact, isBound } = factOf(step);
        return fact === 'replication-lag-seconds' && isBound;
      });
      expect(streams).toBeGreaterThanOrEqual(0);
      expect(lag).toBeGreaterThan(streams);
      const between = steps.slice(0, lag).filter((step) => !makesReplicas(step));
      expect(between.every(waitsForThem)).toBe(true);
    },
  );

  it('is never one for an emergency: a base backup loads the server that is in trouble', () => {
    expect(withReplicas.filter(({ procedure }) => procedure.emergency)).toEqual([]);
  });
});

describe('a profile that tells an application of replicas nobody has seen near their primary', () => {
  const mistakesIn = (text: string): readonly string[] => {
    const parsed = parseProfile(text, 'p.yaml');
    return parsed.ok ? [] : parsed.mistakes.map(formatMistake);
  };

  /** The shipped profile without the looks of one procedure for this fact. */
  function without(fact: string, profile: string, procedure: string): string {
    const file = parseDocument(readProfileFile(`${profile}.yaml`));
    const steps = file.getIn(['procedures', procedure, 'steps']);
    if (!isSeq(steps)) throw new Error('a list of steps was expected');
    steps.items = steps.items.filter((step) => {
      if (!isMap(step)) return true;
      if (step.getIn(['human', 'check', 'fact']) === fact) step.deleteIn(['human', 'check']);
      return step.getIn(['check', 'fact']) !== fact;
    });
    return file.toString();
  }

  const streaming = '- check: { fact: streaming-replicas, ';
  const lag = '- check: { fact: replication-lag-seconds, ';

  it.each([
    ['gl-001', 'read-replica', 'config'],
    ['gl-003', 'complete-workflow', 'config'],
    ['gl-003', 'read-replica', 'config'],
    ['gl-008', 'read-replica', 'env'],
  ])('is refused, were it %s, with what to add to %s', (profile, procedure, kind) => {
    const text = without('replication-lag-seconds', profile, procedure);
    const [mistake = '', ...others] = mistakesIn(text);
    expect(mistake).toMatch(/^p.yaml:\d+:\d+: .*told of read replicas .* add before this step/);
    expect(mistake).toContain(lag);
    expect(mistake).not.toContain(streaming);
    const line = text.split('\n')[Number(mistake.split(':')[1]) - 1];
    expect(line?.trim()).toMatch(new RegExp(`^- ${kind}:`));
    // Whatever else the same procedure writes afterwards is too early, too.
    expect(others.every((each) => each.includes('told of read replicas'))).toBe(true);
    const never = mistakesIn(without('streaming-replicas', profile, procedure));
    expect(never[0]).toContain(streaming);
  });

  const shop = readFixture('small.yaml');
  const procedure = (...steps: readonly string[]) =>
    mistakesIn(`${shop}procedures:\n  one:\n${steps.map((each) => `    - ${each}\n`).join('')}`);
  const made = 'database: { replicas: 2 }';
  const streams = 'check: { fact: streaming-replicas, database: main, atLeast: 2 }';
  const near = 'check: { fact: replication-lag-seconds, database: main, atMost: 10 }';
  const told = 'env: { component: api, set: { DB_HOSTS: "one,two" } }';
  const conditional = (step: string, when: string) => step.replace('{ ', `{ when: ${when}, `);

  it('is taken with both looks in between, as steps or as the gate of what makes them', () => {
    expect(procedure(made, streams, near, told)).toEqual([]);
    const gated = `database: { replicas: 2, gate: { fact: streaming-replicas, database: main, atLeast: 2 } }`;
    expect(procedure(gated, near, told)).toEqual([]);
    expect(procedure(told, made)).toEqual([]);
    expect(procedure('database: { replicas: 0 }', told)).toEqual([]);
    const when = (step: string) => conditional(step, 'users > 5');
    expect(procedure(when(made), when(streams), when(near), told)).toEqual([]);
  });

  it.each([
    ['no look', [made, told]],
    ['the lag of those that were there before', [made, near, streams, told]],
    ['a look that only warns', [made, streams, near.replace(' }', ', otherwise: warn }'), told]],
    ['another database', [made, streams, near.replace('main', 'archive'), told]],
    ['a look under another condition', [made, streams, conditional(near, 'users > 5'), told]],
    ['looks after it was told', [made, told, streams, near]],
    [
      'the gate of the step that tells it',
      [
        made,
        streams,
        told.replace(
          ' } }',
          ' }, gate: { fact: replication-lag-seconds, database: main, atMost: 5 } }',
        ),
      ],
    ],
    [
      'a cluster of an operator',
      [
        'apply: { component: api, apiVersion: postgresql.cnpg.io/v1, kind: Cluster, name: db, fields: { spec: { instances: 3 } } }',
        'config: { component: api, name: shop, set: { READ_FROM: db-ro } }',
      ],
    ],
    [
      'replicas that somebody else has made',
      [
        'config: { component: api, name: shop, set: { DB_READ_REPLICA_URL: "postgresql://one/shop" } }',
      ],
    ],
  ])('is refused with %s', (_, steps) => {
    expect(procedure(...steps)).toEqual([expect.stringContaining('told of read replicas')]);
  });

  it('is none that only tells there are no replicas any more, or how many pods there may be', () => {
    const text =
      'config: { component: api, name: shop, set: { ENABLE_READ_REPLICA: false, READ_REPLICA_URL: "", MAX_REPLICAS: 9 } }';
    expect(procedure(text)).toEqual([]);
  });
});

describe('an alert', () => {
  it.each(profiles)(
    'of $id never asks for more servers of a database',
    ({ triggers, components }) => {
      const scaled = [...triggers.values()].flatMap(
        ({ component }) => components.get(component) ?? [],
      );
      expect(scaled.length).toBeGreaterThan(0);
      // A StatefulSet is only scaled where its replicas join, and no database of a guide's is one that an alert is about.
      expect(scaled.filter((each) => each.replicaAware === true)).toEqual([]);
    },
  );
});
