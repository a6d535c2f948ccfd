// Splits what somebody typed after a slash command into words and key=value pairs, as a phone's keyboard writes them.

export interface Words {
  /** Words without "=", in order. */
  readonly plain: readonly string[];
  /** The last of equal keys does not win silently: `twice` names it. */
  readonly pairs: ReadonlyMap<string, string>;
  readonly twice?: string;
  /** A quote was opened and never closed. */
  readonly unclosed: boolean;
  /** Cut off, a number in it might be another one. */
  readonly tooLong: boolean;
}

/** Nobody types longer commands. */
export const charactersMax = 2_000;

/** Straight and curly quotes both group words; a pair is `key=value` or `key="several words"`. */
export function splitWords(text: string): Words {
  const plain: string[] = [];
  const pairs = new Map<string, string>();
  let twice: string | undefined;
  const straight = text
    .slice(0, charactersMax)
    .replace(/[“”„‟«»]/g, '"')
    .replace(/[\u0000-\u001f]/g, ' ');
  const token = /([A-Za-z_][\w.-]*)=(?:"([^"]*)"|(\S*))|"([^"]*)"|(\S+)/g;
  for (const match of straight.matchAll(token)) {
    const [, key, quoted, bare, quotedWord, word] = match;
    if (key !== undefined) {
      if (pairs.has(key)) twice = key;
      pairs.set(key, quoted ?? bare ?? '');
    } else {
      plain.push(quotedWord ?? word ?? '');
    }
  }
  const unclosed = (straight.match(/"/g)?.length ?? 0) % 2 === 1;
  const tooLong = text.length > charactersMax;
  return { plain, pairs, unclosed, tooLong, ...(twice !== undefined && { twice }) };
}
