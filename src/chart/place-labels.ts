// Finds each label a place where it covers neither another label nor, if it can be helped, a line.

import { type Box, grown, isInside, overlap, runsThrough, type Spot } from './boxes.ts';
import { lineSpacing } from './look.ts';
import { textWidth } from './text-width.ts';

/** Text at its place: `x` and `y` are those of the SVG element. */
export interface PlacedLabel extends Spot {
  readonly text: string;
  readonly size: number;
  readonly anchor: Anchor;
  readonly box: Box;
}

export type Anchor = 'start' | 'middle' | 'end';

export interface LabelPlace {
  /** Where the text begins, has its middle or ends. */
  readonly x: number;
  /** The upper edge of its box. */
  readonly top: number;
  readonly anchor: Anchor;
}

export interface Surroundings {
  readonly frame: Box;
  /** The drawn values; a label on them hides what the picture is about. */
  readonly curve: readonly Spot[];
  /** Heights of the lines across the picture. */
  readonly across: readonly number[];
  /** Where the thin lines of the marks stand. */
  readonly upright: readonly number[];
}

const cost = { upright: 1, across: 10, curve: 20 } as const;
/** So near is as bad as on it. */
const margin = 3;

/** The height of the box of a line of text. */
export function labelHeight(size: number): number {
  return size * lineSpacing;
}

/** The text at the first of the best places; undefined when all of them cost more than `costMax` or are taken. */
export function placeLabel(
  label: { readonly text: string; readonly size: number; readonly places: readonly LabelPlace[] },
  around: Surroundings & { readonly taken: readonly Box[] },
  { costMax }: { readonly costMax: number },
): PlacedLabel | undefined {
  const { text, size } = label;
  let best: { readonly cost: number; readonly label: PlacedLabel } | undefined;
  for (const place of label.places) {
    const box = boxAt(place, text, size);
    const price = costOf(box, around);
    if (price === undefined || price > costMax || price >= (best?.cost ?? Infinity)) continue;
    // Letters stand on their line about three quarters down the box.
    const y = place.top + size * 0.99;
    best = { cost: price, label: { text, size, anchor: place.anchor, x: place.x, y, box } };
  }
  return best?.label;
}

function boxAt({ x, top, anchor }: LabelPlace, text: string, size: number): Box {
  const width = textWidth(text, size);
  const shift = { start: 0, middle: width / 2, end: width }[anchor];
  return { x: x - shift, y: top, width, height: labelHeight(size) };
}

/** Undefined where a label may not be at all. */
function costOf(
  box: Box,
  { frame, curve, across, upright, taken }: Surroundings & { readonly taken: readonly Box[] },
): number | undefined {
  if (!isInside(box, frame) || taken.some((other) => overlap(grown(box, margin), other))) {
    return undefined;
  }
  const isCrossed = (y: number): boolean => y > box.y && y < box.y + box.height;
  const isCut = (x: number): boolean => x > box.x && x < box.x + box.width;
  return (
    (runsThrough(curve, grown(box, margin)) ? cost.curve : 0) +
    (across.some(isCrossed) ? cost.across : 0) +
    (upright.some(isCut) ? cost.upright : 0)
  );
}
