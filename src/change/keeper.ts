// Finds who keeps an object as it is written elsewhere (Git, a chart, a file, another object), and which fields of it.

import type { SeenObject } from './compare.ts';
import { appliersOf, ownersOf } from './field-owner.ts';
import { escaped, keysOf, valueAt } from './pointer.ts';

/** Whoever puts an object back to what another place says. */
export type Keeper =
  | ArgoApplication
  | FluxSource
  | { readonly kind: 'helm'; readonly name: string }
  | { readonly kind: 'kubectl' }
  /** Whoever applied it on the server's side: `kubectl apply --server-side`, Terraform, Pulumi, an operator. */
  | { readonly kind: 'applier'; readonly manager: string }
  /** Another object of the cluster, whose controller makes this one from it. */
  | { readonly kind: 'owner'; readonly ownerKind: string; readonly name: string };

/** Its settings stand in an Application; where, only some annotations say. */
export interface ArgoApplication {
  readonly kind: 'argo-cd';
  readonly name?: string;
  readonly namespace?: string;
}

/** A Kustomization or HelmRelease; that is where its settings stand. */
export interface FluxSource {
  readonly kind: 'Kustomization' | 'HelmRelease';
  readonly namespace: string;
  readonly name: string;
}

/** What a keeper has to do with the fields that were asked about. */
export interface Kept {
  readonly keeper: Keeper;
  /** Pointers of fields it wrote, and which nobody has written since. */
  readonly holds: readonly string[];
  /** Pointers of fields somebody else wrote last: it puts them back only if its source states them. */
  readonly mayHold: readonly string[];
}

/**
 * Everybody who would put some of these fields back. A keeper that has nothing to do with them is not among them: what
 * a source does not state, it leaves alone.
 */
export function keptBy(
  object: SeenObject,
  namespace: string,
  pointers: readonly string[],
): readonly Kept[] {
  const owner = controllerOf(object);
  if (owner !== undefined) return [{ keeper: owner, holds: pointers, mayHold: [] }];
  const kept: Kept[] = [];
  for (const { keeper, isItsManager, byFile } of keepersOf(object, namespace)) {
    const file = byFile === true ? lastApplied(object) : undefined;
    const how = (pointer: string) => howHeld(object, pointer, isItsManager, file);
    const holds = pointers.filter((pointer) => how(pointer) === 'holds');
    const mayHold = pointers.filter((pointer) => how(pointer) === 'may hold');
    if (holds.length + mayHold.length > 0) kept.push({ keeper, holds, mayHold });
  }
  return [...kept, ...appliedBy(object, pointers)];
}

/** What is applied, others than those above included, is wanted so again; who left it after that no longer owns it. */
function appliedBy(object: SeenObject, pointers: readonly string[]): readonly Kept[] {
  const managers = new Set(pointers.flatMap((pointer) => appliersOf(object, pointer)));
  return [...managers]
    .filter((manager) => !isKnown(manager, object))
    .map((manager) => ({
      keeper: { kind: 'applier', manager },
      holds: pointers.filter((pointer) => appliersOf(object, pointer).includes(manager)),
      mayHold: [],
    }));
}

/** The field manager of what Headroom makes. */
const ownManager = 'headroom';

/** Ourselves, and those whose own labels and annotations say what they do with an object. */
function isKnown(manager: string, object: SeenObject): boolean {
  const flux = fluxSources.find((source) => source.manager === manager);
  return (
    manager === ownManager ||
    isArgo(manager) ||
    (flux !== undefined && label(object, `${flux.group}/name`) !== undefined) ||
    (manager === 'helm' && annotation(object, 'meta.helm.sh/release-name') !== undefined)
  );
}

interface Candidate {
  readonly keeper: Keeper;
  readonly isItsManager: (manager: string) => boolean;
  /** It applies on the client's side, which leaves what it applied in an annotation. */
  readonly byFile?: true;
}

function keepersOf(object: SeenObject, namespace: string): readonly Candidate[] {
  const argo = argoOf(object, namespace);
  const flux = fluxOf(object);
  const found: Candidate[] = [
    ...(argo ? [{ keeper: argo, isItsManager: isArgo, byFile: true } as const] : []),
    ...flux,
  ];
  if (found.length > 0) return found;
  const release = annotation(object, 'meta.helm.sh/release-name');
  if (release !== undefined) {
    found.push({ keeper: { kind: 'helm', name: release }, isItsManager: (who) => who === 'helm' });
  } else if (annotation(object, lastAppliedAnnotation) !== undefined) {
    const isItsManager = (who: string) => who === 'kubectl-client-side-apply';
    found.push({ keeper: { kind: 'kubectl' }, isItsManager, byFile: true });
  }
  return found;
}

const isArgo = (manager: string) => manager.startsWith('argocd-');

/**
 * The common label alone proves nothing: charts set it too. An operator may copy annotations to what it makes, so the
 * tracking id must speak of this very object.
 */
