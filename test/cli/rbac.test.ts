// `headroom rbac` as it ships: the built bundle, with and without a headroom.yaml.

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { onlyProfile, runHeadroom } from '../run-headroom.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headroom-rbac-cli-'));
  await writeFile(
    join(directory, 'headroom.yaml'),
    `clusters: { production: {} }
systems:
  traps-staging:
    profile: gl-008
    cluster: production
    namespace: traps-staging
    workloads: { worker: { name: inspector } }
    channel: C0STEAMTRAP
  mail: { cluster: production, namespace: mail, channel: C0STEAMTRAP }
`,
  );
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const rbac = (words: readonly string[], configured = false) =>
  runHeadroom(['rbac', ...words], {
    ...(configured && { HEADROOM_CONFIG: join(directory, 'headroom.yaml') }),
    PROFILES_DIR: onlyProfile(words),
  });

const role = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  rules: z
    .array(
      z.object({
        resources: z.array(z.string()),
        verbs: z.array(z.string()),
        resourceNames: z.array(z.string()).optional(),
      }),
    )
    .default([]),
});

/** Each right as `verb resource name`, with the kind of what grants it. */
function granted(text: string): readonly string[] {
  return parseAllDocuments(text)
    .map((document) => role.parse(document.toJS()))
    .flatMap(({ rules }) =>
      rules.flatMap(({ resources, verbs, resourceNames = ['*'] }) =>
        resourceNames.flatMap((name) => verbs.map((verb) => `${verb} ${resources.join()} ${name}`)),
      ),
    );
}

describe('headroom rbac', () => {
  it('grants nothing but reading unless it is told a tier', async () => {
    const { code, out, err } = await rbac(['gl-008']);
    expect([code, err]).toEqual([0, '']);
    expect(granted(out).length).toBeGreaterThan(10);
    expect(granted(out).filter((right) => !/^(get|list|watch) /.test(right))).toEqual([]);
    expect(out).not.toContain('ClusterRole');
  });

  it('grants replicas and autoscalers in the tier scale, and no template', async () => {
    const { out } = await rbac(['gl-008', '--tier', 'scale']);
    expect(granted(out)).toContain('patch deployments/scale worker');
    expect(granted(out)).toContain('patch horizontalpodautoscalers *');
    expect(granted(out).some((right) => right.startsWith('patch deployments '))).toBe(false);
  });

  it('has the names of headroom.yaml, and all names where no profile says them', async () => {
    const { out } = await rbac(['--tier', 'templates'], true);
    expect(granted(out)).toContain('patch deployments inspector');
    expect(granted(out)).not.toContain('patch deployments worker');
    expect(granted(out)).toContain('patch deployments *');
    expect(out).toContain('name: headroom-mail-templates\n  namespace: mail');
    expect(out).not.toContain('greenlang-gl008');
  });

  it('asks for the whole cluster only with --with room, and names another account', async () => {
    const { out } = await rbac(['gl-008', '--with', 'room', '--account', 'ops/bot']);
    expect(granted(out)).toContain('list nodes *');
    expect(out).toContain('kind: ServiceAccount\n    namespace: ops\n    name: bot');
    expect(out).not.toContain('kind: Namespace');
    const { out: policy } = await rbac(['gl-008', '--policy', '--account', 'ops/bot']);
    expect(policy).toContain('system:serviceaccount:ops:bot');
  });

  it('asks with --with watch for what is watched in all namespaces, and nothing more', async () => {
    const { out } = await rbac(['gl-008', '--with', 'watch']);
    const wide = out.split('---').filter((each) => each.includes('kind: ClusterRole\n'));
    expect(granted(wide.join('---'))).toEqual([
      'list deployments *',
      'watch deployments *',
      'list statefulsets *',
      'watch statefulsets *',
      'list horizontalpodautoscalers *',
      'watch horizontalpodautoscalers *',
      'list scaledobjects *',
      'watch scaledobjects *',
    ]);
  });

  it('prints the same as JSON, which kubectl reads too', async () => {
    const { out } = await rbac(['gl-009', '--tier', 'database', '--json']);
    const { kind, items } = z
      .object({ kind: z.string(), items: z.array(z.unknown()) })
      .parse(JSON.parse(out));
    expect([kind, items.length > 8]).toEqual(['List', true]);
  });

  it('writes a folder for Kustomize', async () => {
    const folder = join(directory, 'out');
    const { out } = await rbac(['--out', folder], true);
    expect(out).toContain('kubectl apply -k');
    expect(await readdir(join(folder, 'traps-staging'))).toEqual([
      'database',
      'read-only',
      'scale',
      'templates',
    ]);
  });

  it('says in words what is misused', async () => {
    const slip = await rbac(['gl-08']);
    expect([slip.code, slip.err]).toEqual([2, expect.stringContaining('gl-008')]);
    const account = await rbac(['gl-008', '--account', 'bot']);
    expect([account.code, account.err]).toEqual([2, expect.stringContaining('NAMESPACE/NAME')]);
    expect((await rbac(['gl-008', '--tier', 'all'])).code).toBe(2);
  });
});
