// Holds the generated rules to the real promtool: it takes them, and every trigger fires when it should and for nobody else.

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { promqlNamesOf, type System } from '../../src/plan/system.ts';
import { emptyProfile } from '../../src/profile/empty-profile.ts';
import type { Trigger } from '../../src/profile/profile.ts';
import { adapterRules } from '../../src/rules/adapter-rules.ts';
import { type AlertRule, alertRules } from '../../src/rules/alert-rules.ts';
import { ruleGroup } from '../../src/rules/rule-group.ts';
import { yamlText } from '../../src/rules/rules-text.ts';
import { makeSystem } from '../make.ts';
import { filesUnder } from '../modules.ts';
import { readProfile } from '../profile/read-profile.ts';
import { mayBeSkipped } from './programs.ts';
import { checkRules, promtool, type RuleTest, testRules } from './promtool.ts';
import { ruleSeries } from './rule-series.ts';
import { gauge, type Place, type Row, type Series, seriesText, stepSeconds } from './series.ts';

const ids = filesUnder('profiles', '.yaml').map((path) => path.replace(/^.*\/|\.yaml$/g, ''));
const ruleFile = (system: System): string => yamlText(ruleGroup(system, 'prometheus'));

describe.skipIf(mayBeSkipped(promtool)).each(ids)('the rules of %s', (id) => {
  const profile = readProfile(id);
  const system = makeSystem({ id, title: profile.title, profile });

  it('are taken by promtool as a rule file and as the spec of a PrometheusRule', async () => {
    const object = parse(yamlText(ruleGroup(system, 'operator'))) as { readonly spec: unknown };
    const found = `SUCCESS: ${alertRules(system).length} rules found`;
    expect(await checkRules(ruleFile(system))).toContain(found);
    expect(await checkRules(JSON.stringify(object.spec))).toContain(found);
  });

  it('give the metrics adapter a query for each custom metric, which promtool takes', async () => {
    const { document, missing } = adapterRules(system);
    expect(missing).toEqual([]);
    const rules = [document.content['rules'], document.content['externalRules']]
      .flat()
      .map((rule) => (rule as { readonly metricsQuery: string }).metricsQuery)
      .map((query, index) => ({
        record: `adapter:${index}`,
        expr: query.replaceAll('<<.LabelMatchers>>', 'namespace="n",pod=~"a|b"'),
      }));
    expect(await checkRules(JSON.stringify({ groups: [{ name: 'adapter', rules }] }))).toContain(
      `SUCCESS: ${rules.length} rules found`,
    );
  });

  it('have a row of series for every trigger, and no row for another one', () => {
    const rows = Object.keys(ruleSeries[id] ?? {});
    expect([...profile.triggers.keys()].filter((each) => !rows.includes(each))).toEqual([]);
    expect(rows.filter((each) => !profile.triggers.has(each))).toEqual([]);
  });

  it('fire for their own component, at their level and after their time', async () => {
    const tests = [...profile.triggers.values()].flatMap((trigger) => {
      const row = ruleSeries[id]?.[trigger.id];
      return row === undefined ? [] : testsOf(trigger, row, system);
    });
    expect(await testRules(ruleFile(system), tests)).toBe('');
  });
});

describe.skipIf(mayBeSkipped(promtool))('the rules of a system without a profile', () => {
  const system = makeSystem({ id: 'mail', profile: emptyProfile, wholeNamespace: 'mail' });

  it('fire for the autoscaler that is held at its maximum, and name it', async () => {
    const test: RuleTest = {
      name: 'autoscalers',
      input_series: [
        ...autoscaler('held', { desired: 10, limited: true }),
        ...autoscaler('just-enough', { desired: 10, limited: false }),
        ...autoscaler('at-its-minimum', { desired: 2, limited: true }),
        ...autoscaler('held', { desired: 10, limited: true, namespace: 'mail-staging' }),
      ],
      promql_expr_test: [
        {
          expr: 'ALERTS{alertstate="firing",severity="critical"}',
          eval_time: '16m',
          exp_samples: [
            {
              labels: seriesText('ALERTS', {
                alertname: 'HeadroomAutoscalerAtMaximum',
                alertstate: 'firing',
                headroom_system: 'mail',
                horizontalpodautoscaler: 'held',
                namespace: 'mail',
                severity: 'critical',
              }),
              value: 1,
            },
          ],
        },
      ],
    };
    expect(await testRules(ruleFile(system), [test])).toBe('');
  });
});

