// How wide text in the font Inter is, without the font: rather too wide than too narrow, so that nothing overlaps.

/** Characters by the widest among them, in thousandths of the size and in the regular or bold cut, whichever is wider. */
const widths: readonly (readonly [thousandths: number, characters: string])[] = [
  [282, ' Iijlí'],
  [343, "!',.:;·‘’"],
  [377, '()[]`t|'],
  [408, '/\\fr'],
  [432, '1'],
  [500, '-^_{}°²³–'],
  [563, '"*?s“”•'],
  [596, '7FJLacekxzàáâäåçèéê'],
  [632, '25Ebdghnopquvyµñóôöøúü'],
  [679, '#$&+034689<=>BPRSTZ~×ß−≤≥'],
  [723, 'DK€'],
  [777, 'ACGHNOQUVXYÄÖÜ'],
  [851, 'w'],
  [955, 'Mmæ→'],
  // A row of W stands a little further apart than each alone.
  [1_055, '%@W—…'],
];
/** No letter of the font is wider. */
const otherThousandths = 1_130;

const widthOf = new Map(
  widths.flatMap(([thousandths, characters]) =>
    Array.from(characters, (character) => [character, thousandths] as const),
  ),
);

/** Not less than the width of a line of text. */
export function textWidth(text: string, size: number): number {
  let thousandths = 0;
  for (const character of text) thousandths += widthOf.get(character) ?? otherThousandths;
  return (thousandths * size) / 1_000;
}

/** As much of the text as fits, with an ellipsis where it does not. */
export function fitText(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  let kept = '';
  for (const character of text) {
    if (textWidth(`${kept}${character}…`, size) > width) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

/** Lines of at most this width, broken between words; the last line takes what is left and is cut. */
export function wrapText(
  text: string,
  {
    size,
    width,
    linesMax,
  }: { readonly size: number; readonly width: number; readonly linesMax: number },
): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    const isFull = last === undefined || textWidth(longer, size) > width;
    if (isFull && lines.length < linesMax) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.map((line) => fitText(line, size, width));
}
