// How a lease goes on: reminders, extensions, and how often what is overdue is looked at.

import { describe, expect, it } from 'vitest';
import { type LeaseState, leaseMayBecome, leaseStates } from '../../src/lease/lease.ts';
import { extended, keptOn, movedTo, promise, reminded } from '../../src/lease/terms.ts';
import { after, makeLease, now } from '../make.ts';

describe('a promise', () => {
  it('is reminded of a quarter of an hour before, and of short ones a quarter before', () => {
    expect(promise(now, 7_200)).toEqual({ dueAt: after(7_200), remindAt: after(6_300) });
    expect(promise(now, 600)).toEqual({ dueAt: after(600), remindAt: after(450) });
  });

  it('that is extended counts from when it was due, or from now on when that is over', () => {
    const lease = makeLease({
      dueAt: after(3_600),
      held: 'alert',
      note: 'A is firing',
      askedBy: 'U0BOB',
    });
    const early = extended(lease, after(60), { by: 'U0ANN', seconds: 3_600 });
    expect(early.dueAt).toEqual(after(7_200));
    expect(early).not.toHaveProperty('held');
    expect(early).not.toHaveProperty('askedBy');
    const late = extended(lease, after(4_000), { by: 'U0ANN', seconds: 3_600 });
    expect(late.dueAt).toEqual(after(7_600));
    expect(late.remindAt).toEqual(after(6_700));
  });
});

describe('what stays for a reason', () => {
  const why = { reason: 'alert', because: 'A is firing', seconds: 7_200 } as const;

  it('is looked at again after a quarter of an hour, later and later up to an hour', () => {
    const waits = [0, 600, 3_600, 20_000].map((overdue) => {
      const at = after(60 + 7_200 + overdue);
      const kept = keptOn(makeLease({ dueAt: at }), at, why);
      return (kept.dueAt.getTime() - at.getTime()) / 1000;
    });
    expect(waits).toEqual([900, 900, 1_800, 3_600]);
  });

  it('keeps its time when it was asked back before that', () => {
    const lease = makeLease({ askedBy: 'U0BOB' });
    const kept = keptOn(lease, after(600), why);
    expect(kept).toMatchObject({ dueAt: lease.dueAt, remindAt: lease.remindAt, held: 'alert' });
    expect(kept).not.toHaveProperty('askedBy');
    expect(kept).not.toHaveProperty('extendedBy');
  });

  it('says nothing of its reason once it goes on', () => {
    const held = makeLease({ held: 'alert', note: 'A is firing' });
    expect(movedTo(held, 'giving', after(600))).not.toHaveProperty('note');
    expect(reminded(held)).not.toHaveProperty('remindAt');
  });
});

it('the table of states has two ends, and no way out of them', () => {
  const states = Object.keys(leaseStates) as LeaseState[];
  const ends = states.filter((from) => states.every((to) => !leaseMayBecome(from, to)));
  expect(ends).toEqual(['given', 'ended']);
  expect(leaseMayBecome('unknown', 'giving')).toBe(false);
});