/** What kube-state-metrics says of an autoscaler that may have ten pods. */
function autoscaler(
  name: string,
  now: { readonly desired: number; readonly limited: boolean; readonly namespace?: string },
): readonly Series[] {
  const labels = {
    horizontalpodautoscaler: name,
    instance: 'kube-state-metrics:8080',
    job: 'kube-state-metrics',
    namespace: now.namespace ?? 'mail',
  };
  const series = (metric: string, value: number, more: Readonly<Record<string, string>> = {}) =>
    gauge(`kube_horizontalpodautoscaler_${metric}`, { ...labels, ...more }, value);
  const limited = (status: string, value: boolean) =>
    series('status_condition', value ? 1 : 0, { condition: 'ScalingLimited', status });
  return [
    series('status_desired_replicas', now.desired),
    series('spec_max_replicas', 10),
    limited('true', now.limited),
    limited('false', !now.limited),
  ];
}

/** Beyond each level and short of it, beside neighbours who are at ease or far beyond. */
function testsOf(trigger: Trigger, row: Row, system: System): readonly RuleTest[] {
  const place = promqlNamesOf(system, trigger.component);
  if (place === undefined) throw new Error(`${trigger.component} runs nowhere`);
  const { fires, fireAt, warnAt } = trigger;
  const isAbove = fires === 'above';
  const levels = warnAt === undefined ? [fireAt] : [fireAt, warnAt];
  const outwards = isAbove ? 1.02 : 0.98;
  const atEase = isAbove ? Math.min(...levels) / 10 : Math.max(...levels) * 1.05;
  const farBeyond = isAbove ? fireAt * 3 : fireAt / 3;
  const scene = { row, system, place };
  return levels.flatMap((level) => [
    ruleTest(trigger, { ...scene, own: level * outwards, neighbours: atEase }),
    ruleTest(trigger, { ...scene, own: level / outwards, neighbours: farBeyond }),
  ]);
}

interface Scene {
  readonly row: Row;
  readonly system: System;
  readonly place: Place;
  readonly own: number;
  readonly neighbours: number;
}

/** What fires for a trigger when it has lasted; that nothing does before, and no other component is taken for it. */
function ruleTest(trigger: Trigger, scene: Scene): RuleTest {
  const { row, system, place, own, neighbours } = scene;
  const isBeyond = (level: number | undefined) =>
    level !== undefined && (trigger.fires === 'above' ? own > level : own < level);
  const expected = alertRules(system).filter(
    ({ labels }) =>
      labels['headroom_trigger'] === trigger.id &&
      isBeyond(labels['severity'] === 'warning' ? trigger.warnAt : trigger.fireAt),
  );
  const firing = (matchers: string, seconds: number, rules: readonly AlertRule[]) => ({
    expr: `ALERTS{alertstate="firing",${matchers}}`,
    eval_time: `${seconds}s`,
    exp_samples: rules.map(({ alert, labels }) => ({
      labels: seriesText('ALERTS', { ...labels, alertname: alert, alertstate: 'firing' }),
      value: 1,
    })),
  });
  const mine = `headroom_trigger="${trigger.id}"`;
  const others = `headroom_component=~".+",headroom_component!="${trigger.component}"`;
  const lastsSeconds = trigger.forMs / 1000;
  const early = lastsSeconds - stepSeconds;
  // Rates look back five minutes, so they are whole only then.
  const late = lastsSeconds + 300 + stepSeconds;
  return {
    name: `${trigger.id} at ${own}`,
    input_series: [
      ...row(own, place),
      ...neighboursOf(trigger, place).flatMap((each) => ownSeries(each, row(neighbours, each))),
    ],
    promql_expr_test: [
      ...(early > 0 ? [firing(mine, early, [])] : []),
      firing(mine, late, expected),
      firing(others, late, []),
    ],
  };
}

/** The same program elsewhere, and beside it one whose name begins alike, where the query tells workloads apart. */
function neighboursOf({ expr, measure }: Trigger, place: Place): readonly Place[] {
  const elsewhere = { ...place, namespace: `${place.namespace}-staging` };
  const alike = { ...place, workload: `${place.workload}-batch` };
  return `${expr}${measure.promql}`.includes('$workload') ? [elsewhere, alike] : [elsewhere];
}

/** What exists once in a namespace is not a neighbour's a second time. */
function ownSeries({ namespace, workload }: Place, all: readonly Series[]): readonly Series[] {
  return namespace.endsWith('-staging')
    ? all
    : all.filter((each) => each.series.includes(workload));
}
