// Checks that headroom.yaml leads to systems, workloads and rules, and that everything in it that leads nowhere is found.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import type { Profile } from '../../src/profile/profile.ts';
import {
  assembleSystems,
  type HeadroomConfig,
  parseHeadroomConfig,
  resolveTarget,
  ruleFor,
} from '../../src/settings/headroom-config.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

function readProfiles(): ReadonlyMap<string, Profile> {
  const parsed = parseProfile(read('profiles/gl-008.yaml'), 'gl-008.yaml');
  if (!parsed.ok) throw new Error('the profile is tested elsewhere');
  return new Map([[parsed.value.id, parsed.value]]);
}

const profiles = readProfiles();
const example = read('headroom.example.yaml');

function parse(text: string): HeadroomConfig {
  const parsed = parseHeadroomConfig(text, 'headroom.yaml', profiles);
  if (!parsed.ok) throw new Error(parsed.mistakes.map(formatMistake).join('\n'));
  return parsed.value;
}

/** What is wrong with the example after one of its texts was replaced. */
function mistakesAfter(from: string, to: string): readonly string[] {
  expect(example).toContain(from);
  const parsed = parseHeadroomConfig(example.replace(from, to), 'headroom.yaml', profiles);
  return parsed.ok ? [] : parsed.mistakes.map(formatMistake);
}

const smallest = `
clusters: { c: {} }
systems: { s: { profile: gl-008, cluster: c, channel: C0ABC } }
`;

describe('the example', () => {
  const config = parse(example);
  const systems = assembleSystems(config, profiles);

  it('keeps a freeze for all systems unless it names some', () => {
    const names = (id: string) => systems.get(id)?.freezes.map(({ name }) => name);
    expect(names('steam-traps')).toEqual(['year-end', 'weekend']);
    expect(names('shop')).toEqual(['weekend']);
  });

  it('prices each component by its node pool, before the system and before the guide', () => {
    expect(systems.get('steam-traps')?.money).toMatchObject({
      rates: { standard: { cpuCoreHourUsd: 0.042, source: 'headroom.yaml, rates general' } },
      budget: { usdPerMonth: 2500, warnAtPercent: 80 },
    });
    const staging = systems.get('steam-traps-staging');
    expect(staging?.money?.rates?.byComponent.get('worker')).toMatchObject({
      cpuCoreHourUsd: 0.014,
      hoursPerMonth: 730,
    });
    // The other components of it cost what the guide says.
    expect(staging?.money?.rates?.standard).toBe(staging?.profile.cost);
    expect(staging?.money?.budget).toBeUndefined();
  });

  it('is valid and says what it says', () => {
    expect(config.clusters.get('production')).toEqual({
      id: 'production',
      context: 'production',
      prometheus: 'http://prometheus.monitoring.svc:9090',
      allow: {
        namespaces: ['greenlang-gl008', 'shop'],
        kinds: [
          'Deployment',
          'StatefulSet',
          'HorizontalPodAutoscaler',
          'ScaledObject',
          'ConfigMap',
        ],
      },
    });
    expect(config.operators).toEqual(['U0ANN', 'U0DAN']);
    expect(systems.get('steam-traps')).toMatchObject({
      id: 'steam-traps',
      title: 'Steam traps, production',
      mode: 'apply',
      cluster: 'production',
      channel: 'C0STEAMTRAP',
      routes: [{ alertname: 'InspectionQueueBacklog', namespace: 'greenlang-gl008' }],
      rule: {
        name: 'production',
        approvers: ['U0ANN', 'U0BOB', 'U0CARLA'],
        required: 1,
        requiredForRisky: 2,
        oncall: ['U0DAN'],
        oncallMayApproveOwn: true,
        expireAfterSeconds: 1800,
        startWithinSeconds: 900,
        giveBackAfterSeconds: 7200,
      },
    });
  });

  it('names the table of the keys of shards as the catalogue has it', () => {
    const keys = (text: string) =>
      parse(example.replace('table: public.facilities', `table: ${text}`))
        .systems.get('steam-traps')
        ?.databases.get('main')?.shardKeys;
    expect(keys('facilities')).toEqual(keys('public.facilities'));
    expect(keys('"Plant.List of sites"')).toEqual({
      table: { schema: 'Plant', name: 'List of sites' },
      column: 'facility_id',
      load: 'meters',
    });
  });

  it('runs workloads where the profile says, unless the system says otherwise', () => {
    expect(systems.get('steam-traps')?.workloads.get('worker')).toEqual({
      cluster: 'production',
      namespace: 'greenlang-gl008',
      kind: 'Deployment',
      name: 'worker',
      container: 'worker',
    });
    expect(systems.get('steam-traps-staging')?.workloads.get('worker')).toEqual({
      cluster: 'staging',
      namespace: 'gl008-staging-batch',
      kind: 'Deployment',
      name: 'inspection-worker',
      container: 'worker',
    });
    expect(systems.get('steam-traps-staging')?.workloads.get('api-gateway')).toMatchObject({
      namespace: 'gl008-staging',
      name: 'api-gateway',
    });
  });

  it('has a system that is a namespace and no profile', () => {
    const shop = systems.get('shop');
    expect(shop).toMatchObject({ wholeNamespace: 'shop', title: 'Web shop', mode: 'propose' });
    expect(shop?.rule).toMatchObject({ name: 'everything-else' });
    expect([...(shop?.workloads.keys() ?? [])]).toEqual([]);
    expect(systems.get('steam-traps')?.wholeNamespace).toBeUndefined();
  });

  it('has a rule for all others, with the defaults', () => {
    expect(systems.get('steam-traps-staging')?.rule).toMatchObject({
      name: 'everything-else',
      required: 1,
      requiredForRisky: 1,
      oncall: [],
      oncallMayApproveOwn: false,
      expireAfterSeconds: 1800,
      startWithinSeconds: 900,
    });
  });
});

