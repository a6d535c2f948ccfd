// What the server must know about a kind to serve it: its names, shape, defaults and rules.
import type { JsonObject } from '../json.ts';
import type { StructSchema } from '../schema.ts';
import type { FieldError, Subject } from '../status.ts';

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
  readonly nameRule: 'subdomain' | 'label';
  /** What DELETE answers when no propagation policy asks for more. */
  readonly deleteAnswers: 'status' | 'object';
  /** Fills in defaults in place. */
  readonly applyDefaults: (object: JsonObject) => void;
  /** The broken rules; `old` is missing on create. */
  readonly validate: (object: JsonObject, old: JsonObject | undefined) => FieldError[];
  /** Warnings a write of this object earns. */
  readonly warnings?: (object: JsonObject) => string[];
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
