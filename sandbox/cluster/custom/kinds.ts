// The kinds that definitions in the store add, beside the built-in ones.
import type { JsonObject } from '../json.ts';
import { list, object, objects, show, text } from '../json.ts';
import { definition } from '../resources/definition.ts';
import { findResource, resources } from '../resources/registry.ts';
import type { Resource, ScalePaths } from '../resources/resource.ts';
import { apiVersionOf } from '../resources/resource.ts';
import type { Store } from '../store.ts';
import { customShape } from './ownership.ts';
import { checkTypes, fillDefaults } from './prune.ts';
import { parseStructural } from './structural.ts';
import { checkCustom } from './validate.ts';

const pathOf = (written: string) => written.replace(/^\./, '').split('.');

function scalePathsOf(version: JsonObject): ScalePaths | undefined {
  const scale = object(version, 'subresources')['scale'];
  if (scale === undefined) return undefined;
  const selector = text(scale, 'labelSelectorPath');
  return {
    spec: pathOf(text(scale, 'specReplicasPath')),
    status: pathOf(text(scale, 'statusReplicasPath')),
    selector: selector === '' ? undefined : pathOf(selector),
  };
}

function resourceOf(made: JsonObject, version: JsonObject, isLeaving: boolean): Resource {
  const spec = object(made, 'spec');
  const names = object(spec, 'names');
  const kind = text(names, 'kind');
  const node = parseStructural(object(version, 'schema', 'openAPIV3Schema'));
  const scale = scalePathsOf(version);
  const categories = list(names, 'categories').map(show);
  return {
    group: text(spec, 'group'),
    version: text(version, 'name'),
    kind,
    plural: text(names, 'plural'),
    singular: text(names, 'singular'),
    shortNames: list(names, 'shortNames').map(show),
    ...(categories.length === 0 ? {} : { categories }),
    namespaced: text(spec, 'scope') === 'Namespaced',
    schema: customShape(kind, node),
    generation: 'spec',
    statusSubresource: object(version, 'subresources')['status'] !== undefined,
    scale: scale !== undefined,
    unconditionalUpdate: false,
    nameRule: 'subdomain',
    deleteAnswers: 'status',
    applyDefaults: (held) => fillDefaults(held, node),
    validate: (held, old) => checkCustom(node, scale, held, old),
    custom: {
      scale,
      selectable: objects(version, 'selectableFields').map((item) =>
        pathOf(text(item, 'jsonPath')).join('.'),
      ),
      isLeaving,
      checkTypes: ({ metadata: _metadata, ...rest }) => checkTypes(rest, node, ''),
    },
  };
}

const hasCondition = (made: JsonObject, type: string) =>
  objects(made, 'status', 'conditions').some(
    (item) => item['type'] === type && item['status'] === 'True',
  );

/** Stored definitions are never changed in place, so what was made of one stays true. */
const known = new WeakMap<JsonObject, readonly Resource[]>();

function kindsOf(made: JsonObject): readonly Resource[] {
  const before = known.get(made);
  if (before !== undefined) return before;
  const isLeaving = hasCondition(made, 'Terminating');
  const kinds = hasCondition(made, 'Established')
    ? objects(made, 'spec', 'versions')
        .filter((version) => version['served'] === true)
        .map((version) => resourceOf(made, version, isLeaving))
    : [];
  known.set(made, kinds);
  return kinds;
}

/** Every version of every kind that definitions made and that is served now. */
export const customKinds = (store: Store): readonly Resource[] =>
  store.list(definition).flatMap(kindsOf);

/** The kinds of one definition. */
export const kindsOfDefinition = kindsOf;

/** The kind behind a group, version and plural, built in or not. */
export function findKind(
  store: Store,
  group: string,
  version: string,
  plural: string,
): Resource | undefined {
  return (
    findResource(group, version, plural) ??
    customKinds(store).find(
      (item) => item.group === group && item.version === version && item.plural === plural,
    )
  );
}

/** The resource of a kind. Throws for kinds that are not served. */
export function kindNamed(store: Store, kind: string): Resource {
  const found = [...resources, ...customKinds(store)].find((item) => item.kind === kind);
  if (found === undefined) throw new Error(`the sandbox does not serve ${kind}`);
  return found;
}

/** An object in the version it is asked for; only its apiVersion differs, as no definition here converts. */
export function asVersion(resource: Resource, held: JsonObject): JsonObject {
  if (resource.custom === undefined) return held;
  const apiVersion = apiVersionOf(resource);
  return held['apiVersion'] === apiVersion ? held : { ...held, apiVersion };
}
