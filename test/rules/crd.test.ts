// Holds the operator's form of the rules to its published schema, which lies beside the checkout where there is one.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ruleGroup } from '../../src/rules/rule-group.ts';
import { yamlText } from '../../src/rules/rules-text.ts';
import { makeSystem } from '../make.ts';
import { filesUnder } from '../modules.ts';
import { readProfile } from '../profile/read-profile.ts';

const file = resolve(
  import.meta.dirname,
  '../../../shared/crds/monitoring.coreos.com_prometheusrules.yaml',
);
const ids = filesUnder('profiles', '.yaml').map((path) => path.replace(/^.*\/|\.yaml$/g, ''));

/** The schema as an API server with strict field validation reads it: a key it does not name is a mistake. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema)
    // The one with Go's flag in it is of a key that is not written.
    .filter(([key, value]) => !(key === 'pattern' && String(value).includes('(?i)')))
    .map(([key, value]) => [key, strict(value)] as const);
  const closed = 'properties' in schema ? { additionalProperties: false } : {};
  return { ...Object.fromEntries(entries), ...closed };
}

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];

interface Definition {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly group: string;
    readonly versions: readonly [
      { readonly name: string; readonly schema: { readonly openAPIV3Schema: object } },
    ];
  };
}

describe.skipIf(!existsSync(file))('a PrometheusRule satisfies its published schema', () => {
  const { spec } = existsSync(file)
    ? (parse(readFileSync(file, 'utf8')) as Definition)
    : { spec: undefined };
  const [version] = spec?.versions ?? [];
  const schema = z.fromJSONSchema(strict(version?.schema.openAPIV3Schema ?? {}) as JsonSchema);

  it.each(ids)('of %s', (id) => {
    const profile = readProfile(id);
    const object: unknown = parse(
      yamlText(ruleGroup(makeSystem({ id, title: profile.title, profile }), 'operator')),
    );
    expect(object).toMatchObject({
      apiVersion: `${spec?.group}/${version?.name}`,
      kind: spec?.names.kind,
    });
    expect(schema.safeParse(object).error?.issues ?? []).toEqual([]);
  });

  it('which finds a key it does not know, and a duration that is none', () => {
    const wrong = {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      spec: { groups: [{ name: 'a', rules: [{ expr: 'up', for: 'long', sevrity: 'x' }] }] },
    };
    expect(schema.safeParse(wrong).error?.issues).toHaveLength(2);
  });
});
