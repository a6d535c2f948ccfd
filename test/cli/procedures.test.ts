// `headroom procedures` as it ships: the built bundle, with and without a headroom.yaml.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onlyProfile, runHeadroom } from '../run-headroom.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headroom-procedures-cli-'));
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

const procedures = (words: readonly string[], configured = false) =>
  runHeadroom(['procedures', ...words], {
    ...(configured && { HEADROOM_CONFIG: join(directory, 'headroom.yaml') }),
    PROFILES_DIR: onlyProfile(words),
  });

describe('headroom procedures', () => {
  it('lists what a system has, what each asks for, and what carries one out', async () => {
    const { code, out, err } = await procedures(['gl-003']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^complete-workflow +\d+ +Complete scaling workflow +meters \[hz\]/m);
    expect(out).toMatch(/^post-scaling +6$/m);
    expect(out).toContain(
      'Shown only. The scale command in Slack draws the plan that carries it out',
    );
  });

  it('shows the steps of one, numbered, with what is seen between them', async () => {
    const { code, out } = await procedures(['gl-008', 'gradual', 'from=5', 'to=16']);
    expect(code).toBe(0);
    const counts = [...out.matchAll(/^(\d) {2}scale {2}.*at least (\d+) pods, from (\d+)$/gm)];
    expect(counts.map(([, number, to, from]) => [number, from, to])).toEqual([
      ['1', '5', '7'],
      ['2', '7', '9'],
      ['3', '9', '11'],
      ['4', '11', '13'],
      ['5', '13', '15'],
      ['6', '15', '16'],
    ]);
    expect(out.match(/wait 2m/g)).toHaveLength(5);
    expect(out).toContain('Shown only.');
  });

  it('prints JSON with units in its names, and says that nothing was carried out', async () => {
    const { out } = await procedures([
      'gl-001',
      'pre-scale',
      'plants=15',
      'subagents=70',
      '--json',
    ]);
    expect(JSON.parse(out)).toMatchObject({
      system: 'gl-001',
      procedure: 'pre-scale',
      inputs: { plants: 15, subagents: 70 },
      carriedOut: false,
      steps: [
        {
          number: 1,
          kind: 'scale',
          change: {
            target: { kind: 'Deployment', namespace: 'greenlang', component: 'orchestrator' },
            replicas: 10,
            floor: true,
          },
          gate: { rollout: true, withinSeconds: 300 },
          undo: 'exact',
        },
        {
          kind: 'pods',
          change: { cpuRequestMillicores: 3600, memoryLimitMi: 12_048 },
          rollsOutWith: 5,
        },
        { kind: 'database', change: { deed: 'settings', restart: true } },
        { kind: 'config', change: { set: { DB_POOL_SIZE: '20' } } },
        { kind: 'restart' },
        { kind: 'check', check: { http: '/api/v1/capacity', status: 200 }, otherwise: 'stop' },
      ],
      leftOut: [],
    });
  });

  it('lists in JSON what each asks for', async () => {
    const { out } = await procedures(['gl-003', '--json']);
    const { procedures: listed, checklists } = JSON.parse(out);
    expect(listed).toContainEqual(
      expect.objectContaining({
        procedure: 'horizontal',
        emergency: false,
        inputs: expect.arrayContaining([
          { name: 'meters', required: true, unless: ['to'], what: 'meters' },
        ]),
      }),
    );
    expect(checklists).toContainEqual({ checklist: 'pre-scaling', items: 5 });
  });

  it('shows a checklist, and what is looked at for it', async () => {
    const { code, out } = await procedures(['gl-003', 'post-scaling']);
    expect(code).toBe(0);
    expect(out).toContain('[ ] All pods run\n    checked: all pods of steam-analyzer ready');
    const { out: json } = await procedures(['gl-003', 'post-scaling', '--json']);
    expect(JSON.parse(json)).toMatchObject({ checklist: 'post-scaling', items: expect.any(Array) });
  });

  it('uses the names of a system of headroom.yaml', async () => {
    const { out } = await procedures(['traps-staging', 'off-peak'], true);
    expect(out).toContain('sum(inspection_queue_depth{namespace="traps-staging"})');
    expect((await procedures(['mail'], true)).out).toContain('has no procedures');
  });

  it.each([
    [[], /missing required argument 'system'/],
    [['gl-08'], /there is no system or profile "gl-08"; did you mean/],
    [
      ['gl-008', 'gradul'],
      /has no procedure "gradul"; did you mean "gradual"\?\nIt has pre-scaling-checks, /,
    ],
    [['gl-008', 'gradual', '16'], /"16" should be key=value/],
    [['gl-008', 'gradual', 'too=16'], /has no input "too"; did you mean "to"\?/],
    [['gl-008', 'gradual', 'to=99'], /to must be 1 to 20 inspectors, not 99/],
    [['gl-008', 'high-load', 'to=3'], /takes no inputs, so not "to"/],
    [['gl-001', 'pre-scale'], /^plants is missing \(plants, 1 to 500\)\nsubagents is missing/],
    [['gl-003', 'zones'], /zone_names is missing \(names of lower-case letters/],
    [['gl-003', 'zones', 'zone_names=a b'], /zone_names must be names .*, not "a b"/],
    [['gl-003', 'sharding', 'meters=500'], /500 meters need no shards/],
    [['gl-003', 'post-scaling', 'meters=5'], /checklist post-scaling takes no inputs/],
    [['gl-003', '--jsn'], /Did you mean --json\?/],
  ] as const)('ends with 2 and prints nothing half: %j', async (words, says) => {
    const { code, out, err } = await procedures(words);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(says);
  });
});
