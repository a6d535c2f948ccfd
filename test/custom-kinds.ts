// Definitions of custom kinds for the sandbox cluster, with as little schema as a server takes.

import type { JsonObject } from '../sandbox/cluster/json.ts';

/** A namespaced kind whose spec may hold anything. */
export function customKind(names: {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}): JsonObject {
  const { group, version, kind, plural } = names;
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: anything } } },
        },
      ],
    },
  };
}

export const scaledObjectKind = customKind({
  group: 'keda.sh',
  version: 'v1alpha1',
  kind: 'ScaledObject',
  plural: 'scaledobjects',
});

export const applicationKind = customKind({
  group: 'argoproj.io',
  version: 'v1alpha1',
  kind: 'Application',
  plural: 'applications',
});

export const kustomizationKind = customKind({
  group: 'kustomize.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'Kustomization',
  plural: 'kustomizations',
});

export const helmReleaseKind = customKind({
  group: 'helm.toolkit.fluxcd.io',
  version: 'v2',
  kind: 'HelmRelease',
  plural: 'helmreleases',
});
