// Starts the Chromium that comes with npm, with the few of its usual arguments that a test wants.
import chromiumBinary from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/** With one process the browser ends with its first page; without web security our page's own policy would not be tested. */
const unwanted = new Set(['--single-process', '--no-zygote', '--disable-web-security']);

/** A headless browser. Works as root and without a display; the caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const args = chromiumBinary.args.filter((one) => !unwanted.has(one));
  return chromium.launch({ executablePath: await chromiumBinary.executablePath(), args });
}
