// Turns SVG into PNG with fonts of its own: a machine without any draws the same picture.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { OperationError, unreachable } from '../errors.ts';
import type { DrawPicture } from '../ports.ts';

/** A chart becomes 1,200 dots wide: as many as a telephone shows, and more than a message on a desk. */
const dotsPerUnit = 1.5;

/** What is read for the first picture. `build.mjs` lays these files into `picture/` beside the bundle. */
const files = {
  program: 'index_bg.wasm',
  regular: 'Inter_400Regular.ttf',
  bold: 'Inter_700Bold.ttf',
} as const;

type Draw = (svg: string) => Uint8Array;

/** One for the process: the library keeps one program and does not start twice. */
let loading: Promise<Draw> | undefined;

/**
 * Draws SVG at one and a half times its size. Nothing is loaded before the first picture. Drawing holds the process up
 * for about a tenth of a second, the first time for about one.
 * Only text with `font-family="Inter"`, in weight 400 or 700, is sure to be drawn; letters the font has not got are left out.
 * @throws OperationError when a file is missing or the SVG cannot be read.
 */
export const drawPicture: DrawPicture = async (svg) => {
  try {
    loading ??= load();
    return (await loading)(svg);
  } catch (error) {
    throw new OperationError('drawing a picture', {
      code: 'unavailable',
      retryable: false,
      cause: error,
    });
  }
};

async function load(): Promise<Draw> {
  try {
    const [{ initWasm, Resvg }, program, ...fontBuffers] = await Promise.all([
      import('@resvg/resvg-wasm'),
      read(files.program),
      read(files.regular),
      read(files.bold),
    ]);
    await initWasm(program);
    return (svg) => {
      const image = new Resvg(svg, {
        font: { fontBuffers, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' },
        fitTo: { mode: 'zoom', value: dotsPerUnit },
      });
      try {
        const rendered = image.render();
        try {
          return rendered.asPng();
        } finally {
          rendered.free();
        }
      } finally {
        // Their memory is the program's own, where no collector looks.
        image.free();
      }
    };
  } catch (error) {
    loading = undefined;
    throw error;
  }
}

/** From beside the bundle, or from the packages where there is none. */
async function read(file: (typeof files)[keyof typeof files]): Promise<Buffer> {
  try {
    return await readFile(new URL(`./picture/${file}`, import.meta.url));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    return readFile(inPackages(file));
  }
}

function inPackages(file: (typeof files)[keyof typeof files]): string {
  const require = createRequire(import.meta.url);
  switch (file) {
    case files.program:
      return require.resolve('@resvg/resvg-wasm/index_bg.wasm');
    case files.regular:
      return require.resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf');
    case files.bold:
      return require.resolve('@expo-google-fonts/inter/700Bold/Inter_700Bold.ttf');
    default:
      return unreachable(file);
  }
}
