// Names of objects as profiles write them: known, or with a part that somebody types when a procedure is asked for.

import { fillPromql, type PromqlNames } from '../profile/promql.ts';

/** A name of an object. `hole` stands for every part that is only known later. */
export type ObjectName =
  | { readonly kind: 'known'; readonly name: string }
  | { readonly kind: 'typed'; readonly parts: readonly string[] };

const hole = /\{[a-z][a-z0-9_]*\}/;

/** The name a text of a profile stands for beside a workload. */
export function objectName(text: string, names: PromqlNames): ObjectName {
  const filled = fillPromql(text, names);
  const parts = filled.split(hole);
  return parts.length === 1 ? { kind: 'known', name: filled } : { kind: 'typed', parts };
}

/** A regular expression (RE2) for the names it may become; Kubernetes allows no others than these letters. */
export function patternOf(name: ObjectName): string {
  const parts = name.kind === 'known' ? [name.name] : name.parts;
  return parts.map((part) => part.replaceAll('.', String.raw`\.`)).join('[a-z0-9.-]+');
}
