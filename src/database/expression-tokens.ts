// Cuts a small SQL expression into tokens; whatever is not among a few signs, names, numbers and texts ends it.

/** A name is folded to lower case unless it was quoted, as PostgreSQL does. */
export type Token =
  | { readonly kind: 'name'; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'number' | 'text' | 'sign'; readonly text: string };

const pattern =
  /\s+|"((?:[^"\0]|"")+)"|([A-Za-z_][A-Za-z0-9_]*)|(\d+(?:\.\d+)?)(?![A-Za-z0-9_.])|'((?:[^'\\\0]|'')*)'|(::|<=|>=|<>|!=|--|\/\*|[-+*/%=<>(),.[\];])/y;

/** What can begin a comment is no sign that an expression may hold. */
const comments: readonly string[] = ['--', '/*'];

/** Undefined where there is something else in it, or more than a person would write. */
export function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text);
    if (found === null) return undefined;
    const [, quoted, bare, number, literal, sign] = found;
    if (sign !== undefined && comments.includes(sign)) return undefined;
    if (quoted !== undefined) {
      tokens.push({ kind: 'name', text: quoted.replaceAll('""', '"'), quoted: true });
    } else if (bare !== undefined) {
      tokens.push({ kind: 'name', text: bare.toLowerCase(), quoted: false });
    } else if (number !== undefined) {
      // As PostgreSQL shows it.
      tokens.push({ kind: 'number', text: number.replace(/^0+(?=\d)/, '') });
    } else if (literal !== undefined) {
      tokens.push({ kind: 'text', text: literal.replaceAll("''", "'") });
    } else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}
