// Each tier is enough for what it is for, and not one verb more: the adapters do everything under an account with its roles.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../sandbox/cluster/control.ts';
import { clone, type JsonObject, list, objects, show, text } from '../../sandbox/cluster/json.ts';
import type { WriteAnswer } from '../../src/ports.ts';
import { sharedParts } from '../../src/rights/right.ts';
import { tiers } from '../../src/rights/tiers.ts';
import {
  built,
  type LimitedCluster,
  objectsIn,
  rbacFolder,
  shipped,
  shippedSystem,
  startLimited,
} from './limited-cluster.ts';
import { type Operation, operationsOf, scaledObjectOf } from './operations.ts';

/** What one request asks a role for. */
interface Access {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

const objectPath =
  /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/;

/** What a request asks for; an apply may have to create, too. */
function accessesOf({ method, path, query, contentType }: JournalEntry): readonly Access[] {
  const [, group = '', namespace = '', plural = '', name = '', subresource] =
    objectPath.exec(path) ?? [];
  if (plural === '') return [];
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  const verb = (): string => {
    if (method === 'GET') return name !== '' ? 'get' : query.includes('watch=') ? 'watch' : 'list';
    return { POST: 'create', PATCH: 'patch', DELETE: 'delete' }[method] ?? method;
  };
  const access = { verb: verb(), group, resource, namespace, name };
  return contentType.includes('apply') ? [access, { ...access, verb: 'create' }] : [access];
}

/** One watch for all namespaces is asked for first; without the part that gives it, each namespace is watched. */
const ofAllNamespaces = /^\/apis\/[^/]+\/[^/]+\/[a-z]+$/;

/** One verb of one rule of one role, and for one of its names where it names some. */
interface Grant {
  readonly role: JsonObject;
  readonly rule: number;
  readonly verb: string;
  readonly name: string | undefined;
}

const kindAndName = (role: JsonObject) =>
  `${text(role, 'kind')} ${text(role, 'metadata', 'namespace')}/${text(role, 'metadata', 'name')}`;

const grantWords = ({ role, rule, verb, name }: Grant) =>
  `${kindAndName(role)}: ${verb} ${list(objects(role, 'rules')[rule] ?? {}, 'resources')
    .map(show)
    .join()} ${name ?? ''}`;

function grantsOf(role: JsonObject): readonly Grant[] {
  return objects(role, 'rules').flatMap((rule, index) => {
    const names = list(rule, 'resourceNames').map(show);
    return list(rule, 'verbs')
      .map(show)
      .flatMap((verb) =>
        (names.length === 0 ? [undefined] : names).map((name) => ({
          role,
          rule: index,
          verb,
          name,
        })),
      );
  });
}

function uses({ verb, group, resource, namespace, name }: Access, grant: Grant): boolean {
  const rule = objects(grant.role, 'rules')[grant.rule] ?? {};
  const inside = text(grant.role, 'metadata', 'namespace');
  return (
    verb === grant.verb &&
    list(rule, 'apiGroups').includes(group) &&
    list(rule, 'resources').includes(resource) &&
    (inside === '' || inside === namespace) &&
    (grant.name === undefined || grant.name === name)
  );
}

/** The role without one verb for one name. */
function without({ role, rule: at, verb, name }: Grant): JsonObject {
  const rules = objects(clone(role), 'rules').flatMap((rule, index) => {
    if (index !== at) return [rule];
    const verbs = list(rule, 'verbs').filter((each) => each !== verb);
    const names = list(rule, 'resourceNames').filter((each) => each !== name);
    return [
      ...(verbs.length > 0 ? [{ ...rule, verbs }] : []),
      ...(names.length > 0 ? [{ ...rule, verbs: [verb], resourceNames: names }] : []),
    ];
  });
  return { rules };
}

describe.each(shipped)('the rights for %s', (id) => {
  const system = shippedSystem(id);
  const roles = built(join(rbacFolder, id, 'database'));
  const shared = sharedParts.flatMap((part) => built(join(rbacFolder, part)));
  const asked = new Map<Operation, readonly Access[]>();
  let limited: LimitedCluster;
  let operations: readonly Operation[];
  const answers: WriteAnswer[] = [];

  beforeAll(async () => {
    limited = await startLimited(system, [...roles, ...shared]);
    operations = operationsOf(system, limited, answers);
  });
  afterAll(async () => {
    await limited.stop();
  });

  /** Does it, and says what was asked and what the account was refused for want of a right. */
  async function watchOf(operation: Operation) {
    const { requests } = limited.cluster.control;
    requests.clear();
    await operation.run();
    const own = requests.all.filter(
      ({ path, status }) =>
        path !== '/version' &&
        (operation.isWide || !(status === 403 && ofAllNamespaces.test(path))),
    );
    return {
      accesses: own.flatMap(accessesOf),
      refused: own
        .filter(({ status }) => status === 403)
        .map(({ method, path }) => `${method} ${path}`),
    };
  }

  it('are enough for everything', async () => {
    for (const operation of operations) {
      const { accesses, refused } = await watchOf(operation);
      expect(refused, operation.what).toEqual([]);
      expect(accesses.length, operation.what).toBeGreaterThan(0);
      asked.set(operation, accesses);
    }
  });

  it('are enough in each tier for what the tier is for', () => {
    for (const [index, tier] of tiers.entries()) {
      const ofTier = [...shared, ...built(join(rbacFolder, id, tier))].flatMap(grantsOf);
      for (const operation of operations.filter((each) => tiers.indexOf(each.tier) <= index)) {
        for (const access of asked.get(operation) ?? []) {
          expect(
            ofTier.some((grant) => uses(access, grant)),
            `${tier}: ${JSON.stringify(access)}`,
          ).toBe(true);
        }
      }
    }
  });

  it('are not narrowed by the admission policies to less than that', async () => {
    const { control } = limited.cluster;
    const policies = objectsIn(join(rbacFolder, 'admission-policy.yaml'));
    const scaled = [...system.workloads.values()].map(({ namespace, kind, name }) => ({
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: scaledObjectOf(name), namespace },
      spec: { scaleTargetRef: { kind, name }, minReplicaCount: 4, maxReplicaCount: 20 },
    }));
    control.seed([...policies, ...scaled]);
    answers.length = 0;
    for (const operation of operations.filter(({ tier }) => tier !== 'read-only')) {
      await operation.run();
    }
    expect(JSON.stringify(answers)).not.toContain('ValidatingAdmissionPolicy');
    expect(answers.filter(({ kind }) => kind === 'written').length).toBeGreaterThanOrEqual(
      scaled.length,
    );
    for (const { kind, metadata } of [...policies, ...scaled]) {
      control.remove(text({ kind }, 'kind'), text(metadata, 'namespace'), text(metadata, 'name'));
    }
  });

  /** Takes each verb away in turn, and sees that something is refused. */
  async function expectNeeded(grants: readonly Grant[]) {
    const { control } = limited.cluster;
    for (const grant of grants) {
      const { role } = grant;
      const place = { kind: text(role, 'kind'), namespace: text(role, 'metadata', 'namespace') };
      const at = { ...place, name: text(role, 'metadata', 'name') };
      // What belongs to no namespace first: a list of one namespace may be allowed by its own role.
      // And what looks at one namespace where it may not look at all shows nothing.
      const users = [...asked]
        .filter(([, accesses]) => accesses.some((each) => uses(each, grant)))
        .toSorted(
          ([{ isWide: one }], [{ isWide: other }]) => Number(other ?? 0) - Number(one ?? 0),
        );
      const isAtHome = ({ namespace }: Access) => namespace === at.namespace;
      const [user] =
        users.find(([, accesses]) =>
          accesses.some((each) => uses(each, grant) && isAtHome(each)),
        ) ??
        users[0] ??
        [];
      if (user === undefined) throw new Error(`nothing uses ${grantWords(grant)}`);
      control.patch(at, without(grant));
      const { refused } = await watchOf(user);
      expect(refused.length, `without ${grantWords(grant)}: ${user.what}`).toBeGreaterThan(0);
      control.patch(at, { rules: role['rules'] ?? [] });
    }
  }

  it('hold no verb for no name without which something would not be refused', async () => {
    // What may be listed everywhere may be listed here: the tiers stand without it.
    for (const { kind, metadata } of shared) {
      limited.cluster.control.remove(
        text({ kind: kind ?? '' }, 'kind'),
        text(metadata, 'namespace'),
        text(metadata, 'name'),
      );
    }
    await expectNeeded(roles.flatMap(grantsOf));
  });

  it('hold none in vain beside the tiers either', async () => {
    limited.cluster.control.seed(shared);
    await expectNeeded(shared.flatMap(grantsOf));
  });
});
