// Plain geometry for labels: do two boxes overlap, does a line run through one.

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** `x`, `y` is the upper left corner; `y` grows downwards. */
export interface Box extends Spot {
  readonly width: number;
  readonly height: number;
}

export function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

export function isInside(inner: Box, outer: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

export function grown(box: Box, by: number): Box {
  return {
    x: box.x - by,
    y: box.y - by,
    width: box.width + 2 * by,
    height: box.height + 2 * by,
  };
}

/** Whether any part of a line through these spots, from left to right, is in the box. */
export function runsThrough(line: readonly Spot[], box: Box): boolean {
  return line.some((to, at) => {
    const from = line[at - 1];
    return from !== undefined && segmentMeets(from, to, box);
  });
}

function segmentMeets(from: Spot, to: Spot, box: Box): boolean {
  const left = Math.max(from.x, box.x);
  const right = Math.min(to.x, box.x + box.width);
  if (left > right) return false;
  const yAt = (x: number): number =>
    to.x === from.x ? to.y : from.y + ((x - from.x) / (to.x - from.x)) * (to.y - from.y);
  const upright = to.x === from.x;
  const [one, other] = upright ? [from.y, to.y] : [yAt(left), yAt(right)];
  return Math.min(one, other) <= box.y + box.height && Math.max(one, other) >= box.y;
}
