// The mark that a detached month carries as its comment: of which table it was a partition, and for which rows.

import { type InSchema, qualified, quotedText } from './names.ts';
import { instantOf, type Range } from './partition-bounds.ts';

/** A partition of a table. */
export interface PartOf {
  readonly table: InSchema;
  readonly partition: InSchema;
}

/** How every mark begins; a query finds marked tables by it. */
export const markBegins = 'Headroom: partition ';

const open = { from: 'the beginning', to: 'the end' } as const;

function opening({ table, partition }: PartOf): string {
  return `${markBegins}${qualified(partition)} of ${qualified(table)}, `;
}

/** The mark itself; nothing that the catalogue keeps tells it once a table is detached. */
export function markOf(part: PartOf & Range): string {
  const { from = open.from, to = open.to } = part;
  return `${opening(part)}${from} to ${to}`;
}

/** What the mark at the end of a comment says of exactly this partition of this table; undefined without one. */
export function rangeInMark(comment: string | undefined, part: PartOf): Range | undefined {
  const begins = opening(part);
  const at = comment?.lastIndexOf(begins) ?? -1;
  if (comment === undefined || at === -1 || (at > 0 && comment[at - 1] !== '\n')) return undefined;
  const [from, to, ...others] = comment.slice(at + begins.length).split(' to ');
  if (from === undefined || to === undefined || others.length > 0) return undefined;
  if (from !== open.from && instantOf(from) === undefined) return undefined;
  if (to !== open.to && instantOf(to) === undefined) return undefined;
  return { ...(from !== open.from && { from }), ...(to !== open.to && { to }) };
}

/** The comment without the mark: what somebody else wrote. */
export function withoutMark(comment: string | undefined, part: PartOf): string | undefined {
  if (comment === undefined || rangeInMark(comment, part) === undefined) return comment;
  const rest = comment.slice(0, comment.lastIndexOf(opening(part))).replace(/\n$/, '');
  return rest === '' ? undefined : rest;
}

/** The comment with the mark behind what somebody else wrote. */
export function withMark(comment: string | undefined, part: PartOf & Range): string {
  const rest = withoutMark(comment, part);
  return rest === undefined ? markOf(part) : `${rest}\n${markOf(part)}`;
}

/** COMMENT ON takes SHARE UPDATE EXCLUSIVE, behind which nobody who reads or writes waits. */
export function commentOn(partition: InSchema, comment: string | undefined): string {
  const text = comment === undefined ? 'null' : quotedText(comment);
  return `comment on table ${qualified(partition)} is ${text}`;
}
