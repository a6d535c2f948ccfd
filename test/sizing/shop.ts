// Makes a small profile, a shop with visits, from YAML that a test can read beside its numbers.
import { parseProfile } from '../../src/profile/parse-profile.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';

const usual = {
  inputs: `
inputs:
  visits: { type: integer, unit: visits/s, min: 10, max: 10000, required: true }
`,
  /** Pods of 500m and 1Gi with limits of twice that, each with ten connections; the worker is not sized and opens five. */
  components: `
components:
  web:
    workload: { kind: Deployment, namespace: shop, name: web, container: web }
    replicas: { min: 2, max: 20, baseline: 2, source: Sizes }
    pod: { cpu: 500m, memory: 1Gi, cpuLimit: 1000m, memoryLimit: 2Gi, source: Pods }
    limitFactor: { value: 2, source: Pods }
    connections: { perPod: 10, source: Pools }
  worker:
    workload: { kind: Deployment, namespace: shop, name: worker, container: worker }
    replicas: { min: 1, max: 9, baseline: 3, source: Sizes }
    pod: { cpu: 250m, memory: 512Mi, source: Pods }
    connections: { perPod: 5, source: Pools }
`,
  /** A pod for a hundred visits a second. */
  sizings: `
sizings:
  - id: formula
    source: Sizes
    component: web
    replicas: max(2, ceil(visits / 100))
`,
};

/** The shop with more sections, or with others in place of the usual ones. */
export function shop(more = '', other: Partial<typeof usual> = {}): Profile {
  const { inputs, components, sizings } = { ...usual, ...other };
  const head = 'profile: shop\ntitle: Shop\nguide: The guide of the shop\n';
  const text = [head, inputs, components, sizings, more].join('\n');
  const parsed = parseProfile(text, 'shop.yaml');
  if (!parsed.ok) throw new Error(parsed.mistakes.map(formatMistake).join('\n'));
  return parsed.value;
}
