// A person approves a plan in the page, watches the thread and sees the outcome; a stranger is told no.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bot, channel, people } from '../bot.ts';
import { launchBrowser } from './launch-browser.ts';

let browser: Browser;
let bot: Bot;
let page: Page;

beforeAll(async () => {
  bot = await Bot.start();
  browser = await launchBrowser();
  page = await browser.newPage();
});
afterAll(async () => {
  await browser.close();
  await bot.stop();
});

test('from the card to the outcome, by mouse', async () => {
  await page.goto(`${bot.slack.pageUrl}?as=${people.eve}&channel=${channel}`);
  await bot.alert();
  await bot.card('Waiting for approval');
  await page.getByRole('heading', { name: /5 → at least 8 replicas/ }).waitFor();

  // The stranger first.
  await page
    .getByRole('button', { name: /Approve/ })
    .first()
    .click();
  await page.getByText('You are not on that list').waitFor();
  expect(bot.writes()).toEqual([]);

  const card = await bot.card('Waiting for approval');
  await page.goto(`${bot.slack.pageUrl}?as=${people.ann}&channel=${channel}&thread=${card.ts}`);
  await page
    .getByRole('button', { name: /Approve/ })
    .first()
    .click();
  await page.getByText('carried out and seen ready').first().waitFor();
  bot.measure({ backlog: 240 });
  await page.getByText('it helped').first().waitFor();
  await page.getByText('Audit trail at entry').waitFor();
  expect(bot.replicas()).toBe(8);
  expect(await page.getByText('You are not on that list').count()).toBe(0);
});
