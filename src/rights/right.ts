// One verb on one resource, what it is asked for, and the part of the cluster that it is asked of.

import { type ObjectKind, objectKinds } from '../change/kinds.ts';
import type { Tier } from './tiers.ts';

export type Verb = 'get' | 'list' | 'watch' | 'patch' | 'create' | 'delete';

/** What is read beside the namespaces of a system: room on the nodes, one watch of a kind for all, and who puts changes back. */
export const sharedParts = ['room', 'watch', 'argo-cd', 'flux'] as const;
export type SharedPart = (typeof sharedParts)[number];

/** One verb on one resource. */
export interface Right {
  readonly tier: Tier;
  readonly cluster: string;
  /** Undefined: of the whole cluster. */
  readonly namespace: string | undefined;
  /** Empty: the core group. */
  readonly group: string;
  /** The plural, with its subresource. */
  readonly resource: string;
  readonly verb: Verb;
  /** Only this object. */
  readonly name?: string;
  /** The kind that is written, where it is one that headroom.yaml may leave out. */
  readonly writes?: ObjectKind;
  /** It is the same for every system of the cluster, and nothing stops without it: some cards say less. */
  readonly shared?: SharedPart;
  /** Why it is asked for, as people read it. */
  readonly why: string;
}

/** Some verbs on one resource, before it is said where. */
export type Asked = Pick<Right, 'group' | 'resource' | 'why'> & { readonly verbs: readonly Verb[] };

/** Each verb by itself, in one place. */
export function asked(
  { verbs, ...right }: Asked,
  place: Pick<Right, 'cluster' | 'namespace'>,
  tier: Tier,
): readonly Right[] {
  return verbs.map((verb) => ({ tier, ...place, ...right, verb }));
}

/** How the rights call a kind. */
export function resourceOf(kind: ObjectKind): Pick<Right, 'group' | 'resource'> {
  const { apiVersion, plural } = objectKinds[kind];
  const at = apiVersion.indexOf('/');
  return { group: at < 0 ? '' : apiVersion.slice(0, at), resource: plural };
}
