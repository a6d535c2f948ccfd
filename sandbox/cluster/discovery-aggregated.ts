// Discovery in one answer, as newer clients ask for it: all groups, versions and resources of /api or /apis.
import type { JsonObject } from './json.ts';
import { list, objects, text } from './json.ts';

/** The content type of an aggregated answer, which is also what a client must accept to get one. */
export const aggregatedType =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Whether a client wants the aggregated form rather than the plain one. */
export function wantsAggregated(path: string, accept: string): boolean {
  if (path !== '/api' && path !== '/apis') return false;
  const wanted = accept.split(',').map((item) => item.replaceAll(/\s|;q=[\d.]+/g, ''));
  const known = wanted.find((item) => item === aggregatedType || !item.includes('apidiscovery'));
  return known === aggregatedType;
}

const kindOf = (entry: JsonObject): JsonObject => ({
  group: text(entry, 'group'),
  version: text(entry, 'version'),
  kind: text(entry, 'kind'),
});

function resourceOf(entry: JsonObject, all: readonly JsonObject[]): JsonObject {
  const name = text(entry, 'name');
  const shortNames = list(entry, 'shortNames');
  const categories = list(entry, 'categories');
  const below = all
    .filter((other) => text(other, 'name').startsWith(`${name}/`))
    .map((other) => ({
      subresource: text(other, 'name').slice(name.length + 1),
      responseKind: kindOf(other),
      verbs: list(other, 'verbs'),
    }));
  return {
    resource: name,
    responseKind: kindOf(entry),
    scope: entry['namespaced'] === true ? 'Namespaced' : 'Cluster',
    singularResource: text(entry, 'singularName'),
    verbs: list(entry, 'verbs'),
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(below.length === 0 ? {} : { subresources: below }),
  };
}

function versionOf(version: string, found: JsonObject | undefined): JsonObject {
  const all = objects(found, 'resources');
  const main = all.filter((entry) => !text(entry, 'name').includes('/'));
  return {
    version,
    resources: main.map((entry) => resourceOf(entry, all)),
    freshness: 'Current',
  };
}

/** The aggregated form of what the plain documents say; `find` gives the one at a path. */
export function aggregate(
  path: string,
  find: (path: string) => JsonObject | undefined,
): JsonObject {
  const items =
    path === '/api'
      ? [{ metadata: {}, versions: [versionOf('v1', find('/api/v1'))] }]
      : objects(find('/apis'), 'groups').map((group) => ({
          metadata: { name: text(group, 'name') },
          versions: objects(group, 'versions').map(({ version }) => {
            const name = text(version);
            return versionOf(name, find(`/apis/${text(group, 'name')}/${name}`));
          }),
        }));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items,
  };
}