describe('the smallest file', () => {
  const config = parse(smallest);

  it('observes, and nobody can approve anything', () => {
    expect(config.systems.get('s')?.mode).toBe('observe');
    expect(config.rules).toEqual([]);
    expect(config.operators).toEqual([]);
    expect(ruleFor(config, 's')).toBeUndefined();
    expect(assembleSystems(config, profiles).get('s')).toMatchObject({
      title: 'SteamTrapInspector',
      rule: undefined,
    });
  });

  it('has no target for a component that does not exist', () => {
    const system = config.systems.get('s');
    const profile = profiles.get('gl-008');
    if (system === undefined || profile === undefined) throw new Error('both exist');
    expect(resolveTarget(system, profile, 'constructor')).toBeUndefined();
  });
});

describe('a system without a profile', () => {
  const parseSystems = (systems: string) =>
    parseHeadroomConfig(`clusters: { c: {}, d: {} }\n${systems}\n`, 'headroom.yaml', profiles);

  it('needs a cluster, a namespace and a channel, and is called by its name', () => {
    const parsed = parseSystems('systems: { s: { cluster: c, namespace: n, channel: C0ABC } }');
    if (!parsed.ok) throw new Error(parsed.mistakes.map(formatMistake).join('\n'));
    expect(assembleSystems(parsed.value, profiles).get('s')).toMatchObject({
      title: 's',
      wholeNamespace: 'n',
      mode: 'observe',
      rule: undefined,
    });
  });

  // biome-ignore format: a table
  it.each([
    ['no namespace',                   's: { cluster: c, channel: C0ABC }',                                                  'a system without a profile needs a namespace'],
    ['workloads',                      's: { cluster: c, namespace: n, channel: C0ABC, workloads: { web: {} } }',             'workloads renames the components of a profile, and this system has none'],
    ['routes from another namespace',  's: { cluster: c, namespace: n, channel: C0ABC, routes: [{ alertname: A, namespace: m }] }', 'a system without a profile looks after its own namespace n only'],
    ['the namespace of another one',   's: { cluster: c, namespace: n, channel: C0ABC }, t: { cluster: c, namespace: n, channel: C0ABC }', 'system "s" looks after the same namespace without a profile: c/n'],
  ])('cannot have %s', (_, systems, mistake) => {
    const parsed = parseSystems(`systems: { ${systems} }`);
    expect(parsed.ok ? [] : parsed.mistakes.map(({ message }) => message)).toEqual([mistake]);
  });

  it('may have the same namespace in another cluster, and share one with a profile', () => {
    for (const other of [
      't: { cluster: d, namespace: n, channel: C0ABC }',
      't: { profile: gl-008, cluster: c, namespace: n, channel: C0ABC }',
    ]) {
      const parsed = parseSystems(
        `systems: { s: { cluster: c, namespace: n, channel: C0ABC }, ${other} }`,
      );
      expect(parsed.ok).toBe(true);
    }
  });
});

