// The files in deploy/rbac are what the profiles ask for, and Kustomize takes each tier.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { text } from '../../sandbox/cluster/json.ts';
import { rbacFiles } from '../../src/rights/rbac-files.ts';
import { usualAccount } from '../../src/rights/roles.ts';
import { tiers } from '../../src/rights/tiers.ts';
import { built, objectsIn, rbacFolder, shipped, shippedSystem } from './limited-cluster.ts';

describe('deploy/rbac', () => {
  const there = readdirSync(rbacFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.yaml'),
  );

  it('is what `headroom rbac --out deploy/rbac` writes', () => {
    const head = readFileSync(join(rbacFolder, 'account/account.yaml'), 'utf8').split('\n');
    const written = (head[1] ?? '').replace('# ', '');
    const files = rbacFiles(shipped.map(shippedSystem), { account: usualAccount, written });
    expect(there.toSorted()).toEqual([...files.keys()].toSorted());
    for (const [name, content] of files) {
      expect(readFileSync(join(rbacFolder, name), 'utf8'), name).toBe(content);
    }
  });

  it.each(shipped.flatMap((id) => tiers.map((tier) => [id, tier] as const)))(
    'has for %s a tier %s with all before it',
    (id, tier) => {
      const names = built(join(rbacFolder, id, tier)).map((each) => text(each, 'metadata', 'name'));
      const own = tiers.slice(0, tiers.indexOf(tier) + 1);
      expect(names).toContain('headroom');
      expect(names.filter((name) => name.startsWith(`headroom-${id}-`)).length).toBeGreaterThan(0);
      for (const name of names.filter((each) => each.startsWith(`headroom-${id}-`))) {
        expect(own.some((each) => name.endsWith(`-${each}`))).toBe(true);
      }
    },
  );

  it('grants no wildcard, no secrets, no impersonation and nothing about roles', () => {
    const rules = there
      .flatMap((name) => objectsIn(join(rbacFolder, name)))
      .filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
      .map((role) => JSON.stringify(role['rules']));
    expect(rules.length).toBeGreaterThan(20);
    expect(rules.join('')).not.toMatch(
      /\*|"secrets"|impersonate|rbac\.authorization|escalate|serviceaccounts|"pods\/|"deletecollection"/,
    );
  });
});
