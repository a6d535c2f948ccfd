// Where CloudNativePG keeps a database, the roles hold what its plans write to the Cluster and what tells whether its volumes grew; nothing more.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../sandbox/cluster/json.ts';
import type { WriteAnswer } from '../../src/ports.ts';
import { rightsOf } from '../../src/rights/rights.ts';
import { rolesOf, usualAccount } from '../../src/rights/roles.ts';
import { tiers } from '../../src/rights/tiers.ts';
import { makeDatabasePlace } from '../make.ts';
import { type LimitedCluster, shippedSystem, startLimited } from './limited-cluster.ts';
import { type Operation, operationsOf } from './operations.ts';

const namespace = 'greenlang-db';
const own = shippedSystem('gl-003');
const window = { at: '02:00', minutes: 60, timezone: 'UTC', days: [] };
const operated = makeDatabasePlace({
  namespace,
  operated: 'meters',
  restart: { approvers: [], window },
});
const system = { ...own, databases: new Map([['main', operated]]) };

/** What they hold beside those of a system whose databases nobody named. */
const added = () => {
  const known = new Set(rightsOf(own).map((right) => JSON.stringify(right)));
  return rightsOf(system)
    .filter((right) => !known.has(JSON.stringify(right)))
    .map(({ tier, namespace: at, verb, resource, name }) => [tier, at, verb, resource, name]);
};

describe('the rights for a Cluster of CloudNativePG', () => {
  let limited: LimitedCluster;
  let operations: readonly Operation[];
  const answers: WriteAnswer[] = [];

  beforeAll(async () => {
    const { byTier } = rolesOf(system, usualAccount);
    const roles = tiers
      .flatMap((tier) => byTier.get(tier) ?? [])
      .map(({ content }): JsonObject => JSON.parse(JSON.stringify(content)));
    limited = await startLimited(system, roles);
    operations = operationsOf(system, limited, answers).filter(({ what }) =>
      what.includes(' Cluster '),
    );
  });
  afterAll(() => limited.stop());

  /** What it was refused for want of a right. */
  async function refusedIn(operation: Operation) {
    const { requests } = limited.cluster.control;
    requests.clear();
    await operation.run();
    expect(requests.all.length).toBeGreaterThan(0);
    return requests.all
      .filter(({ status }) => status === 403)
      .map(({ method, path }) => `${method} ${path}`);
  }

  it('are to read and patch it by its name, and to read the claims of its instances', () => {
    expect(added()).toEqual(
      expect.arrayContaining([
        ['read-only', namespace, 'get', 'clusters', 'meters'],
        ['database', namespace, 'patch', 'clusters', 'meters'],
        ['read-only', namespace, 'get', 'persistentvolumeclaims', undefined],
      ]),
    );
    // A database without an operator has no such claims.
    const plain = { ...own, databases: new Map([['main', makeDatabasePlace()]]) };
    expect(rightsOf(plain)).toEqual(rightsOf(own));
  });

  it('are enough for each of them', async () => {
    expect(operations.map(({ what }) => what)).toEqual([
      `whether the volumes of Cluster ${namespace}/meters have grown`,
      `read Cluster ${namespace}/meters`,
      `patch Cluster ${namespace}/meters`,
    ]);
    for (const operation of operations) {
      expect(await refusedIn(operation), operation.what).toEqual([]);
    }
  });

  it.each([
    ['read-only', 'persistentvolumeclaims', `GET .*/persistentvolumeclaims/meters-1`],
    ['read-only', 'clusters', 'GET .*/clusters/meters'],
    ['database', 'clusters', 'PATCH .*/clusters/meters'],
  ])('of the tier %s are needed on %s', async (tier, resource, refusal) => {
    const at = { kind: 'Role', namespace, name: `headroom-gl-003-${tier}` };
    const rules = limited.cluster.control.get(at.kind, at.namespace, at.name)?.['rules'];
    if (!Array.isArray(rules)) throw new Error('no rules');
    const others = rules.filter((rule) => !JSON.stringify(rule).includes(`"${resource}"`));
    limited.cluster.control.patch(at, { rules: others });
    const refused = [];
    for (const operation of operations) refused.push(...(await refusedIn(operation)));
    expect(refused).toContainEqual(expect.stringMatching(new RegExp(refusal)));
    limited.cluster.control.patch(at, { rules });
  });

  it('are to make the pods of a StatefulSet anew in place of that, where there is no operator', () => {
    const restart = { approvers: [], window, statefulSet: 'meters' };
    const plain = {
      ...own,
      databases: new Map([['main', makeDatabasePlace({ namespace, restart })]]),
    };
    const rights = rightsOf(plain).filter(({ name }) => name === 'meters');
    expect(rights).toMatchObject([{ tier: 'templates', resource: 'statefulsets', verb: 'patch' }]);
  });
});
