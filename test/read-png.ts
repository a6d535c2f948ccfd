// Reads the dots of a PNG, so that a test can look whether something was really drawn.

import { inflateSync } from 'node:zlib';

export interface Dots {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of the dot, each up to 255. */
  at(x: number, y: number): readonly [red: number, green: number, blue: number];
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const channels = 4;

/** Takes what the app writes: eight bits for each of red, green, blue and opacity, not interlaced. Throws for any other. */
export function readPng(bytes: Uint8Array): Dots {
  const png = Buffer.from(bytes);
  if (!png.subarray(0, 8).equals(signature)) throw new Error('this is no PNG');
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const kind = [...png.subarray(24, 29)].join(' ');
  if (kind !== '8 6 0 0 0') throw new Error(`this PNG is of another kind: ${kind}`);
  const rows = unfiltered(inflateSync(imageChunks(png)), { width, height });
  return {
    width,
    height,
    at: (x, y) => {
      const from = y * width * channels + x * channels;
      return [rows[from] ?? 0, rows[from + 1] ?? 0, rows[from + 2] ?? 0];
    },
  };
}

function imageChunks(png: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let from = 8; from < png.length; ) {
    const length = png.readUInt32BE(from);
    if (png.toString('latin1', from + 4, from + 8) === 'IDAT') {
      chunks.push(png.subarray(from + 8, from + 8 + length));
    }
    from += length + 12;
  }
  return Buffer.concat(chunks);
}

/** Each row says how its bytes differ from those to the left and above. */
function unfiltered(
  packed: Buffer,
  { width, height }: { readonly width: number; readonly height: number },
): Uint8Array {
  const stride = width * channels;
  const rows = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = packed[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x++) {
      const here = y * stride + x;
      const left = x < channels ? 0 : (rows[here - channels] ?? 0);
      const above = y === 0 ? 0 : (rows[here - stride] ?? 0);
      const aboveLeft = x < channels || y === 0 ? 0 : (rows[here - stride - channels] ?? 0);
      const guess = guessOf(filter, left, above, aboveLeft);
      rows[here] = ((packed[y * (stride + 1) + 1 + x] ?? 0) + guess) & 0xff;
    }
  }
  return rows;
}

function guessOf(filter: number, left: number, above: number, aboveLeft: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return (left + above) >> 1;
    case 4:
      return nearest(left, above, aboveLeft);
    default:
      throw new Error(`this PNG has an unknown filter: ${filter}`);
  }
}

function nearest(left: number, above: number, aboveLeft: number): number {
  const guess = left + above - aboveLeft;
  const toLeft = Math.abs(guess - left);
  const toAbove = Math.abs(guess - above);
  const toAboveLeft = Math.abs(guess - aboveLeft);
  if (toLeft <= toAbove && toLeft <= toAboveLeft) return left;
  return toAbove <= toAboveLeft ? above : aboveLeft;
}
