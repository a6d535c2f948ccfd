// The doctor at a cluster: reachable, with every right that its systems need in their mode, and with the workloads they name.

import { type AccessReader, createAccessReader } from '../../adapters/access-review.ts';
import { createClusters } from '../../adapters/kubernetes.ts';
import { kubeconfigMistakes } from '../../adapters/kubernetes-config.ts';
import { createWorkloadReader } from '../../adapters/kubernetes-live.ts';
import { wideNames } from '../../adapters/kubernetes-sources.ts';
import { watchesMax } from '../../adapters/kubernetes-views.ts';
import type { Allowed } from '../../change/allowed.ts';
import type { ObjectKind } from '../../change/kinds.ts';
import type { System } from '../../plan/system.ts';
import type { Clusters } from '../../ports.ts';
import type { Right, SharedPart } from '../../rights/right.ts';
import { rightsOf } from '../../rights/rights.ts';
import { tiers } from '../../rights/tiers.ts';
import type { ClusterConfig } from '../../settings/headroom-config.ts';
import { suggestion } from '../../words/nearest.ts';
import { broken, type Finding, fine, look, unknown } from './finding.ts';
import { fixOfPart, fixOfPolicy, fixOfTier, kubectlOf } from './rights-fix.ts';

const deadlineMs = 10_000;

export interface ClusterAsked {
  readonly cluster: ClusterConfig;
  readonly kubeconfig: string | undefined;
  /** Those that run there. */
  readonly systems: readonly System[];
  readonly allowed: Allowed | undefined;
  /** The profiles are those that ship, and deploy/ has files for their own names. */
  readonly isShipped: boolean;
}

export async function clusterFindings(asked: ClusterAsked): Promise<readonly Finding[]> {
  const { cluster, kubeconfig } = asked;
  const mistakes = kubeconfigMistakes([cluster], kubeconfig);
  if (mistakes.length > 0) {
    const fix = `kubectl config get-contexts, then set KUBECONFIG or clusters.${cluster.id}.context in headroom.yaml`;
    return [
      ...mistakes.map((mistake) => broken('kubeconfig', mistake, fix)),
      unknown('rights and workloads', 'the cluster cannot be asked'),
    ];
  }
  const clusters = createClusters([cluster], kubeconfig, { deadlineMs });
  try {
    return await findingsIn(clusters, asked);
  } finally {
    await clusters.close();
  }
}

async function findingsIn(clusters: Clusters, asked: ClusterAsked): Promise<readonly Finding[]> {
  const { cluster, kubeconfig, systems } = asked;
  const [health] = await clusters.health();
  if (health?.problem !== undefined) {
    return [
      broken('API server', health.problem, `${kubectlOf(cluster)} version`),
      unknown('rights and workloads', 'the cluster cannot be asked'),
    ];
  }
  const access = createAccessReader(cluster, kubeconfig, { deadlineMs });
  const account = await whoIs(access);
  const parts = await Promise.all([
    ...[roomPart, ...watchPart(systems, cluster)].map((part) =>
      look(part.what, () => partFindings(part, access, asked, account)),
    ),
    ...systems.flatMap((system) => [
      look(`rights for ${system.id}`, () => rightFindings(access, system, asked, account)),
      look(`workloads of ${system.id}`, () => workloadFindings(system, asked)),
    ]),
    look('admission policy', () => policyFindings(clusters, asked)),
  ]);
  return [fine('API server', `answers ${account ?? 'us'}`), ...parts.flat()];
}

/** Old clusters cannot say who asks. */
async function whoIs(access: AccessReader): Promise<string | undefined> {
  try {
    return await access.who();
  } catch {
    return undefined;
  }
}

interface Part {
  readonly part: SharedPart;
  readonly what: string;
  /** What is so where nothing is missing. */
  readonly says: string;
  /** What comes of it where something is missing. */
  readonly without: string;
}

const roomPart: Part = {
  part: 'room',
  what: 'room for more pods',
  says: 'nodes and pods of all namespaces may be listed',
  without: '',
};

/** Each namespace takes a watch for each kind of workload and of autoscaler, and more than ten are not opened. */
const namespacesMax = Math.floor(watchesMax / wideNames.length);

/** Watches of all namespaces are worth their right only where one for each namespace would be too many. */
function watchPart(systems: readonly System[], { id }: ClusterConfig): readonly Part[] {
  const namespaces = new Set(
    systems
      .flatMap(({ workloads }) => [...workloads.values()])
      .filter(({ cluster }) => cluster === id)
      .map(({ namespace }) => namespace),
  );
  if (namespaces.size <= namespacesMax) return [];
  const without = `; of ${namespaces.size} namespaces not all are watched then, and the others are read, slowly`;
  const says = 'all namespaces at once may be watched';
  return [{ part: 'watch', what: 'watches', says, without }];
}

async function partFindings(
  { part, what, says, without }: Part,
  access: AccessReader,
  { cluster, systems }: ClusterAsked,
  account: string | undefined,
): Promise<readonly Finding[]> {
  const [system] = systems;
  if (system === undefined) return [];
  const shared = rightsOf(system).filter(
    (right) => right.shared === part && right.cluster === cluster.id,
  );
  const missing = await access.missing(shared);
  if (missing.length === 0) return [fine(what, says)];
  return [
    unknown(
      what,
      `may not ${listed(missing.map(rightWords))}${without}`,
      fixOfPart(part, system, cluster, account),
    ),
  ];
}

