// Rounds counts of pods without being fooled by binary fractions: 2100 / 3600 * 10 * 1.2 is 7 pods, not 8.

/** Closer to a whole number than this is that number; far below what a pod more or less is about. */
const WHOLE_TOLERANCE = 1e-9;

/** The smallest whole number not below `value`, taking what is within 1e-9 of a whole number for that number. */
export function ceilTolerant(value: number): number {
  const whole = wholeNear(value);
  // Adding 0 turns -0 into 0.
  return (whole ?? Math.ceil(value)) + 0;
}

/** The largest whole number not above `value`, with the same tolerance. */
export function floorTolerant(value: number): number {
  return (wholeNear(value) ?? Math.floor(value)) + 0;
}

/** The nearest number with so many decimals, a half up: for showing, never for counting. */
export function roundTo(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}

function wholeNear(value: number): number | undefined {
  const whole = Math.round(value);
  return Math.abs(value - whole) <= WHOLE_TOLERANCE ? whole : undefined;
}
