// Every write of an object goes through here: conflict checks, system fields, rules, ownership, generation.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { timestamp } from './clock.ts';
import { decode, zeroOf } from './decode.ts';
import type { JsonObject } from './json.ts';
import { clone, equal, isObject, nameOf, namespaceOf, object, text } from './json.ts';
import type { Ownership, Writer } from './patch/managed-fields.ts';
import { afterUpdate, printManagers, readManagers } from './patch/managed-fields.ts';
import type { Admit } from './pending-write.ts';
import { validateMetadata } from './resources/metadata.ts';
import type { Resource } from './resources/resource.ts';
import { apiVersionOf, byKind, byPlural } from './resources/resource.ts';
import { alreadyExists, conflict, internalError, invalid, modified } from './status.ts';
import type { Store } from './store.ts';
import { annotationsOf, isHeld, isReset, protect, specChanged } from './written-object.ts';

/** How a write is to be done. */
export interface WriteOptions {
  /** Judges the write; without it (controllers, the control) everything goes. */
  readonly admit?: Admit;
  readonly manager: string;
  readonly dryRun?: boolean;
  readonly subresource?: 'status' | 'scale' | 'resize';
  /** Owners worked out by an apply; without them the write is a plain update. */
  readonly owners?: readonly Ownership[];
  /** How a wrong uid is answered: PUT looks at storage, a patch breaks a rule. */
  readonly uidCheck?: 'storage' | 'rule';
}

const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Five characters as the server adds to a generateName. */
export function randomSuffix(): string {
  return [...randomBytes(5)].map((byte) => suffixAlphabet[byte % suffixAlphabet.length]).join('');
}

/** Writes objects into the store the way the API server does. */
export class ObjectWriter {
  private readonly store: Store;
  private readonly clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  private writerOf(resource: Resource, options: WriteOptions): Writer {
    return {
      manager: options.manager,
      operation: 'Update',
      apiVersion: apiVersionOf(resource),
      subresource: options.subresource ?? '',
    };
  }

  /** Creates an object from a decoded body. Throws ApiError for a taken name or broken rules. */
  create(
    resource: Resource,
    namespace: string,
    body: JsonObject,
    options: WriteOptions,
  ): JsonObject {
    const made = clone(body);
    const metadata = object(made, 'metadata');
    if (text(metadata, 'resourceVersion') !== '') {
      throw internalError('resourceVersion should not be set on objects to be created');
    }
    if (text(metadata, 'name') === '' && text(metadata, 'generateName') !== '') {
      metadata['name'] = `${text(metadata, 'generateName')}${randomSuffix()}`;
    }
    if (resource.namespaced) metadata['namespace'] = namespace;
    this.stampNew(resource, made, metadata);
    resource.applyDefaults(made);
    const name = nameOf(made);
    this.check(resource, made, undefined);
    const ordered = this.ordered(resource, made);
    const owners =
      options.owners ??
      afterUpdate([], {
        old: this.emptyOf(resource),
        next: this.withoutStatus(resource, ordered),
        schema: resource.schema,
        writer: this.writerOf(resource, options),
        now: timestamp(this.clock.now()),
      });
    object(ordered, 'metadata')['managedFields'] = printManagers(owners);
    // What admission adds belongs to nobody.
    if (resource.protection !== undefined) protect(ordered, resource.protection);
    resource.complete?.(ordered);
    this.judge(resource, ordered, undefined, options);
    // Whether the name is taken only shows when the object is stored, which is last.
    if (this.store.get(resource, namespace, name) !== undefined) {
      throw alreadyExists(byPlural(resource, name));
    }
    return options.dryRun === true ? ordered : this.store.put(resource, ordered);
  }

  /** What is written through scale is judged there, as a Scale. */
  private judge(
    resource: Resource,
    next: JsonObject,
    old: JsonObject | undefined,
    { admit, subresource, dryRun = false }: WriteOptions,
  ): void {
    if (admit === undefined || subresource === 'scale') return;
    const operation = old === undefined ? 'CREATE' : 'UPDATE';
    const [namespace, name] = [namespaceOf(next), nameOf(next)];
    const at = { resource, subresource: subresource ?? '', namespace, name };
    admit({ ...at, operation, next, old, dryRun });
  }

  private stampNew(resource: Resource, made: JsonObject, metadata: JsonObject): void {
    metadata['uid'] = randomUUID();
    metadata['creationTimestamp'] = timestamp(this.clock.now());
    delete metadata['deletionTimestamp'];
    delete metadata['managedFields'];
    delete metadata['selfLink'];
    if (resource.generation !== 'none') metadata['generation'] = 1;
    else delete metadata['generation'];
    if (resource.statusSubresource) {
      const zero = this.emptyOf(resource)['status'];
      if (zero !== undefined) made['status'] = zero;
      else delete made['status'];
    }
    made['kind'] = resource.kind;
    made['apiVersion'] = apiVersionOf(resource);
  }

  /** Puts fields into the order and form the server writes them in. */
  private ordered(resource: Resource, value: JsonObject): JsonObject {
    return decode(value, resource.schema).value;
  }

  private emptyOf(resource: Resource): JsonObject {
    const zero = zeroOf(resource.schema);
    return isObject(zero) ? zero : {};
  }

