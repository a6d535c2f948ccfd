// That the metrics adapter is told how to answer for each custom metric, and that what cannot be told is said.

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Autoscaling, Component } from '../../src/profile/profile.ts';
import { adapterRules } from '../../src/rules/adapter-rules.ts';
import { yamlText } from '../../src/rules/rules-text.ts';
import { componentOf, makeProfile, makeSystem } from '../make.ts';

type Metrics = NonNullable<NonNullable<Autoscaling['hpa']>['metrics']>;

const worker = componentOf(makeProfile(), 'worker');

function scaled(metrics: Metrics, variants: Autoscaling['variants'] = []): Component {
  const hpa = { name: 'worker-hpa', min: 1, max: 9, metrics };
  return { ...worker, autoscaling: { hpa, variants, source: 'test' } };
}

const rulesOf = (...components: readonly Component[]) =>
  adapterRules(
    makeSystem({
      profile: makeProfile({
        components: new Map(components.map((each, index) => [`c${index}`, each])),
      }),
      workloads: new Map(
        components.map(({ workload }, index) => [`c${index}`, { cluster: 'a', ...workload }]),
      ),
    }),
  );

const queue = {
  pods: 'queue_depth',
  average: 50,
  promql:
    'sum by (pod) (avg_over_time(queue_depth{namespace="$namespace",pod=~"$workload-[a-z0-9]+-[a-z0-9]+",container="$container"}[2m]))',
};

describe('the rule for a metric of pods', () => {
  it('leaves namespace and pods to the adapter and keeps the rest of the query', () => {
    expect(rulesOf(scaled([{ resource: 'cpu', percent: 70 }, queue]))).toMatchObject({
      missing: [],
      document: {
        content: {
          rules: [
            {
              seriesQuery: 'queue_depth{namespace!="",pod!="",container="worker"}',
              resources: {
                overrides: { namespace: { resource: 'namespace' }, pod: { resource: 'pod' } },
              },
              name: { as: 'queue_depth' },
              metricsQuery:
                'sum by (pod) (avg_over_time(queue_depth{<<.LabelMatchers>>,container="worker"}[2m]))',
            },
          ],
          externalRules: [],
        },
      },
    });
  });

  it('is written once for autoscalers and components that ask for the same', () => {
    const variant = { name: 'v', min: 1, max: 2, title: 'v', source: 'test' };
    const again = { ...variant, metrics: [queue, { pods: 'queue_depth', average: 5 }] };
    const { document, missing } = rulesOf(scaled([queue], [again]), scaled([queue]));
    expect(document.content['rules']).toHaveLength(1);
    expect(missing).toEqual([]);
  });
});

describe('the rule for a metric from outside', () => {
  const external = (promql: string) => rulesOf(scaled([{ external: 'lag', average: 9, promql }]));

  it('is asked in the namespace of the autoscaler where the query is', () => {
    expect(external('sum(lag{namespace="$namespace",group="$workload"})').document.content).toEqual(
      {
        rules: [],
        externalRules: [
          {
            seriesQuery: 'lag{namespace!="",group="worker"}',
            resources: { overrides: { namespace: { resource: 'namespace' } } },
            name: { as: 'lag' },
            metricsQuery: 'sum(lag{<<.LabelMatchers>>,group="worker"})',
          },
        ],
      },
    );
  });

  it('belongs to no namespace where its query names none', () => {
    expect(external('sum(lag{group="g"})').document.content).toMatchObject({
      externalRules: [
        {
          seriesQuery: 'lag{group="g"}',
          resources: { namespaced: false },
          metricsQuery: 'sum(lag{group="g"})',
        },
      ],
    });
  });
});

describe('a metric without a rule', () => {
  const needs = (...metrics: Metrics) => rulesOf(scaled(metrics)).missing.map((each) => each.needs);

  it.each([
    [{ pods: 'a', average: 1 }, /^promql beside it in the profile, such as sum by \(pod\)/],
    [{ external: 'a', average: 1 }, /^promql beside it in the profile, such as sum\(NAME/],
    [{ pods: 'a', average: 1, promql: 'sum(a{namespace="$namespace"})' }, /by pod/],
    [{ pods: 'a', average: 1, promql: 'a{pod!=""}' }, /\{namespace="\$namespace"\}/],
    [{ external: 'a', average: 1, promql: 'a' }, /a selector/],
  ] as const)('says what %j needs', (metric, expected) => {
    expect(needs(metric)).toEqual([expect.stringMatching(expected)]);
  });

  it('is named above the others', () => {
    const { document } = rulesOf(scaled([queue, { pods: 'latency', average: 1 }]));
    const text = yamlText(document);
    expect(text).toMatch(/^# Missing: latency of c0 needs promql beside it in the profile/m);
    expect(parse(text)).toHaveProperty('rules.0.name.as', 'queue_depth');
  });

  it('is a second query under a name that has one', () => {
    const other = { ...queue, promql: 'sum by (pod) (other{namespace="$namespace"})' };
    const { missing, document } = rulesOf(scaled([queue]), scaled([other]));
    expect(missing).toEqual([
      {
        component: 'c1',
        metric: 'queue_depth',
        needs: expect.stringContaining('a name of its own'),
      },
    ]);
    expect(document.content['rules']).toHaveLength(1);
  });

  it('does not exist where CPU and memory are all', () => {
    const { document, missing } = rulesOf(scaled([{ resource: 'cpu', percent: 70 }]));
    expect(missing).toEqual([]);
    expect(yamlText(document)).toContain('metrics-server is enough for them');
  });
});
