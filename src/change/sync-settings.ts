// What an Argo CD Application, a Flux Kustomization or a HelmRelease says of when it puts things back, and what it leaves alone.

import type { ArgoApplication, FluxSource } from './keeper.ts';
import type { ObjectRef } from './kinds.ts';

/** Fields that are left alone. A path's part `*` stands for any item of a list. */
export interface IgnoreRule {
  /** Undefined: of every kind, or of every name. */
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly paths: readonly string[];
  /** Fields of these field managers, whichever they are. */
  readonly managers: readonly string[];
}

export type SyncSettings =
  | {
      readonly kind: 'argo-cd';
      /** It syncs without being asked to. */
      readonly automated: boolean;
      readonly selfHeal: boolean;
      /** What is ignored in comparisons is left alone by a sync as well. */
      readonly respectsIgnored: boolean;
      readonly ignores: readonly IgnoreRule[];
    }
  | {
      readonly kind: 'flux';
      readonly suspended: boolean;
      /** Such as `10m`. */
      readonly interval: string;
      /** It puts back what drifted; otherwise only a new release does. */
      readonly corrects: boolean;
      readonly ignores: readonly IgnoreRule[];
    }
  | { readonly kind: 'unknown'; readonly because: string };

/** What such settings can be read of. */
export type SyncSource = ArgoApplication | FluxSource;

/** Whether some rule leaves this field alone when we write it. */
export function isIgnored(
  rules: readonly IgnoreRule[],
  { kind, namespace, name }: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>,
  pointer: string,
): boolean {
  return rules.some(
    (rule) =>
      (rule.kind ?? kind) === kind &&
      (rule.namespace ?? namespace) === namespace &&
      (rule.name ?? name) === name &&
      (rule.managers.includes('headroom') || rule.paths.some((path) => covers(path, pointer))),
  );
}

/** A path covers itself and all that is below it. */
function covers(path: string, pointer: string): boolean {
  const [wide, narrow] = [path.split('/'), pointer.split('/')];
  return (
    wide.length <= narrow.length &&
    wide.every((part, index) => part === '*' || part === narrow[index])
  );
}
