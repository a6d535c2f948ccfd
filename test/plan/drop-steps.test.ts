// A plan that drops rows: nothing else in it, a look at the backup before each drop, never for an alert or in an emergency.

import { describe, expect, it } from 'vitest';
import { dropOf, guardedSteps, retentionApart, whyNotDropped } from '../../src/plan/drop-steps.ts';
import type { Step } from '../../src/plan/step.ts';
import type { BackupGate, PlannedStep } from '../../src/sizing/planned-step.ts';
import { makeDatabasePlace, makeSystem } from '../make.ts';

function dropping(backup: BackupGate = { hours: 24 }): PlannedStep {
  return {
    number: 1,
    kind: 'database',
    what: 'drop old months',
    change: {
      kind: 'database',
      database: 'main',
      deed: 'dropDetached',
      table: 'readings',
      column: 'at',
      keep: 12,
      backup,
    },
    notes: [],
    source: '',
  };
}

const restart: PlannedStep = {
  ...dropping(),
  number: 2,
  what: 'restart',
  change: { kind: 'database', database: 'main', deed: 'restart' },
};
const asking: PlannedStep = { number: 3, kind: 'human', what: 'ask', notes: [], source: '' };

function systemOf(place = makeDatabasePlace()) {
  return makeSystem({ databases: new Map([['main', place]]) });
}

describe('a plan that drops rows', () => {
  it('holds no other change, but people and looks', () => {
    const usual = { isEmergency: false, isAlert: false };
    expect(whyNotDropped([asking, dropping(), dropping()], usual)).toBeUndefined();
    expect(whyNotDropped([restart, asking], usual)).toBeUndefined();
    expect(whyNotDropped([dropping(), restart], usual)).toContain('step 2 (restart)');
  });

  it.each([
    { isEmergency: true, isAlert: false },
    { isEmergency: false, isAlert: true },
  ])('is not drawn with %o', (birth) => {
    expect(whyNotDropped([dropping()], birth)).toContain('never dropped');
    expect(whyNotDropped([restart], birth)).toBeUndefined();
  });

  it('measures its backup by what CloudNativePG says, or by a query', () => {
    const operated = systemOf(makeDatabasePlace({ operated: 'db' }));
    expect(dropOf(dropping(), operated)).toMatchObject({
      database: 'main',
      backup: { fact: { name: 'backup-age-hours', atMost: 24 } },
    });
    expect(dropOf(dropping({ hours: 6, promql: 'age' }), systemOf())).toMatchObject({
      backup: { metric: { promql: 'age', atMost: 6 } },
    });
    expect(dropOf(restart, operated)).toBeUndefined();
  });

  it('is refused where nothing measures it: a person’s tick is not enough', () => {
    expect(dropOf(dropping(), systemOf())).toMatchObject({
      kind: 'refused',
      because: expect.stringMatching(/only CloudNativePG says.*a person's word is not enough/),
    });
  });

  it('looks at the backup right before each drop, and stops where it is not so', () => {
    const drop = dropOf(dropping({ hours: 6, promql: 'age' }), systemOf());
    if (drop === undefined || 'kind' in drop) throw new Error('it drops');
    const changes = ['one', 'two'] as unknown as readonly Step[];
    expect(guardedSteps(changes, drop)).toMatchObject([
      { kind: 'check', otherwise: 'stop', look: { metric: { promql: 'age' } } },
      'one',
      { kind: 'check', otherwise: 'stop' },
      'two',
    ]);
  });
});

describe('a policy that drops rows which are there', () => {
  const database = { system: 'shop', name: 'main', server: '7' };
  const workload = { cluster: 'c', namespace: 'n', kind: 'Deployment', name: 'w' } as const;
  const on = { schema: 'public', name: 'readings' };
  const retention = (drops: boolean): Step => ({
    kind: 'sql',
    workload,
    database,
    deed: {
      deed: 'timescale-policy',
      policy: 'retain',
      on,
      table: on,
      functions: 'public',
      words: 'compress',
      ...(drops && { drops: true as const }),
      after: { after: { text: '90 days', seconds: 7_776_000 } },
    },
    floor: false,
    undo: drops ? 'none' : 'exact',
  });
  const check = (otherwise: 'stop' | 'warn' = 'stop'): Step => ({
    kind: 'check',
    look: { fact: { name: 'backup-age-hours', cluster: 'c', database, atMost: 24 } },
    otherwise,
  });
  const command = '/scale run shop keep';
  const apart = (steps: readonly Step[], mayDrop = true) =>
    retentionApart(steps, { command, mayDrop });

  it('is a plan of its own behind its backup, by the rules of every drop', () => {
    const steps = [check(), retention(true)];
    expect(apart(steps)).toMatchObject({
      steps,
      drops: [{ database: 'main', backup: { fact: { atMost: 24 } } }],
    });
  });

  it('is left for later beside another change, with the look that guarded it', () => {
    const other = retention(false);
    expect(apart([other, check(), retention(true)])).toMatchObject({
      steps: [
        other,
        { kind: 'human', what: expect.stringMatching(/^Leave for later: .*shop keep/) },
      ],
      drops: [],
    });
    expect(apart([other])).toEqual({ steps: [other], drops: [] });
  });

  it('is a person’s without a measured backup, and never done for an alert', () => {
    for (const steps of [[retention(true)], [check('warn'), retention(true)]]) {
      expect(apart(steps)).toMatchObject({ drops: [] });
      expect(apart(steps).steps.at(-1)).toMatchObject({
        kind: 'human',
        what: expect.stringMatching(/: select .*add_retention_policy\(/),
        say: expect.stringContaining('nothing measures'),
      });
    }
    expect(apart([check(), retention(true)], false).steps).toMatchObject([{ kind: 'human' }]);
  });
});
