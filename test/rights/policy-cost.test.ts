// The admission policies cost the API server far less than it allows, also for the largest objects: past a limit it would refuse the write.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Json, type JsonObject, object as objectOf } from '../../sandbox/cluster/json.ts';
import { costOf, namesOf, serverLimits } from './cel-cost.ts';
import { objectsIn, rbacFolder } from './limited-cluster.ts';

/** A quarter of what the server allows is ours: twice as many systems, and servers that count higher, still fit. */
const share = 1 / 4;

const expressions = z.array(z.object({ name: z.string().default(''), expression: z.string() }));
const policy = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    matchConstraints: z.object({
      resourceRules: z.array(z.object({ resources: z.array(z.string()) })),
    }),
    matchConditions: expressions,
    variables: expressions.default([]),
    validations: expressions,
  }),
});
type Policy = z.infer<typeof policy>;

const policies = objectsIn(join(rbacFolder, 'admission-policy.yaml'))
  .filter(({ kind }) => kind === 'ValidatingAdmissionPolicy')
  .map((each) => policy.parse(each));

const many = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const map = (count: number, of: string): JsonObject =>
  Object.fromEntries(many(count, (index) => [`key-${of}-${index}`, 'v'.repeat(200)]));

/** As much as etcd takes by default is 1.5 MiB; this is more than that, in the parts that are gone through. */
const container = (name: string): JsonObject => ({
  name,
  image: 'i'.repeat(200),
  command: [...many(20, (index) => `word-${index}`)],
  env: [...many(150, (index) => ({ name: `SETTING_${index}`, value: 'v'.repeat(400) }))],
  ...map(20, 'field'),
});
const pod: JsonObject = {
  containers: [...many(20, (index) => container(`container-${index}`))],
  volumes: [...many(100, (index) => ({ name: `volume-${index}` }))],
  ...map(20, 'pod'),
};
const largest: JsonObject = {
  apiVersion: 'v1',
  kind: 'Any',
  metadata: {
    name: 'n'.repeat(253),
    namespace: 'n'.repeat(63),
    labels: map(500, 'label'),
    annotations: { ...map(1_000, 'annotation'), 'headroom/plan': 'p-1' },
    managedFields: [
      ...many(100, (index) => ({
        manager: `manager-${index}`,
        operation: 'Apply',
        fieldsV1: map(50, 'f'),
      })),
    ],
  },
  spec: {
    scaleTargetRef: { kind: 'Deployment', name: 'n'.repeat(253) },
    template: { metadata: { annotations: map(1_000, 'pod') }, spec: pod },
    ...map(100, 'spec'),
  },
  data: map(1_000, 'data'),
  ...map(20, 'whole'),
};

/** What each part of a policy comes to and costs for a request about the largest object. */
function costsOf({ spec }: Policy, object: JsonObject = largest) {
  const resource = spec.matchConstraints.resourceRules[0]?.resources[0] ?? '';
  const request: JsonObject = {
    userInfo: { username: 'system:serviceaccount:headroom:headroom' },
    resource: { group: 'g'.repeat(60), version: 'v1', resource },
    namespace: 'n'.repeat(63),
    name: 'n'.repeat(253),
  };
  const names = namesOf({ object, oldObject: largest, request }, spec.variables);
  const costs = (parts: readonly { readonly expression: string }[]) =>
    parts.map(({ expression }) => costOf(expression, names));
  const matching = costs(spec.matchConditions);
  return { matching, validating: costs(spec.validations) };
}

const sum = (costs: readonly { readonly cost: number }[]) =>
  costs.reduce((all, { cost }) => all + cost, 0);

describe('an admission policy', () => {
  it.each(policies.map((each) => [each.metadata.name, each] as const))(
    '%s costs less than a quarter of what the server allows',
    (_, each) => {
      const { matching, validating } = costsOf(each);
      const dearest = Math.max(...[...matching, ...validating].map(({ cost }) => cost));
      expect(dearest).toBeLessThan(serverLimits.expression * share);
      expect(sum(matching)).toBeLessThan(serverLimits.matchConditions * share);
      expect(sum(validating)).toBeLessThan(serverLimits.policy * share);
    },
  );
});

describe('the count', () => {
  const templates = policies.find(({ metadata }) => metadata.name === 'headroom-templates');
  if (templates === undefined) throw new Error('no policy for templates');
  const denials = (object?: JsonObject) =>
    costsOf(templates, object).validating.filter(({ value }) => value !== true).length;

  it('is of the whole policy: what is unchanged passes, another label does not', () => {
    expect(denials()).toBe(0);
    const { metadata } = largest;
    expect(denials({ ...largest, metadata: { ...objectOf(metadata), labels: {} } })).toBe(1);
  });

  const cost = (expression: string, value: Json) =>
    costOf(expression, (name) => (name === 'x' ? { value, cost: 0 } : undefined));

  it('grows with what is gone through', () => {
    const few = cost('x.all(k, k == "b")', ['b']);
    const all = cost('x.all(k, k == "b")', [...many(100, () => 'b')]);
    expect(few.value).toBe(true);
    expect(all.cost).toBeGreaterThan(50 * few.cost);
  });

  it('passes the limit for expressions that no server would run', () => {
    const squared = 'x.all(a, x.all(b, a == b))';
    expect(cost(squared, [...many(400, () => 'v'.repeat(100))]).cost).toBeGreaterThan(
      serverLimits.expression,
    );
  });
});