  private withoutStatus(resource: Resource, value: JsonObject): JsonObject {
    if (!resource.statusSubresource) return value;
    const { status: _status, ...rest } = value;
    const zero = this.emptyOf(resource)['status'];
    return zero === undefined ? rest : { ...rest, status: zero };
  }

  private check(resource: Resource, value: JsonObject, old: JsonObject | undefined): void {
    const errors = [
      ...validateMetadata(value, old, resource.nameRule),
      ...resource.validate(value, old),
    ];
    if (errors.length > 0) throw invalid(byKind(resource, nameOf(value)), errors);
  }

  /** Replaces an object by a decoded one. Throws ApiError for stale versions and broken rules. */
  update(
    resource: Resource,
    current: JsonObject,
    body: JsonObject,
    options: WriteOptions,
  ): JsonObject {
    const subject = byPlural(resource, nameOf(current));
    const given = object(body, 'metadata');
    const version = text(given, 'resourceVersion');
    if (version !== '' && version !== text(current, 'metadata', 'resourceVersion')) {
      throw modified(subject);
    }
    this.checkPreconditions(resource, current, given, options);
    const next = this.carryOver(resource, current, clone(body), options);
    resource.carryOver?.(next, current);
    resource.applyDefaults(next);
    const ordered = this.ordered(resource, next);
    if (options.subresource !== 'status' || resource.custom !== undefined) {
      this.check(resource, ordered, current);
    }
    return this.finish(resource, current, ordered, options, isReset(given));
  }

  private checkPreconditions(
    resource: Resource,
    current: JsonObject,
    given: JsonObject,
    options: WriteOptions,
  ): void {
    const name = nameOf(current);
    const uid = text(given, 'uid');
    const own = text(current, 'metadata', 'uid');
    if (uid !== '' && uid !== own && options.uidCheck === 'storage') {
      const key = `/registry/${resource.plural}/${namespaceOf(current)}/${name}`;
      throw conflict(
        byPlural(resource, name),
        `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${own}`,
      );
    }
    const conditional = text(given, 'resourceVersion') !== '';
    if (!resource.unconditionalUpdate && !conditional && options.uidCheck === 'storage') {
      throw invalid(byPlural(resource, name), [
        {
          reason: 'FieldValueInvalid',
          field: 'metadata.resourceVersion',
          message: 'Invalid value: 0: must be specified for an update',
        },
      ]);
    }
  }

  private carryOver(
    resource: Resource,
    current: JsonObject,
    next: JsonObject,
    options: WriteOptions,
  ): JsonObject {
    const own = object(current, 'metadata');
    if (options.subresource === 'status') {
      // The status subresource keeps spec and labels; annotations pass, which is how the revision gets there.
      const status = next['status'] ?? {};
      const kept = { ...clone(current), status };
      const annotations = object(next, 'metadata')['annotations'];
      if (annotations !== undefined && resource.custom === undefined) {
        object(kept, 'metadata')['annotations'] = annotations;
      }
      return kept;
    }
    const metadata = object(next, 'metadata');
    for (const key of [
      'name',
      'namespace',
      'resourceVersion',
      'generation',
      'creationTimestamp',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
    ]) {
      const value = own[key];
      if (value === undefined) delete metadata[key];
      else metadata[key] = value;
    }
    if (text(metadata, 'uid') === '') metadata['uid'] = text(own, 'uid');
    if (resource.statusSubresource) {
      if (current['status'] !== undefined) next['status'] = clone(current['status']);
      else delete next['status'];
    }
    next['kind'] = resource.kind;
    next['apiVersion'] = apiVersionOf(resource);
    next['metadata'] = metadata;
    return next;
  }

  private finish(
    resource: Resource,
    current: JsonObject,
    next: JsonObject,
    options: WriteOptions,
    reset: boolean,
  ): JsonObject {
    const metadata = object(next, 'metadata');
    const live = readManagers(current);
    let owners: readonly Ownership[] = reset ? [] : live;
    if (options.owners !== undefined) owners = options.owners;
    else if (!reset && live.length > 0) {
      owners = afterUpdate(live, {
        old: current,
        next,
        schema: resource.schema,
        writer: this.writerOf(resource, options),
        now: timestamp(this.clock.now()),
      });
    }
    const printed = printManagers(owners);
    if (printed.length > 0) metadata['managedFields'] = printed;
    else delete metadata['managedFields'];
    if (equal(next, current)) {
      this.judge(resource, next, current, options);
      return current;
    }
    const annotated =
      resource.generation === 'spec-and-annotations' &&
      options.subresource !== 'status' &&
      !equal(annotationsOf(current), annotationsOf(next));
    if (resource.generation !== 'none' && (annotated || specChanged(resource, current, next))) {
      metadata['generation'] = Number(object(current, 'metadata')['generation'] ?? 0) + 1;
    }
    this.judge(resource, next, current, options);
    if (options.dryRun === true) return next;
    if (text(metadata, 'deletionTimestamp') !== '' && !isHeld(next)) {
      this.store.remove(resource, namespaceOf(next), nameOf(next));
      return next;
    }
    return this.store.put(resource, next);
  }
}
