// The custom kinds that guides write, as their published definitions beside the checkout have them, or with no schema where those are not there.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { isObject, type Json, type JsonObject } from '../sandbox/cluster/json.ts';
import { objectKinds } from '../src/change/kinds.ts';
import { customKind } from './custom-kinds.ts';

const folder = resolve(import.meta.dirname, '../../shared/crds');

/** Definitions of every custom kind that plans may write. */
export function publishedKinds(): readonly JsonObject[] {
  return Object.entries(objectKinds).flatMap(([kind, { apiVersion, plural }]) => {
    const [group = '', version = ''] = apiVersion.split('/');
    if (!group.includes('.') || (group.endsWith('.k8s.io') && group !== 'autoscaling.k8s.io'))
      return [];
    const file = resolve(folder, `${group}_${plural}.yaml`);
    if (!existsSync(file)) return [customKind({ group, version, kind, plural })];
    return parseAllDocuments(readFileSync(file, 'utf8'))
      .map((document): Json => document.toJS())
      .filter(isObject)
      .filter((definition) => definition['kind'] === 'CustomResourceDefinition');
  });
}
