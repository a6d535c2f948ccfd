// What the generated alerting rules say, and that their alerts lead back to the trigger they were made from.

import { describe, expect, it } from 'vitest';
import { routeAlert } from '../../src/alert/route.ts';
import { emptyProfile } from '../../src/profile/empty-profile.ts';
import type { Trigger } from '../../src/profile/profile.ts';
import { type AlertRule, alertRules } from '../../src/rules/alert-rules.ts';
import { makeProfile, makeSystem, makeSystems, makeWorkload, triggerOf } from '../make.ts';

const profile = makeProfile();
const backlog = triggerOf(profile, 'inspection-backlog');

function rulesOf(trigger: Partial<Trigger>, title = 'Steam traps'): readonly AlertRule[] {
  const triggers = new Map([[backlog.id, { ...backlog, ...trigger } as Trigger]]);
  return alertRules(makeSystem({ title, profile: { ...profile, triggers } }));
}

const [critical, warning, last] = rulesOf({ warnAt: 300 });

describe('the rule of a trigger', () => {
  it('has its name, its query and its time, and labels that name the component', () => {
    expect(critical).toMatchObject({
      alert: 'InspectionQueueBacklog',
      expr: expect.stringContaining('inspection_queue_depth{namespace="greenlang-gl008"}'),
      for: '10m',
      labels: {
        severity: 'critical',
        namespace: 'greenlang-gl008',
        headroom_system: 'steam-traps',
        headroom_component: 'worker',
        headroom_trigger: 'inspection-backlog',
      },
    });
  });

  it('says what it is about, what it should be, where that stands and what comes next', () => {
    expect(critical?.annotations).toEqual({
      summary: 'worker of Steam traps: {{ $value | humanize }} jobs, above 500 jobs',
      description: `It has been above 500 jobs for 10m. It should be at ${backlog.target} jobs. Source: ${profile.guide}, ${backlog.source}`,
      runbook:
        'Headroom measures it again and answers with a card: how many pods of worker, why, and what to change.',
      value: '{{ $value }}',
    });
  });

  it('says first what to look at where more pods do not help', () => {
    const [rule] = rulesOf({ kind: 'investigate', lookAt: ['The network.', 'The database'] });
    expect(rule?.annotations['runbook']).toBe(
      'More pods do not cure this by themselves. Look at, in this order: 1. The network; 2. The database',
    );
  });

  it('writes shares in percent and seconds as time', () => {
    const summary = (unit: string) => rulesOf({ unit, fireAt: 0.8 })[0]?.annotations['summary'];
    expect(summary('ratio')).toBe(
      'worker of Steam traps: {{ $value | humanizePercentage }}, above 80 %',
    );
    expect(summary('s')).toBe(
      'worker of Steam traps: {{ $value | humanizeDuration }}, above 0.8 s',
    );
  });

  it('takes the names of its system where they differ from the profile', () => {
    const workloads = new Map([
      ...makeSystem().workloads,
      ['worker', { ...makeWorkload({ name: 'w', namespace: 'other' }), container: 'c' }] as const,
    ]);
    const [rule] = alertRules(makeSystem({ workloads }));
    expect(rule?.expr).toContain('namespace="other"');
    expect(rule?.labels['namespace']).toBe('other');
  });

  it('holds words of a profile harmless that Prometheus would read as a template', () => {
    const [rule] = rulesOf({ source: 'see {{ .Secrets }}', unit: '{{x}}' }, 'A {{b}}');
    const { summary, description } = rule?.annotations ?? {};
    expect(summary).toContain('A {{ "{{" }}b}}');
    expect(summary).toContain('$value | humanize }} {{ "{{" }}x}}');
    expect(description).toContain('see {{ "{{" }} .Secrets }}');
  });
});

describe('a warning', () => {
  it('is a second rule at the warning level, with the same time and labels', () => {
    expect(warning).toMatchObject({
      alert: 'InspectionQueueBacklogWarning',
      expr: expect.stringMatching(/^\(.*\) > 300$/s),
      for: '10m',
      labels: { ...critical?.labels, severity: 'warning' },
    });
    expect(warning?.annotations['runbook']).toBe(
      'A warning opens no card: nothing is sized until it is above 500 jobs.',
    );
  });

  it('is not there without a warning level, and below its level where less is bad', () => {
    expect(rulesOf({ warnAt: undefined }).map(({ alert }) => alert)).toEqual([
      'InspectionQueueBacklog',
      'HeadroomWatchdog',
    ]);
    const [, below] = rulesOf({ fires: 'below', fireAt: 0.2, warnAt: 0.3, unit: 'ratio' });
    expect(below?.expr).toMatch(/ < 0\.3$/);
  });

  it('never has the name of an alert that something is sized for', () => {
    const triggers = new Map([
      ['a', { ...backlog, id: 'a', alert: 'Full', warnAt: 1 }],
      ['b', { ...backlog, id: 'b', alert: 'FullWarning' }],
    ]);
    const rules = alertRules(makeSystem({ profile: { ...profile, triggers } }));
    expect(rules.map(({ alert }) => alert)).toEqual([
      'Full',
      'FullWarningWarning',
      'FullWarning',
      'HeadroomWatchdog',
    ]);
  });
});

describe('the alerts of a system', () => {
  const systems = makeSystems(makeSystem());
  const rules = alertRules(makeSystem());
  const route = ({ alert, labels }: AlertRule) =>
    routeAlert({ ...labels, alertname: alert }, systems);

  it('lead back to their trigger when they are critical, each to another one', () => {
    const sized = rules.filter(({ labels }) => labels['severity'] === 'critical');
    expect(sized.map((rule) => route(rule))).toEqual(
      [...profile.triggers.values()].map((trigger) =>
        expect.objectContaining({ kind: 'routed', component: trigger.component, trigger }),
      ),
    );
  });

  it('lead to no trigger when they are warnings, so that nothing is sized for one', () => {
    const others = rules.filter(({ labels }) => labels['severity'] !== 'critical');
    for (const rule of [...others, warning]) {
      expect(rule && route(rule).kind).toBe('unrouted');
    }
  });

  it('lead to the autoscaler they name where a system has no profile', () => {
    const mail = makeSystem({ id: 'mail', profile: emptyProfile, wholeNamespace: 'mail' });
    const [rule] = alertRules(mail);
    const named = { namespace: 'mail', horizontalpodautoscaler: 'imap' };
    const labels = { ...named, ...rule?.labels, alertname: rule?.alert ?? '' };
    expect(routeAlert(labels, makeSystems(mail))).toMatchObject({
      kind: 'autoscaler',
      namespace: 'mail',
      by: { autoscaler: 'imap' },
    });
  });

  it('end with one that always fires', () => {
    expect(last).toMatchObject({
      alert: 'HeadroomWatchdog',
      expr: 'vector(1)',
      labels: { severity: 'none', headroom_system: 'steam-traps' },
    });
  });
});
