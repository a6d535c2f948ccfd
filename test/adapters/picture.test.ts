// Pictures come out with their letters, from the sources and from the bundle, on a machine without fonts.

import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawPicture } from '../../src/adapters/picture.ts';
import type { Box } from '../../src/chart/boxes.ts';
import { renderForecastChart } from '../../src/chart/forecast-chart.ts';
import { layOut } from '../../src/chart/layout.ts';
import { textWidth } from '../../src/chart/text-width.ts';
import { OperationError } from '../../src/errors.ts';
import { fullChart, oddCharts, usualChart } from '../chart/samples.ts';
import { type Dots, readPng } from '../read-png.ts';

const dotsPerUnit = 1.5;

/** How many dots of a box are as dark as letters. */
function inkIn(dots: Dots, box: Box): number {
  let ink = 0;
  for (let y = Math.floor(box.y * dotsPerUnit); y < (box.y + box.height) * dotsPerUnit; y++) {
    for (let x = Math.floor(box.x * dotsPerUnit); x < (box.x + box.width) * dotsPerUnit; x++) {
      if (Math.max(...dots.at(x, y)) < 90) ink += 1;
    }
  }
  return ink;
}

describe('a picture', () => {
  it('has the size of its chart, a white ground, and its letters', async () => {
    const { svg } = renderForecastChart(usualChart);
    const layout = layOut(usualChart);
    const dots = readPng(await drawPicture(svg));
    expect([dots.width, dots.height]).toEqual([1_200, Math.ceil(layout.height * dotsPerUnit)]);
    expect(dots.at(2, 2)).toEqual([255, 255, 255]);
    const title = { x: 30, y: 30, width: 500, height: 40 };
    const boxes = [title, ...layout.main.values.map(({ box }) => box)];
    // Lines and areas are lighter: so dark are letters only.
    for (const box of boxes) expect(inkIn(dots, box)).toBeGreaterThan(150);
    const beside = { x: 30, y: 5, width: 500, height: 20 };
    expect(inkIn(dots, beside)).toBe(0);
  });

  it('is the same each time', async () => {
    const { svg } = renderForecastChart(usualChart);
    const [one, other] = [await drawPicture(svg), await drawPicture(svg)];
    expect(Buffer.compare(one, other)).toBe(0);
  });

  it.each(Object.entries({ ...oddCharts, full: fullChart }))(
    'of %s can be drawn',
    async (_, chart) => {
      const { svg } = renderForecastChart(chart);
      const png = Buffer.from(await drawPicture(svg));
      expect(png.readUInt32BE(16)).toBe(1_200);
    },
  );

  it('of what is no SVG is trouble, and the next one is drawn', async () => {
    await expect(drawPicture('<svg')).rejects.toThrow(OperationError);
    const { svg } = renderForecastChart(usualChart);
    expect((await drawPicture(svg)).length).toBeGreaterThan(1_000);
  });
});

it('letters are never wider than the layout takes them for, and hardly narrower', async () => {
  const letters = [
    ...Array.from({ length: 94 }, (_, at) => String.fromCodePoint(33 + at)),
    ...Array.from('Äöü€…–→·×'),
  ];
  const rowHeight = 40;
  const times = 8;
  const rows = [400, 700].flatMap((weight) =>
    letters.map((letter) => ({ weight, text: letter.repeat(times) })),
  );
  const texts = rows.map(({ weight, text }, at) => {
    const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    return `<text x="0" y="${at * rowHeight + 28}" font-family="Inter" font-size="30" font-weight="${weight}">${safe}</text>`;
  });
  const height = rows.length * rowHeight;
  const dots = readPng(
    await drawPicture(
      `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="${height}"><rect width="300" height="${height}" fill="#fff"/>${texts.join('')}</svg>`,
    ),
  );
  for (const [at, { weight, text }] of rows.entries()) {
    const [top, bottom] = [at * rowHeight * dotsPerUnit, (at + 1) * rowHeight * dotsPerUnit];
    let right = 0;
    for (let y = top; y < bottom; y++) {
      for (let x = dots.width - 1; x > right; x--) if (dots.at(x, y)[0] < 128) right = x;
    }
    const drawn = right / dotsPerUnit;
    const taken = textWidth(text, 30);
    expect(drawn, `${text} in ${weight}`).toBeGreaterThan(0);
    // One dot more is the soft edge of the letter.
    expect(drawn, `${text} in ${weight}`).toBeLessThanOrEqual(taken + 1);
    expect(drawn, `${text} in ${weight}`).toBeGreaterThan(taken * 0.6);
  }
});

describe('in the bundle', () => {
  const run = promisify(execFile);
  const program = [
    "import { drawPicture } from './src/adapters/picture.ts';",
    "console.log('started');",
    'const svg = \'<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><text y="30" font-family="Inter">ink</text></svg>\';',
    "drawPicture(svg).then((png) => console.log(Buffer.from(png).toString('base64')), (error) => console.log(error.message));",
  ].join('\n');
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headroom-picture-'));
    const { outputFiles } = await build({
      stdin: { contents: program, resolveDir: resolve(import.meta.dirname, '../..') },
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
    });
    await writeFile(join(folder, 'program.mjs'), outputFiles[0]?.contents ?? '');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('nothing is read before the first picture, and a missing file is trouble, no end', async () => {
    const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: folder });
    expect(stdout).toBe('started\ndrawing a picture\n');
  });

  it('the files that the build lays beside it are all it needs', async () => {
    const built = resolve(import.meta.dirname, '../../dist/picture');
    await cp(built, join(folder, 'picture'), { recursive: true });
    const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: folder });
    const [, picture = ''] = stdout.split('\n');
    const dots = readPng(Buffer.from(picture, 'base64'));
    expect([dots.width, dots.height]).toEqual([120, 60]);
    expect(await readdir(built)).toContain('LICENSE_FONT');
  });
});