describe('a mistake', () => {
  it.each<[string, string, string]>([
    ['profile: gl-008', 'profile: gl-08', 'there is no profile "gl-08"; did you mean "gl-008"?'],
    [
      'cluster: staging',
      'cluster: stagin',
      'there is no cluster "stagin"; did you mean "staging"?',
    ],
    [
      '    rates: general',
      '    rates: generl',
      'there is no entry in rates "generl"; did you mean "general"?',
    ],
    [
      '        rates: spot',
      '        rates: sport',
      'there is no entry in rates "sport"; did you mean "spot"?',
    ],
    [
      '      worker:',
      '      wroker:',
      'profile "gl-008" has no component "wroker"; did you mean "worker"?',
    ],
    ['table: public.facilities', 'table: a.b.c', 'expected TABLE or SCHEMA.TABLE'],
    [
      'column: facility_id',
      `column: ${'x'.repeat(64)}`,
      'the name has 64 bytes, PostgreSQL keeps 63',
    ],
    ['mode: apply', 'mode: aply', 'expected observe, propose or apply, found "aply"'],
    [
      'channel: C0STAGING',
      'channel: "#staging"',
      'expected a Slack channel id such as C0123ABCD, not its name',
    ],
    ['operators: [U0ANN', 'operators: ["@ann"', 'expected a Slack user id such as U0123ABCD'],
    [
      'systems: [steam-traps]',
      'systems: [steam-trap]',
      'there is no system "steam-trap"; did you mean "steam-traps"?',
    ],
    ['required: 1', 'required: 4', '4 approvals are required, but 3 can approve'],
    [
      '      stricter:\n        required: 2',
      '      stricter:\n        required: 4',
      '4 approvals are required, but 3 can approve',
    ],
    ['required: 1', 'required: 3', '2 is not stricter than required 3'],
    ['name: everything-else', 'name: production', 'there is another rule "production"'],
    [
      'systems: ["*"]',
      'systems: [steam-traps]',
      'system "steam-traps" is already governed by rule "production"; the first rule counts',
    ],
    [
      'systems: [steam-traps]',
      'systems: ["*"]',
      'every other system is already governed by rule "production"; the first rule counts',
    ],
    ['expireAfter: 30m', 'expireAfter: 30', 'expected text, found 30'],
    [
      'expireAfter: 30m',
      'expireAfter: 30 minutes',
      'expected a duration such as 30s, 10m or 1h30m, found "30 minutes"',
    ],
    ['startWithin: 15m', 'startWithin: 8d', 'expected a duration between 1s and 7d'],
    [
      'giveBackAfter: 2h',
      'giveBackAfter: 1m',
      'expected a duration between 5m and 7d, or never, found "1m"',
    ],
    [
      'http://prometheus',
      'http://user:word@prometheus',
      'expected an http or https address without a user name or password',
    ],
    [
      'approvers: [U0ANN, U0BOB, U0CARLA]',
      'approvers: []',
      'expected at least 1 entries, found a list',
    ],
    [
      '    until: 2027-01-03 08:00',
      '    until: 2026-12-03 08:00',
      '2026-12-03 08:00 is not after from 2026-12-20 18:00',
    ],
    [
      '    until: 2027-01-03 08:00\n',
      '',
      'a freeze has from and until, or a window in which it comes again',
    ],
    ['    from: 2026-12-20 18:00', '    from: 2026-02-30 18:00', 'there is no such day'],
    [
      'systems: [steam-traps]\n    # Once',
      'systems: [steam-trap]\n    # Once',
      'there is no system "steam-trap"; did you mean "steam-traps"?',
    ],
    ['for: 62h', 'for: 8d', 'expected a duration between 10m and 7d'],
    ['operators:', 'operator:', 'unknown key "operator"; did you mean "operators"?'],
    [
      'channel: C0STAGING',
      'channel: C0STAGING\n    routes: [{ alertname: InspectionQueueBacklog, namespace: greenlang-gl008 }]',
      'alert InspectionQueueBacklog of namespace greenlang-gl008 is already routed to system "steam-traps"',
    ],
    [
      'cluster: staging\n    # In place of the namespace in the profile, for all components.\n    namespace: gl008-staging',
      'cluster: production',
      'api-gateway is the same workload as steam-traps/api-gateway: production/greenlang-gl008/Deployment/api-gateway',
    ],
  ])('%j become %j: %s', (from, to, message) => {
    const mistakes = mistakesAfter(from, to);
    expect(mistakes.map((mistake) => mistake.replace(/^headroom\.yaml:\d+:\d+: /, ''))).toContain(
      message,
    );
  });

  it('stands with its line and column', () => {
    const line = example.slice(0, example.indexOf('cluster: staging')).split('\n').length;
    expect(mistakesAfter('cluster: staging', 'cluster: stagin')).toEqual([
      `headroom.yaml:${line}:14: there is no cluster "stagin"; did you mean "staging"?`,
    ]);
  });

  it('is a file without systems', () => {
    const parsed = parseHeadroomConfig('clusters: {}\nsystems: {}\n', 'headroom.yaml', profiles);
    expect(parsed.ok ? [] : parsed.mistakes.map(formatMistake)).toEqual([
      'headroom.yaml:2:10: there is no system to look after',
    ]);
  });
});
