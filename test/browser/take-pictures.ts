// Takes the README's pictures by hand: starts the demo, plays its story in the page, and keeps what a person would see there.

import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Locator, Page } from 'playwright-core';
import { launchBrowser } from './launch-browser.ts';

/** The forecast of the README, drawn as the command line draws it. */
async function drawForecast(): Promise<void> {
  const words = ['forecast', 'gl-008', 'sites=100', 'growth=10%', '--chart', 'docs/forecast.png'];
  await promisify(execFile)(process.execPath, ['dist/headroom.js', ...words], { cwd: root });
}

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The page's side bar is cut off; what is left is as wide as a README shows pictures. */
const viewport = { width: 1_000, height: 1_400 };
const startTimeoutMs = 120_000;
const outcomeTimeoutMs = 120_000;

const state = await mkdtemp(join(tmpdir(), 'headroom-pictures-'));
const demo = spawn(process.execPath, ['sandbox/demo.mjs', '--state', state], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const demoEnded = new Promise<void>((resolve) => {
  demo.once('exit', () => resolve());
});
try {
  const address = await pageAddress();
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport, deviceScaleFactor: 1.5, colorScheme: 'light' });
    await page.goto(address);
    await takePictures(page);
  } finally {
    await browser.close();
  }
} finally {
  demo.kill('SIGINT');
  await demoEnded;
  await drawForecast();
  await rm(state, { recursive: true, force: true });
}

async function takePictures(page: Page): Promise<void> {
  const card = page.locator('#messages .message').filter({ hasText: 'Waiting for approval' });
  const approve = card.getByRole('button', { name: /approve/i });
  await approve.waitFor({ timeout: startTimeoutMs });
  await keep('docs/card.png', card, card);
  await approve.click();
  const thread = page.getByRole('button', { name: /replies/ }).first();
  await page.getByText('Done, and it helped').first().waitFor({ timeout: outcomeTimeoutMs });
  await thread.click();
  await page.locator('#replies').getByText('checkpoint').waitFor();
  // The first message of a thread is the card once more.
  const replies = page.locator('#replies .message');
  await keep('docs/outcome.png', replies.nth(1), replies.last());
}

/** From the top of the first to the end of the last. */
async function keep(file: string, first: Locator, last: Locator): Promise<void> {
  const page = first.page();
  // Nothing under the pointer looks pressed.
  await page.mouse.move(0, 0);
  const from = await first.boundingBox();
  const to = await last.boundingBox();
  if (from === null || to === null) throw new Error(`${file}: it is not on the page`);
  const clip = { ...from, height: to.y + to.height - from.y };
  await page.screenshot({ path: join(root, file), clip, animations: 'disabled' });
  console.log(`wrote ${file}`);
}

/** Reads what the demo prints until it names the page. */
async function pageAddress(): Promise<string> {
  const timer = setTimeout(() => demo.kill('SIGINT'), startTimeoutMs);
  for await (const line of createInterface({ input: demo.stdout })) {
    console.log(line);
    const address = /Open\s+(http\S+)/.exec(line)?.[1];
    if (address === undefined) continue;
    clearTimeout(timer);
    demo.stdout.resume();
    return address;
  }
  throw new Error('the demo ended before it named its page');
}
