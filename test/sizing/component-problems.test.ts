// What keeps a sizing's pods from being as it has them: numbers that are none, and limits below requests.
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';
import { ask } from '../profile/ask-profile.ts';
import { shop } from './shop.ts';

const components = (pod: string) => `
components:
  web:
    workload: { kind: Deployment, namespace: shop, name: web, container: web }
    replicas: { min: 2, max: 20, baseline: 2, source: Sizes }
    pod: ${pod}
`;
const plain = components('{ cpu: 500m, memory: 1Gi, source: Pods }');

function reasons(pod: string, replicas = 'ceil(visits / 100)'): readonly string[] {
  const sizings = `
sizings:
  - { id: formula, source: Sizes, component: web, replicas: "${replicas}", pod: ${pod} }
`;
  const plan = ask(shop('', { components: plain, sizings }), { visits: 500 });
  expect(plan.recommended === undefined).toBe((plan.sizings[0]?.reasons ?? []).length > 0);
  return plan.sizings[0]?.reasons ?? [];
}

describe('a sizing', () => {
  // biome-ignore format: a table
  it.each([
    ['{ cpuMillicores: 500, memoryMi: 1024, cpuLimitMillicores: 500, memoryLimitMi: 1024 }', []],
    ['{ cpuMillicores: 0 - visits, memoryMi: 1024 }', ['a pod of web would request -500m, which is no size']],
    ['{ cpuMillicores: 0, memoryMi: 0 }', [
      'a pod of web would request 0m, which is no size',
      'a pod of web would request 0Mi, which is no size',
    ]],
    ['{ cpuMillicores: 500, memoryMi: 1024, cpuLimitMillicores: 100, memoryLimitMi: 1023 }', [
      'a pod of web would request 500m, more than its limit of 100m',
      'a pod of web would request 1Gi, more than its limit of 1023Mi',
    ]],
  ])('with pods %s', (pod, expected) => {
    expect(reasons(pod)).toEqual(expected);
  });

  it('of one pod is told of one', () => {
    expect(reasons('{ cpuMillicores: 500, memoryMi: 1024 }', '1')).toEqual([
      '1 replica of web is fewer than the 2 it needs at least',
    ]);
  });
});

describe('a profile', () => {
  // biome-ignore format: a table
  it.each([
    ['{ cpu: 500m, memory: 1Gi, cpuLimit: 400m, source: Pods }', 'the limit 400m is below the request 500m'],
    ['{ cpu: 500m, memory: 1Gi, memoryLimit: 1000Mi, source: Pods }', 'the limit 1000Mi is below the request 1Gi'],
    ['{ cpu: 500m, memory: 1Gi, source: Pods }\n    podMax: { cpu: 400m, memory: 1Gi, source: Pods }', 'the largest pod, 400m, is smaller than the pod, 500m'],
    ['{ cpu: 500m, memory: 1Gi, source: Pods }\n    podMax: { cpu: 500m, memory: 1Mi, source: Pods }', 'the largest pod, 1Mi, is smaller than the pod, 1Gi'],
  ])('with a pod %s is told where', (pod, message) => {
    const text = `profile: shop\ntitle: Shop\nguide: Guide\n${components(pod)}`;
    const parsed = parseProfile(text, 'shop.yaml');
    expect(parsed.ok ? [] : parsed.mistakes.map(formatMistake)).toEqual([
      expect.stringMatching(new RegExp(`^shop\\.yaml:(9|10):\\d+: ${message}$`)),
    ]);
  });
});
