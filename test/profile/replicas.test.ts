// Read replicas in every guide's procedures: nobody is sent to one before it streams and is near its primary, and none is relief.

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Procedure, Step } from '../../src/profile/procedure.ts';
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
