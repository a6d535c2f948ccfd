// What the server must know about a kind to serve it: its names, shape, defaults and rules.
import type { JsonObject } from '../json.ts';
import type { StructSchema } from '../schema.ts';
import type { FieldError, Subject } from '../status.ts';
import type { NameRule } from './metadata.ts';

/** Where a custom kind keeps what its Scale shows. */
export interface ScalePaths {
  readonly spec: readonly string[];
  readonly status: readonly string[];
  /** Where the selector stands as text; a kind may have none. */
  readonly selector: readonly string[] | undefined;
}

/** What sets a kind that a definition made apart from the built-in ones. */
export interface CustomTraits {
  readonly scale: ScalePaths | undefined;
  /** Fields a field selector may name besides name and namespace. */
  readonly selectable: readonly string[];
  /** Whether its definition is being deleted, which forbids new objects. */
  readonly isLeaving: boolean;
  /** Refuses a manifest with a value of a wrong type; throws a DecodeError. */
  readonly checkTypes: (manifest: JsonObject) => void;
}

/** One served kind. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories?: readonly string[];
  readonly storageVersionHash?: string;
  readonly namespaced: boolean;
  readonly schema: StructSchema;
  /** What raises `metadata.generation`. */
  readonly generation: 'none' | 'spec' | 'spec-and-annotations';
  /** Whether `status` is written only through its subresource. */
  readonly statusSubresource: boolean;
  /** Whether `/scale` exists. */
  readonly scale: boolean;
  /** Whether a PUT without resourceVersion is accepted. */
  readonly unconditionalUpdate: boolean;
  /** Whether a POST body may name itself with an underscore or other forms; each kind has its name rule. */
  readonly nameRule: NameRule;
  /** What DELETE answers when no propagation policy asks for more. */
  readonly deleteAnswers: 'status' | 'object';
  /** Whether a delete without a policy leaves the children, and warns of it. */
  readonly orphansChildren?: true;
  /** A finalizer that admission gives to every new object. */
  readonly protection?: string;
  /** Gives a new object what the server allots, which belongs to nobody. */
  readonly complete?: (made: JsonObject) => void;
  /** Keeps what the server allotted where an update leaves it out. */
  readonly carryOver?: (next: JsonObject, old: JsonObject) => void;
  /** Fills in defaults in place. */
  readonly applyDefaults: (object: JsonObject) => void;
  /** The broken rules; `old` is missing on create. */
  readonly validate: (object: JsonObject, old: JsonObject | undefined) => FieldError[];
  /** Warnings a write of this object earns. */
  readonly warnings?: (object: JsonObject) => string[];
  /** Only kinds that a definition made have these. */
  readonly custom?: CustomTraits;
}

/** `apps/v1`, or `v1` for core kinds. */
export const apiVersionOf = ({ group, version }: Pick<Resource, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`;

/** The plural with group and name, as most messages name an object. */
export const byPlural = ({ group, plural }: Resource, name: string): Subject => ({
  group,
  kind: plural,
  name,
});

/** The kind with group and name, as validation messages name an object. */
export const byKind = ({ group, kind }: Resource, name: string): Subject => ({ group, kind, name });
