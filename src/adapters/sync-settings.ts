// Reads when Argo CD and Flux put things back: from the Application, Kustomization or HelmRelease, where our account may see it.

import type { Configuration } from '@kubernetes/client-node';
import { z } from 'zod';
import type { IgnoreRule, SyncSettings, SyncSource } from '../change/sync-settings.ts';
import { unreachable } from '../errors.ts';
import { readIfAllowed } from './tolerant-read.ts';

/** Where Argo CD is installed unless somebody chose otherwise. */
const argoNamespace = 'argocd';

/**
 * Anything but a clear answer is `unknown`, with the reason: Argo CD often runs in another cluster.
 * @throws OperationError when the cluster cannot be asked.
 */
export async function readSyncSettings(
  configuration: Configuration,
  source: SyncSource,
): Promise<SyncSettings> {
  const { kind, name, namespace = argoNamespace } = source;
  if (name === undefined) return { kind: 'unknown', because: 'its application is not named' };
  const where = `${kind === 'argo-cd' ? 'Application' : kind} ${namespace}/${name}`;
  const path = `/apis/${groups[kind]}/namespaces/${encodeURIComponent(namespace)}/${plurals[kind]}/${encodeURIComponent(name)}`;
  const told = await readIfAllowed(configuration, path, `reading ${where}`);
  switch (told.kind) {
    case 'absent':
      return { kind: 'unknown', because: `${where} is not in this cluster` };
    case 'unknown':
      return told;
    case 'told':
      return (
        (kind === 'argo-cd' ? argoSettings(told.value) : fluxSettings(kind, told.value)) ?? {
          kind: 'unknown',
          because: `${where} has an unknown form`,
        }
      );
    default:
      return unreachable(told);
  }
}

const groups = {
  'argo-cd': 'argoproj.io/v1alpha1',
  Kustomization: 'kustomize.toolkit.fluxcd.io/v1',
  HelmRelease: 'helm.toolkit.fluxcd.io/v2',
} as const;

const plurals = {
  'argo-cd': 'applications',
  Kustomization: 'kustomizations',
  HelmRelease: 'helmreleases',
} as const;

const application = z.object({
  spec: z.object({
    syncPolicy: z
      .object({
        automated: z
          .object({ enabled: z.boolean().nullish(), selfHeal: z.boolean().nullish() })
          .nullish(),
        syncOptions: z.array(z.string()).nullish(),
      })
      .nullish(),
    ignoreDifferences: z
      .array(
        z.object({
          kind: z.string().nullish(),
          name: z.string().nullish(),
          namespace: z.string().nullish(),
          jsonPointers: z.array(z.string()).nullish(),
          jqPathExpressions: z.array(z.string()).nullish(),
          managedFieldsManagers: z.array(z.string()).nullish(),
        }),
      )
      .nullish(),
  }),
});

function argoSettings(value: unknown): SyncSettings | undefined {
  const read = application.safeParse(value);
  if (!read.success) return undefined;
  const { syncPolicy, ignoreDifferences } = read.data.spec;
  const automated = syncPolicy?.automated;
  return {
    kind: 'argo-cd',
    automated: automated != null && automated.enabled !== false,
    selfHeal: automated?.selfHeal === true,
    respectsIgnored: syncPolicy?.syncOptions?.includes('RespectIgnoreDifferences=true') === true,
    ignores: (ignoreDifferences ?? []).map((rule) =>
      ignoreRule(rule, {
        paths: [
          ...(rule.jsonPointers ?? []),
          ...(rule.jqPathExpressions ?? []).flatMap((path) => pointerOfJq(path) ?? []),
        ],
        managers: rule.managedFieldsManagers ?? [],
      }),
    ),
  };
}

/** A plain path such as `.spec.template.spec.containers[].resources`; anything cleverer is not understood. */
function pointerOfJq(path: string): string | undefined {
  const plain = path.trim().replaceAll('?', '');
  if (!/^(\.[A-Za-z_][\w-]*(\[\])?)+$/.test(plain)) return undefined;
  return plain.replaceAll('[]', '.*').replaceAll('.', '/');
}

const flux = z.object({
  spec: z.object({
    suspend: z.boolean().nullish(),
    interval: z.string(),
    driftDetection: z
      .object({ mode: z.string().nullish(), ignore: z.array(z.unknown()).nullish() })
      .nullish(),
    driftIgnoreRules: z.array(z.unknown()).nullish(),
    ignore: z.array(z.unknown()).nullish(),
  }),
});

const fluxRule = z.object({
  paths: z.array(z.string()),
  target: z
    .object({
      kind: z.string().nullish(),
      name: z.string().nullish(),
      namespace: z.string().nullish(),
    })
    .nullish(),
});

function fluxSettings(
  kind: 'Kustomization' | 'HelmRelease',
  value: unknown,
): SyncSettings | undefined {
  const read = flux.safeParse(value);
  if (!read.success) return undefined;
  const { suspend, interval, driftDetection, driftIgnoreRules, ignore } = read.data.spec;
  const rules = [
    ...(driftDetection?.ignore ?? []),
    ...(driftIgnoreRules ?? []),
    ...(ignore ?? []),
  ].flatMap((rule) => {
    const understood = fluxRule.safeParse(rule);
    return understood.success ? [understood.data] : [];
  });
  return {
    kind: 'flux',
    suspended: suspend === true,
    interval,
    corrects: kind === 'Kustomization' || driftDetection?.mode === 'enabled',
    ignores: rules.map(({ paths, target }) => ignoreRule(target ?? {}, { paths, managers: [] })),
  };
}

interface Target {
  readonly kind?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly namespace?: string | null | undefined;
}

function ignoreRule(
  { kind, name, namespace }: Target,
  what: Pick<IgnoreRule, 'paths' | 'managers'>,
): IgnoreRule {
  return {
    ...what,
    ...(kind != null && kind !== '*' && { kind }),
    ...(name != null && name !== '*' && { name }),
    ...(namespace != null && { namespace }),
  };
}
