// Sizes and colours of a chart: made for a telephone, where the picture is less than half as wide as it is drawn.

/** Width of the picture; all other measures are in the same units. */
export const chartWidth = 800;
export const margin = 30;

export const size = { title: 32, value: 27, label: 23, tick: 22 } as const;

/** From one line of text to the next, as a multiple of its size. */
export const lineSpacing = 1.3;

/** Every colour of letters has a contrast of at least 4.5 to 1 on the ground. */
export const colour = {
  ground: '#ffffff',
  ink: '#1d1c1d',
  muted: '#5b5f66',
  grid: '#e4e6ea',
  axis: '#9aa0a8',
  main: '#0f6b3a',
  mainArea: '#e3f1e8',
  series: '#5b3fb5',
  seriesArea: '#ece8f8',
  mark: '#1d4ed8',
  markLine: '#a9bdf3',
} as const;

const thresholdLooks = [
  { colour: '#c2410c', dashes: '12 7' },
  { colour: '#a21caf', dashes: '4 6' },
  { colour: '#0e7490', dashes: '18 6 4 6' },
  { colour: '#8a5a00', dashes: '8 4' },
  { colour: '#b91c1c', dashes: '2 6' },
  { colour: '#334155', dashes: '24 8' },
] as const;

/** Neighbours differ in colour and in their dashes, for those who see fewer colours. */
export function thresholdLook(index: number): (typeof thresholdLooks)[number] {
  return thresholdLooks[index % thresholdLooks.length] ?? thresholdLooks[0];
}

/** The sample of a dashed line in the key. */
export const dashesWidth = 46;
/** Between a sign in the key and its words. */
export const signGap = 14;

export function keyRowHeight(linesCount: number): number {
  return linesCount * size.label * lineSpacing + 12;
}