/** One finding for each tier that the system needs in its mode. */
async function rightFindings(
  access: AccessReader,
  system: System,
  { cluster, allowed, isShipped }: ClusterAsked,
  account: string | undefined,
): Promise<readonly Finding[]> {
  const needed = rightsOf(system).filter(
    (right) =>
      right.cluster === cluster.id &&
      right.shared === undefined &&
      isNeeded(right, system, allowed),
  );
  const missing = await access.missing(needed);
  return tiers.flatMap((tier) => {
    const ofTier = needed.filter((right) => right.tier === tier);
    if (ofTier.length === 0) return [];
    const what = `rights for ${system.id}, ${tier}`;
    const lacking = missing.filter((right) => right.tier === tier);
    if (lacking.length === 0) return [fine(what, `all ${ofTier.length}`)];
    return [
      broken(
        what,
        `may not ${listed(lacking.map(rightWords))}`,
        fixOfTier({ system, tier, cluster, account, isShipped }),
      ),
    ];
  });
}

/** Looking is always needed; writing only where plans are carried out, and of the kinds that headroom.yaml allows. */
function isNeeded(
  { tier, namespace, writes }: Right,
  { mode }: System,
  allowed: Allowed | undefined,
): boolean {
  if (tier === 'read-only') return true;
  if (mode !== 'apply' || allowed === undefined) return false;
  if (namespace !== undefined && !allowed.namespaces.includes(namespace)) return false;
  // A pooler has a Deployment as well, and is not set up where nothing else of it may be written.
  const hasDatabase = allowed.kinds.some((kind) => databaseKinds.has(kind));
  if (tier === 'database' && !hasDatabase) return false;
  return writes === undefined ? tier === 'scale' : allowed.kinds.includes(writes);
}

const databaseKinds: ReadonlySet<ObjectKind> = new Set([
  'Service',
  'PersistentVolumeClaim',
  'Cluster',
  'Pooler',
  'RedisCluster',
]);

function rightWords({ verb, resource, name, namespace }: Right): string {
  const place = namespace === undefined ? 'in the whole cluster' : `in ${namespace}`;
  return `${verb} ${resource}${name === undefined ? '' : ` ${name}`} ${place}`;
}

const shownMax = 4;

function listed(words: readonly string[]): string {
  const rest = words.length - shownMax;
  return `${words.slice(0, shownMax).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

async function workloadFindings(
  system: System,
  { cluster, kubeconfig }: ClusterAsked,
): Promise<readonly Finding[]> {
  const read = createWorkloadReader(cluster, kubeconfig, { deadlineMs });
  const here = [...system.workloads].filter(([, workload]) => workload.cluster === cluster.id);
  const each = await Promise.all(
    here.map(([component, { container, ...ref }]) =>
      look(`${component} of ${system.id}`, async () => {
        const seen = await read(ref);
        const at = `systems.${system.id}.workloads.${component}`;
        const what = `${component} of ${system.id}`;
        const place = `${ref.kind} ${ref.namespace}/${ref.name}`;
        if (seen.kind === 'missing') {
          const near = suggestion(ref.name, seen.names);
          const fix = `set ${at}.name and .namespace in headroom.yaml; ${kubectlOf(cluster)} get ${ref.kind.toLowerCase()}s --all-namespaces`;
          return [broken(what, `there is no ${place}${near}`, fix)];
        }
        const names = seen.workload.containers.map(({ name }) => name);
        if (names.includes(container)) return [];
        const says = `${place} has no container "${container}", it has ${names.join(', ')}`;
        return [broken(what, says, `set ${at}.container in headroom.yaml`)];
      }),
    ),
  );
  const wrong = each.flat();
  const there = here.length - wrong.length;
  return there > 0 ? [fine(`workloads of ${system.id}`, `${there} are there`), ...wrong] : wrong;
}

/** A dry run of a field that no plan writes: a policy that is in place denies it. */
async function policyFindings(
  clusters: Clusters,
  { cluster, systems }: ClusterAsked,
): Promise<readonly Finding[]> {
  const what = 'admission policy';
  for (const { mode, workloads } of systems) {
    const workload = [...workloads.values()].find(
      (each) => each.kind === 'Deployment' && each.cluster === cluster.id,
    );
    if (mode !== 'apply' || workload === undefined) continue;
    const { namespace, kind, name } = workload;
    const object = { cluster: cluster.id, namespace, kind, name };
    const patch = [{ op: 'add', path: '/spec/minReadySeconds', value: 1 }] as const;
    const answer = await clusters.write({ how: 'patch', object, patch }, { dryRun: true });
    if (answer.kind === 'written') {
      const says = 'the account could set an image: nothing but its role holds it back';
      return [broken(what, says, fixOfPolicy(cluster))];
    }
    if (answer.kind === 'refused' && answer.because.includes('ValidatingAdmissionPolicy')) {
      return [fine(what, 'holds the account to the fields that plans write')];
    }
  }
  return [];
}
