// `headroom rules` as it ships: the built bundle, with and without a headroom.yaml.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { onlyProfile, runHeadroom } from '../run-headroom.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headroom-rules-cli-'));
  await writeFile(
    join(directory, 'headroom.yaml'),
    `clusters: { production: {} }
systems:
  traps-staging:
    profile: gl-008
    cluster: production
    namespace: traps-staging
    channel: C0STEAMTRAP
  mail: { cluster: production, namespace: mail, channel: C0STEAMTRAP }
`,
  );
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const rules = (words: readonly string[], configured = false) =>
  runHeadroom(['rules', ...words], {
    ...(configured && { HEADROOM_CONFIG: join(directory, 'headroom.yaml') }),
    PROFILES_DIR: onlyProfile(words),
  });

describe('headroom rules', () => {
  it('prints a rule file for a profile, and says whose names are in it', async () => {
    const { code, out, err } = await rules(['gl-008']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain("# The names are the profile's own");
    expect(parse(out)).toMatchObject({
      groups: [{ name: 'headroom-gl-008', rules: expect.any(Array) }],
    });
  });

  it('prints an object of the operator for a system, with its own names', async () => {
    const { code, out } = await rules(['traps-staging', '--format', 'operator'], true);
    expect(code).toBe(0);
    expect(out).not.toContain("the profile's own");
    expect(parse(out)).toMatchObject({
      kind: 'PrometheusRule',
      metadata: { name: 'headroom-traps-staging' },
    });
    expect(out).toContain('namespace="traps-staging"');
    expect(out).not.toContain('namespace="greenlang-gl008"');
  });

  it('prints one rule for a system without a profile: for autoscalers at their maximum', async () => {
    const { out } = await rules(['mail'], true);
    const { groups } = parse(out) as { groups: [{ rules: readonly { alert: string }[] }] };
    expect(groups[0].rules.map(({ alert }) => alert)).toEqual([
      'HeadroomAutoscalerAtMaximum',
      'HeadroomWatchdog',
    ]);
    expect(out).toContain('{namespace="mail"}');
  });

  it('prints the same as JSON, which Prometheus reads too', async () => {
    const [yaml, json] = await Promise.all([rules(['gl-009']), rules(['gl-009', '--json'])]);
    expect(JSON.parse(json.out)).toEqual(parse(yaml.out));
  });

  it('prints what Alertmanager and the metrics adapter need', async () => {
    const [receiver, adapter] = await Promise.all([
      rules(['gl-008', '--part', 'receiver']),
      rules(['gl-008', '--part', 'adapter']),
    ]);
    expect(parse(receiver.out)).toHaveProperty('receivers.0.name', 'headroom');
    expect(parse(adapter.out)).toHaveProperty('rules.0.name.as', 'inspection_queue_depth');
  });

  it.each([
    [['gl-08'], /there is no system or profile "gl-08".*gl-008/],
    [['gl-008', '--part', 'recever'], /receiver/],
    [['gl-008', '--format', 'yaml'], /prometheus, operator/],
    [['gl-008', '--part', 'adapter', '--format', 'operator'], /adapter has one form only/],
    [[], /missing required argument 'system'/],
  ] as const)('%j is misuse', async (words, says) => {
    const { code, out, err } = await rules(words, true);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(says);
  });
});
