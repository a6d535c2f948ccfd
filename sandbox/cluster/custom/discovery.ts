// What discovery says about the kinds that definitions made.
import { createHash } from 'node:crypto';
import type { JsonObject } from '../json.ts';
import { list } from '../json.ts';
import type { Resource } from '../resources/resource.ts';
import type { Store } from '../store.ts';
import { customKinds } from './kinds.ts';

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

function storageHash({ group, version, kind }: Resource): string {
  const digest = createHash('sha256').update(`${group}/${version}/${kind}`).digest();
  return digest.subarray(0, 8).toString('base64');
}

function entriesOf(resource: Resource): JsonObject[] {
  const { plural, singular, namespaced, kind, shortNames, categories } = resource;
  const sub = { singularName: '', namespaced, verbs: ['get', 'patch', 'update'] };
  const main: JsonObject = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames: [...shortNames] } : {}),
    ...(categories === undefined ? {} : { categories: [...categories] }),
    storageVersionHash: storageHash(resource),
  };
  return [
    main,
    ...(resource.statusSubresource ? [{ ...sub, name: `${plural}/status`, kind }] : []),
    ...(resource.scale
      ? [{ ...sub, name: `${plural}/scale`, group: 'autoscaling', version: 'v1', kind: 'Scale' }]
      : []),
  ];
}

/** Stable versions first, then betas, then alphas; the newer one first. */
function versionOrder(version: string): string {
  const [, major = '0', stage = '', minor = '0'] =
    /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  const rank = { '': '2', beta: '1', alpha: '0' }[stage] ?? '';
  return `${rank}${major.padStart(6, '0')}${minor.padStart(6, '0')}`;
}

function groupOf(name: string, kinds: readonly Resource[]): JsonObject {
  const versions = [...new Set(kinds.map(({ version }) => version))]
    .toSorted((a, b) => (versionOrder(a) > versionOrder(b) ? -1 : 1))
    .map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] ?? {} };
}

/** True for groups in which a definition made a kind. */
export const isCustomGroup = (store: Store, group: string): boolean =>
  customKinds(store).some((item) => item.group === group);

/** The document at a discovery path, given what the built-in kinds have there. */
export function withCustomKinds(
  store: Store,
  path: string,
  found: JsonObject | undefined,
): JsonObject | undefined {
  const [root, group = '', version = '', ...more] = path.split('/').filter((part) => part !== '');
  if (root !== 'apis' || more.length > 0) return found;
  const kinds = customKinds(store);
  if (group === '') {
    if (found === undefined || found['kind'] !== 'APIGroupList') return found;
    const names = [...new Set(kinds.map((item) => item.group))].toSorted();
    const made = names.map((name) =>
      groupOf(
        name,
        kinds.filter((item) => item.group === name),
      ),
    );
    return { ...found, groups: [...list(found, 'groups'), ...made] };
  }
  const own = kinds.filter((item) => item.group === group);
  if (own.length === 0) return found;
  if (version === '') return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group, own) };
  const served = own.filter((item) => item.version === version);
  return served.length === 0
    ? undefined
    : {
        kind: 'APIResourceList',
        apiVersion: 'v1',
        groupVersion: `${group}/${version}`,
        resources: served.flatMap(entriesOf),
      };
}
