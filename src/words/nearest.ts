// Finds the word somebody probably meant, so that every refusal of a wrong word can offer the right one.

/** A word this many edits away, per this many letters, is a different word and not a slip. */
const LETTERS_PER_EDIT = 3;

/** Longer words are not compared: the work grows with the square of the length and the text comes from outside. */
const LETTERS_MAX = 64;

/**
 * The candidate nearest to `word`, upper and lower case being the same, or `undefined` when none is near enough to be
 * a slip (one edit per three letters, at least one). Of equally near candidates the first wins.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > LETTERS_MAX) return undefined;
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestEdits = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate.length > LETTERS_MAX) continue;
    const edits = editsBetween(wanted, candidate.toLowerCase());
    const allowed = Math.max(
      1,
      Math.floor(Math.max(word.length, candidate.length) / LETTERS_PER_EDIT),
    );
    // A one-letter word is one edit away from every other one.
    if (edits > allowed || edits >= Math.max(word.length, candidate.length)) continue;
    if (edits < bestEdits) {
      best = candidate;
      bestEdits = edits;
    }
  }
  return best;
}

/** A ready-made ending for a refusal: `; did you mean "worker"?`, or nothing. */
export function suggestion(word: string, candidates: Iterable<string>): string {
  const found = nearest(word, candidates);
  return found === undefined ? '' : `; did you mean "${found}"?`;
}

/** Damerau-Levenshtein distance with adjacent swaps (optimal string alignment): insert, delete, replace and swap cost one each. */
export function editsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let edits = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) edits = Math.min(edits, (beforeLast[column - 2] ?? 0) + 1);
      current.push(edits);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
