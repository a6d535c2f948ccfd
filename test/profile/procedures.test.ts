// Every procedure that ships: it can be worked out, every step has a source, and what no program may do is left to people.
import { describe, expect, it } from 'vitest';
import { listProcedures } from '../../src/sizing/procedure-list.ts';
import { changesOf, type Given, planOf } from './plan-of.ts';
import { readProfile } from './read-profile.ts';

const profiles = ['gl-001', 'gl-003', 'gl-008', 'gl-009', 'gl-010'].map(readProfile);

/** Whatever every procedure may ask for. */
const everything: Given = {
  plants: 15,
  subagents: 70,
  meters: 5000,
  sites: 100,
  facilities: 500,
  zone_names: 'zone-1,zone-2',
  replica: 'replica-1',
};

const all = profiles.flatMap((profile) =>
  [...profile.procedures.values()].map((procedure) => {
    const asked = listProcedures(profile).find((each) => each.id === procedure.id)?.inputs ?? [];
    const given = Object.fromEntries(
      asked.flatMap(({ name, required }) =>
        required ? [[name, everything[name] ?? 'missing']] : [],
      ),
    );
    return { id: profile.id, name: procedure.id, procedure, given };
  }),
);

describe.each(all)('$id $name', ({ id, name, procedure, given }) => {
  const planned = planOf(id, name, given);

  it('can be worked out from what it asks for, and every step has a source', () => {
    expect(planned.steps.length).toBeGreaterThan(0);
    for (const { what, source, number } of planned.steps) {
      expect(what, `step ${number}`).not.toMatch(/undefined|NaN|\{[a-z_]+\}|\$[a-z]+/);
      expect(source.length).toBeGreaterThan(3);
    }
  });

  it('counts its steps from 1 and leaves out only what has a condition', () => {
    expect(planned.steps.map(({ number }) => number)).toEqual(planned.steps.map((_, i) => i + 1));
    const conditional = procedure.steps.filter(({ details }) => details.when !== undefined);
    expect(planned.leftOut.length).toBeLessThanOrEqual(conditional.length);
  });

  it('says who ticks what people do, and that what cannot be undone cannot be', () => {
    for (const { kind, who, undo, notes } of planned.steps) {
      if (kind === 'human') expect(who).toBeDefined();
      if (undo === 'none') expect(notes.join()).toContain('cannot be taken back');
    }
  });
});

describe('all guides', () => {
  it('restart no database in an emergency', () => {
    const emergencies = all.filter(({ procedure }) => procedure.emergency);
    expect(emergencies.map(({ id, name }) => `${id} ${name}`)).toEqual(['gl-010 emergency']);
    const restarts = emergencies.flatMap(({ procedure }) =>
      procedure.steps.filter((each) => each.kind === 'database' && each.details.restart === true),
    );
    expect(restarts).toEqual([]);
  });

  it('put a vertical autoscaler beside another one only to recommend', () => {
    const modes = all.flatMap(({ id, name, given }) =>
      changesOf(id, name, given).flatMap((change) =>
        change.kind === 'apply' && change.object.kind === 'VerticalPodAutoscaler'
          ? [change.object['spec']]
          : [],
      ),
    );
    expect(modes).toHaveLength(3);
    for (const spec of modes) expect(spec).toMatchObject({ updatePolicy: { updateMode: 'Off' } });
  });

  it('leave brokers, partitions of topics, traffic and cloud replicas to people, each with a check', () => {
    const people = [
      ['gl-001', 'kafka', /brokers/],
      ['gl-001', 'kafka', /partitions/],
      ['gl-001', 'read-replica', /provider/],
      ['gl-001', 'regions', /in us-east-1/],
      ['gl-001', 'regions', /eu-west-1, then/],
      ['gl-003', 'autoscalers', /cluster autoscaler/],
      ['gl-008', 'failover', /DNS/],
      ['gl-009', 'failover', /DNS/],
      ['gl-009', 'regions', /overlays/],
      ['gl-009', 'regions', /replication slot/],
      ['gl-009', 'regions', /load balancer/],
      ['gl-009', 'redis-cluster', /slots/],
    ] as const;
    for (const [id, name, words] of people) {
      const given = id === 'gl-001' && name === 'read-replica' ? { replica: 'r' } : {};
      const found = planOf(id, name, given).steps.find(
        ({ kind, what }) => kind === 'human' && words.test(what),
      );
      expect(found, `${id} ${name} ${words.source}`).toMatchObject({ check: expect.any(Object) });
    }
  });

  // What MirrorMaker publishes is named by whoever exports it, and which plant is whose no metric of the guide says.
  it('leave what shows nowhere in a region to the word of people', () => {
    const unseen = ['gl-001', 'gl-009'].flatMap((id) =>
      planOf(id, 'regions', {})
        .steps.filter(({ kind, check }) => kind === 'human' && check === undefined)
        .map(({ what }) => what),
    );
    expect(unseen).toEqual([
      expect.stringContaining('MirrorMaker'),
      expect.stringContaining('its plants, five to each'),
    ]);
  });

  it('drop no data without saying so, and only after a look at the backup', () => {
    for (const { id, name, given } of all) {
      const { steps } = planOf(id, name, given);
      const at = steps.findIndex(
        ({ change }) =>
          change?.kind === 'database' &&
          change.deed === 'hypertable' &&
          change.keepDays !== undefined,
      );
      if (at === -1) continue;
      expect([name, steps[at]?.undo]).toEqual([name, 'none']);
      const before = steps.slice(0, at).map(({ check }) => check?.fact);
      expect([name, before.includes('backup-age-hours')]).toEqual([name, true]);
    }
  });
});