function argoOf(object: SeenObject, namespace: string): ArgoApplication | undefined {
  const tracked = /^([^:]+):[^:/]*\/([^:/]+):([^/]*)\/(.+)$/.exec(
    annotation(object, 'argocd.argoproj.io/tracking-id') ?? '',
  );
  if (tracked?.[2] === object.kind && tracked[3] === namespace && tracked[4] === object.name) {
    // An application outside Argo CD's own namespace has that in front of its name.
    const [, where, name] = /^([a-z0-9-]+)_(.+)$/.exec(tracked[1] ?? '') ?? [];
    return where === undefined || name === undefined
      ? { kind: 'argo-cd', name: tracked[1] ?? '' }
      : { kind: 'argo-cd', namespace: where, name };
  }
  const own = label(object, 'argocd.argoproj.io/instance');
  if (own !== undefined) return { kind: 'argo-cd', name: own };
  if (!object.writers.some(({ manager }) => isArgo(manager))) return undefined;
  const common = label(object, 'app.kubernetes.io/instance');
  return common === undefined ? { kind: 'argo-cd' } : { kind: 'argo-cd', name: common };
}

const fluxSources = [
  { kind: 'Kustomization', group: 'kustomize.toolkit.fluxcd.io', manager: 'kustomize-controller' },
  { kind: 'HelmRelease', group: 'helm.toolkit.fluxcd.io', manager: 'helm-controller' },
] as const;

const leftAlone = ['disabled', 'Ignore', 'IfNotPresent'];

function fluxOf(object: SeenObject): readonly Candidate[] {
  return fluxSources.flatMap(({ kind, group, manager }): Candidate[] => {
    const [name, namespace] = ['name', 'namespace'].map((of) => label(object, `${group}/${of}`));
    const told = ['reconcile', 'ssa'].map((of) => annotation(object, `${group}/${of}`));
    if (name === undefined || namespace === undefined) return [];
    if (told.some((value) => value !== undefined && leftAlone.includes(value))) return [];
    const isItsManager = (who: string) => who === manager;
    // Drift is left alone then, but an upgrade is not.
    const upgraded = annotation(object, `${group}/driftDetection`) === 'disabled';
    return [
      { keeper: upgraded ? { kind: 'helm', name } : { kind, namespace, name }, isItsManager },
    ];
  });
}

function controllerOf({ value }: SeenObject): Keeper | undefined {
  const owners = valueAt(value, '/metadata/ownerReferences');
  const owner: unknown = Array.isArray(owners)
    ? owners.find((each: unknown) => valueAt(each, '/controller') === true)
    : undefined;
  const [ownerKind, name] = ['/kind', '/name'].map((pointer) => valueAt(owner, pointer));
  return typeof ownerKind === 'string' && typeof name === 'string'
    ? { kind: 'owner', ownerKind, name }
    : undefined;
}

/** `file` is what was applied last on the client's side: there the field either stands or does not. */
function howHeld(
  object: SeenObject,
  pointer: string,
  isItsManager: (manager: string) => boolean,
  file: unknown,
): 'holds' | 'may hold' | 'not' {
  if (file !== undefined && statedIn(file, object.value, keysOf(pointer))) return 'holds';
  const owners = ownersOf(object, pointer);
  if (owners.some(isItsManager)) return 'holds';
  if (file !== undefined) return 'not';
  // Where the server keeps no record of it, nobody knows what it wrote.
  if (!object.writers.some(({ manager }) => isItsManager(manager))) return 'may hold';
  return owners.length > 0 ? 'may hold' : 'not';
}

const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

function lastApplied(object: SeenObject): unknown {
  const text = annotation(object, lastAppliedAnnotation);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether a manifest states a field of the live object; items of lists are known by their names where they have some. */
function statedIn(manifest: unknown, live: unknown, keys: readonly string[]): boolean {
  const [key, ...rest] = keys;
  if (key === undefined) return manifest !== undefined;
  const item = valueAt(live, `/${escaped(key)}`);
  const name = Array.isArray(live) ? valueAt(item, '/name') : undefined;
  const same: unknown =
    Array.isArray(manifest) && typeof name === 'string'
      ? manifest.find((each: unknown) => valueAt(each, '/name') === name)
      : valueAt(manifest, `/${escaped(key)}`);
  return same !== undefined && statedIn(same, item, rest);
}

function label(object: SeenObject, name: string): string | undefined {
  return textAt(object, `/metadata/labels/${escaped(name)}`);
}

function annotation(object: SeenObject, name: string): string | undefined {
  return textAt(object, `/metadata/annotations/${escaped(name)}`);
}

function textAt({ value }: SeenObject, pointer: string): string | undefined {
  const text = valueAt(value, pointer);
  return typeof text === 'string' && text !== '' ? text : undefined;
}
