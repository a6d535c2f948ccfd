// A write on its way into the store, and how it is judged there.

import type { JsonObject } from './json.ts';
import type { Resource } from './resources/resource.ts';

/** A write that is about to be stored, as those who judge it see it. */
export interface PendingWrite {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly resource: Resource;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Undefined when the object goes away. */
  readonly next: JsonObject | undefined;
  /** Undefined when the object is new. */
  readonly old: JsonObject | undefined;
  readonly dryRun: boolean;
}

/** Judges a write. Throws ApiError for one that may not be. */
export type Admit = (write: PendingWrite) => void;
