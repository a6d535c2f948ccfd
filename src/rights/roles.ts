// Turns rights into the roles and bindings of Kubernetes, one role for each namespace and tier.

import type { System } from '../plan/system.ts';
import type { RulesDocument } from '../rules/rules-text.ts';
import { type Right, type SharedPart, sharedParts, type Verb } from './right.ts';
import { rightsOf } from './rights.ts';
import { type Tier, tiers, tierWords } from './tiers.ts';

/** The service account that Headroom runs as. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** The account of the files in deploy/. */
export const usualAccount: Account = { namespace: 'headroom', name: 'headroom' };

/** What is asked beside the tiers, in words. */
export const sharedWords: Readonly<Record<SharedPart, string>> = {
  room: 'Whether there is room for more pods. Nodes belong to no namespace, so this is a ClusterRole; a list of pods shows the environment written into them.',
  watch:
    'One watch a kind for the whole cluster, where workloads stand in more than two namespaces; it shows the workloads of all of them, with the environment written into them. Without it up to ten are watched one by one, and all else is read.',
  'argo-cd':
    'Whether Argo CD puts back what plans change, where it runs in the namespace argocd of the same cluster.',
  flux: 'Whether Flux puts back what plans change. Its objects may stand in any namespace, so this is a ClusterRole.',
};

/** All roles of one system. */
export interface Roles {
  /** The same for every system of a cluster. */
  readonly shared: ReadonlyMap<SharedPart, readonly RulesDocument[]>;
  readonly byTier: ReadonlyMap<Tier, readonly RulesDocument[]>;
}

/** The roles of a system, each with its binding to the account. */
export function rolesOf(system: System, account: Account): Roles {
  const rights = rightsOf(system);
  const own = rights.filter(({ shared }) => shared === undefined);
  return {
    shared: new Map(
      sharedParts.map((part) => [
        part,
        rolesFor(
          rights.filter(({ shared }) => shared === part),
          { name: `headroom-${part}`, about: sharedWords[part] },
          account,
        ),
      ]),
    ),
    byTier: new Map(
      tiers.map((tier) => [
        tier,
        rolesFor(
          own.filter((right) => right.tier === tier),
          {
            name: `headroom-${system.id}-${tier}`,
            about: `${system.title}, ${tier}: ${tierWords[tier]}`,
          },
          account,
        ),
      ]),
    ),
  };
}

/** The account itself, in its namespace. */
export function accountDocuments({ namespace, name }: Account): readonly RulesDocument[] {
  const labels = ownLabels;
  return [
    document({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }),
    document({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } }),
  ];
}

/** A role and its binding for each namespace, and for the cluster where something belongs to none. */
function rolesFor(
  rights: readonly Right[],
  { name, about }: { readonly name: string; readonly about: string },
  account: Account,
): readonly RulesDocument[] {
  const namespaces = [...new Set(rights.map(({ namespace }) => namespace))];
  return namespaces.flatMap((namespace) => {
    const rules = rulesOf(rights.filter((right) => right.namespace === namespace));
    const role = namespace === undefined ? 'ClusterRole' : 'Role';
    const metadata = { name, ...(namespace !== undefined && { namespace }), labels: ownLabels };
    return [
      {
        content: {
          apiVersion: rbac,
          kind: role,
          metadata,
          rules: rules.map(({ rule }) => rule),
        },
        head: [about],
        notes: rules.map(({ why }, index) => ({ path: ['rules', index], lines: why })),
      },
      document({
        apiVersion: rbac,
        kind: `${role}Binding`,
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: role, name },
        subjects: [{ kind: 'ServiceAccount', ...account }],
      }),
    ];
  });
}

const rbac = 'rbac.authorization.k8s.io/v1';
const ownLabels = { 'app.kubernetes.io/part-of': 'headroom' };

interface Rule {
  readonly rule: {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly Verb[];
  };
  readonly why: readonly string[];
}

/** One rule for each resource and set of names; a verb that is asked for any object is asked for no names. */
function rulesOf(rights: readonly Right[]): readonly Rule[] {
  return grouped(rights, ({ group, resource }) => `${group} ${resource}`).flatMap((ofResource) => {
    const byVerb = grouped(ofResource, ({ verb }) => verb);
    const byNames = grouped(byVerb, (ofVerb) => JSON.stringify(namesOf(ofVerb) ?? 'any'));
    return byNames.map((ofVerbs) => ruleOf(ofVerbs.flat()));
  });
}

/** Those with the same key together, in the order in which they first come. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function namesOf(rights: readonly Right[]): readonly string[] | undefined {
  const names = rights.flatMap(({ name }) => name ?? []);
  return names.length < rights.length ? undefined : [...new Set(names)].toSorted();
}

function ruleOf(rights: readonly Right[]): Rule {
  const names = namesOf(rights);
  const [{ group, resource } = { group: '', resource: '' }] = rights;
  return {
    rule: {
      apiGroups: [group],
      resources: [resource],
      ...(names && { resourceNames: names }),
      verbs: [...new Set(rights.map(({ verb }) => verb))],
    },
    why: [[...new Set(rights.map(({ why }) => why))].join(', ')],
  };
}

function document(content: RulesDocument['content']): RulesDocument {
  return { content, head: [], notes: [] };
}
