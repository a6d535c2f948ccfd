// The decision at the end of a lease as a table: given back, kept with the reason, or left to somebody else.

import { describe, expect, it } from 'vitest';
import { type GiveBackFacts, mayGiveBack } from '../../src/lease/may-give-back.ts';

const unchanged = { kind: 'unchanged', resourceVersion: '7' } as const;
const carried = { kind: 'carried', trigger: 'backlog', text: '200 ÷ 50 per pod = 4' } as const;
const tooMuch = {
  kind: 'too-much',
  trigger: 'backlog',
  because: '8 pods are needed and 5 would be left',
} as const;
const notKnown = {
  kind: 'not-known',
  trigger: 'backlog',
  because: 'backlog is not measured',
} as const;
const drifted = {
  kind: 'drifted',
  because: 'Deployment worker has 9 replicas, the plan saw 8 (changed by kubectl)',
} as const;

function decide(over: Partial<GiveBackFacts>) {
  return mayGiveBack({
    firing: [],
    comparisons: [unchanged],
    loads: [carried],
    isAsked: false,
    ...over,
  });
}

describe('lent capacity whose time is up', () => {
  it('is given back when nothing speaks against it, with the arithmetic', () => {
    expect(decide({})).toEqual({ kind: 'give-back', text: '200 ÷ 50 per pod = 4' });
  });

  // biome-ignore format: a table
  it.each<[string, Partial<GiveBackFacts>, string, RegExp]>([
    ['a stop',              { notApproved: 'Everything is stopped by cli:ann' },   'approval',         /stopped/],
    ['a freeze',            { freeze: 'freeze year-end until monday', isAsked: true }, 'freeze',       /^freeze year-end until monday: nothing is taken/],
    ['a firing alert',      { firing: [{ alertname: 'A' }, { alertname: 'A' }] },  'alert',            /^A is firing$/],
    ['two of them',         { firing: [{ alertname: 'A' }, { alertname: 'B' }] },  'alert',            /^A, B are firing$/],
    ['too much load',       { loads: [carried, tooMuch] },                         'load',             /8 pods are needed/],
    ['a missing number',    { loads: [carried, notKnown] },                        'not-measured',     /nothing is made smaller/],
    ['nothing to measure',  { loads: [] },                                         'nothing-measures', /a person must give it back/],
    ['another plan',        { otherPlan: 'plan p-2 is proposed' },                 'other-plan',       /p-2/],
    ['a lease on top',      { leaseOnTop: { planId: 'p-2' } },                     'lease-on-top',     /p-2 has lent more/],
    ['a silent cluster',    { comparisons: undefined, clusterProblem: 'no answer' }, 'cluster',        /no answer/],
  ])('is kept because of %s', (_what, facts, reason, because) => {
    expect(decide(facts)).toEqual({ kind: 'hold', reason, because: expect.stringMatching(because) });
  });

  it('is left to whoever has changed it, also while it is stopped or an alert fires', () => {
    const stopped = { notApproved: 'stopped', firing: [{ alertname: 'A' }] };
    expect(decide({ comparisons: [drifted], loads: [], ...stopped })).toEqual({
      kind: 'end',
      because: 'Deployment worker has 9 replicas, the plan had set 8 (changed by kubectl)',
    });
    expect(decide({ comparisons: [{ kind: 'reached' }], loads: [], ...stopped }).kind).toBe('end');
    expect(decide({ gone: 'no longer in headroom.yaml' }).kind).toBe('end');
  });

  it('of several changes gives back what is left of them', () => {
    expect(decide({ comparisons: [{ kind: 'reached' }, unchanged] }).kind).toBe('give-back');
  });
});

describe('a person who wants it back now', () => {
  it('stands in for a measurement where there never is one', () => {
    expect(decide({ isAsked: true, loads: [] })).toEqual({ kind: 'give-back', text: '' });
  });

  it('overrules neither load, nor alert, nor a measurement that is missing now', () => {
    for (const over of [
      { loads: [tooMuch] },
      { loads: [notKnown] },
      { firing: [{ alertname: 'A' }] },
      { notApproved: 'stopped' },
    ]) {
      expect(decide({ isAsked: true, ...over }).kind).toBe('hold');
    }
  });
});
