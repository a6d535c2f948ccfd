// Writes what `headroom rules` prints: YAML for people to keep in Git, with the same content as JSON for programs.

import { Document, isNode } from 'yaml';

/** A document to print, with comments that stand above parts of it. */
export interface RulesDocument {
  readonly content: Readonly<Record<string, unknown>>;
  /** Above everything; one line each. */
  readonly head: readonly string[];
  /** Above the part at `path`. */
  readonly notes: readonly {
    readonly path: readonly (string | number)[];
    readonly lines: readonly string[];
  }[];
}

/** The document as YAML. Queries keep their lines, and no line is folded. */
export function yamlText({ content, head, notes }: RulesDocument): string {
  const document = new Document(content, { aliasDuplicateObjects: false });
  document.commentBefore = comment(head);
  for (const { path, lines } of notes) {
    const node = document.getIn(path, true);
    if (isNode(node)) node.commentBefore = comment(lines);
  }
  return document.toString({ lineWidth: 0, blockQuote: 'literal' });
}

/** One line each: words from outside may hold line ends, which would end the comment. */
function comment(lines: readonly string[]): string {
  return lines
    .map((line) => ` ${line.replaceAll(/[\s\p{Cc}\p{Zl}\p{Zp}\ufeff]+/gu, ' ')}`)
    .join('\n');
}
