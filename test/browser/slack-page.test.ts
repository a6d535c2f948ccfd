// The workspace page in a real browser: what people see, press, type, and what never becomes HTML.

import type { App } from '@slack/bolt';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunningSlack } from '../../sandbox/slack/server.ts';
import { drawPicture } from '../../src/adapters/picture.ts';
import { createChat } from '../../src/adapters/slack.ts';
import { renderForecastChart } from '../../src/chart/forecast-chart.ts';
import { usualChart } from '../chart/samples.ts';
import {
  capacity,
  clientOf,
  people,
  type RunningApp,
  startBolt,
  startWorkspace,
} from '../sandbox/slack/bolt-app.ts';
import { launchBrowser } from './launch-browser.ts';

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const hostile =
  '<script>window.hacked=1</script><img src=x onerror="window.hacked=1"> <javascript:alert(1)|press me> &lt;b&gt;';

let browser: Browser;
let slack: RunningSlack;
let bolt: RunningApp;
let page: Page;
let pageErrors: string[] = [];

const reasonModal = {
  type: 'modal' as const,
  callback_id: 'deny',
  title: plain('Deny the plan'),
  submit: plain('Deny it'),
  close: plain('Cancel'),
  blocks: [
    {
      type: 'input' as const,
      block_id: 'reason',
      label: plain('Why?'),
      hint: plain('Everybody will read this.'),
      element: { type: 'plain_text_input' as const, action_id: 'text', multiline: true },
    },
    {
      type: 'input' as const,
      block_id: 'again',
      optional: true,
      label: plain('When may it be asked again?'),
      element: {
        type: 'static_select' as const,
        action_id: 'when',
        options: [
          { text: plain('Tomorrow'), value: 'tomorrow' },
          { text: plain('Never'), value: 'never' },
        ],
      },
    },
  ],
};

function register(app: App): void {
  app.command('/scale', async ({ ack, command }) => ack(`you asked for ${command.text}`));
  app.action('approve', async ({ ack, respond, body }) => {
    await ack();
    await respond({ response_type: 'ephemeral', text: `<@${body.user.id}>, you may not` });
  });
  app.action('deny', async ({ ack, body, client }) => {
    await ack();
    if ('trigger_id' in body) {
      await client.views.open({ trigger_id: body.trigger_id, view: reasonModal });
    }
  });
  app.view('deny', async ({ ack, view, respond: _respond, client, body }) => {
    const { values } = view.state;
    const reason = values['reason']?.['text']?.value ?? '';
    if (reason.length < 5) {
      return ack({ response_action: 'errors', errors: { reason: 'A little longer, please.' } });
    }
    await ack();
    const when = values['again']?.['when']?.selected_option?.value ?? 'no time';
    const text = `denied by <@${body.user.id}>: ${reason} (${when})`;
    await client.chat.postMessage({ channel: capacity, text });
  });
  app.event('app_home_opened', async ({ event, client }) => {
    const blocks = [{ type: 'header' as const, text: plain('Nothing waits for you') }];
    await client.views.publish({ user_id: event.user, view: { type: 'home', blocks } });
  });
}

const chart = renderForecastChart(usualChart);
let png: Uint8Array;

beforeAll(async () => {
  browser = await launchBrowser();
  // Before there are connections: they would not live through it on a busy machine.
  png = await drawPicture(chart.svg);
});
afterAll(async () => {
  await browser.close();
});

beforeEach(async () => {
  slack = await startWorkspace();
  bolt = await startBolt(slack, { mode: 'socket', register });
  page = await browser.newPage();
  pageErrors = [];
  page.on('pageerror', (error) => pageErrors.push(error.message));
  page.on('console', (line) => {
    if (line.type() === 'error') pageErrors.push(line.text());
  });
});
afterEach(async () => {
  await page.close();
  await bolt.stop();
  await slack.stop();
});

const card = {
  channel: capacity,
  text: 'a card',
  blocks: [
    { type: 'header' as const, text: plain('gl-008: scale worker 5 → 8') },
    {
      type: 'actions' as const,
      block_id: 'votes',
      elements: [
        {
          type: 'button' as const,
          action_id: 'approve',
          text: plain('Approve'),
          confirm: {
            title: plain('Are you sure?'),
            text: plain('This changes the cluster.'),
            confirm: plain('Yes'),
            deny: plain('No'),
          },
        },
        { type: 'button' as const, action_id: 'deny', text: plain('Deny') },
      ],
    },
  ],
};

async function openAs(user: string): Promise<void> {
  await page.goto(`${slack.pageUrl}?as=${user}&channel=${capacity}`);
  await page.getByRole('heading', { name: '#capacity' }).waitFor();
}

test('a button is shown, asks when it must, and its press reaches the app as the chosen person', async () => {
  await openAs(people.eve);
  await clientOf(slack).chat.postMessage(card);
  const button = page.getByRole('button', { name: 'Approve' });
  await button.click();
  await page.getByRole('button', { name: 'No', exact: true }).click();
  expect(await slack.control.ephemerals(people.eve)).toHaveLength(0);
  await button.click();
  await page.getByRole('button', { name: 'Yes', exact: true }).click();
  await page.getByText('Only visible to you').waitFor();
  expect(await page.locator('.message.ephemeral').innerText()).toContain('@eve, you may not');
  expect(pageErrors).toEqual([]);
});

test('an ephemeral message is seen by its person and by nobody the page acts as otherwise', async () => {
  await clientOf(slack).chat.postEphemeral({
    channel: capacity,
    user: people.ann,
    text: 'a word in private',
  });
  await openAs(people.ann);
  await page.getByText('a word in private').waitFor();
  await page.getByLabel('Act as').selectOption(people.bob);
  await page.getByText('a word in private').waitFor({ state: 'detached' });
  expect(await page.content()).not.toContain('a word in private');
  await page.getByLabel('Act as').selectOption(people.ann);
  await page.getByText('a word in private').waitFor();
});

test('a modal opens, shows the mistakes of client and app, keeps what was typed, and submits', async () => {
  await openAs(people.ann);
  await clientOf(slack).chat.postMessage(card);
  await page.getByRole('button', { name: 'Deny' }).click();
  const modal = page.getByRole('dialog', { name: 'Deny the plan' });
  const submit = modal.getByRole('button', { name: 'Deny it' });
  await submit.click();
  await modal.getByText('Please complete this required field.').waitFor();
  await modal.getByLabel('Why?').fill('no');
  await modal.getByLabel('When may it be asked again?').selectOption('tomorrow');
  await submit.click();
  await modal.getByText('A little longer, please.').waitFor();
  expect(await modal.getByLabel('Why?').inputValue()).toBe('no');
  await modal.getByLabel('Why?').fill('too dear');
  await submit.click();
  await modal.waitFor({ state: 'hidden' });
  await page.getByText('too dear (tomorrow)').waitFor();
  expect(pageErrors).toEqual([]);
});

test('Escape closes a modal', async () => {
  await openAs(people.ann);
  await clientOf(slack).chat.postMessage(card);
  await page.getByRole('button', { name: 'Deny' }).click();
  const modal = page.getByRole('dialog', { name: 'Deny the plan' });
  await modal.waitFor();
  await page.keyboard.press('Escape');
  await modal.waitFor({ state: 'hidden' });
  expect(await slack.control.views(people.ann)).toHaveLength(0);
});

test('a slash command is completed with the keyboard and its answer is shown', async () => {
  await openAs(people.ann);
  const composer = page.getByLabel('Message', { exact: true });
  await composer.pressSequentially('/s');
  await page.getByRole('option', { name: /scale/u }).waitFor();
  await page.keyboard.press('Tab');
  expect(await composer.inputValue()).toBe('/scale ');
  await composer.pressSequentially('worker replicas=8');
  await page.keyboard.press('Enter');
  await page.getByText('you asked for worker replicas=8').waitFor();
});

test('replies are shown in the thread and counted under the message', async () => {
  const client = clientOf(slack);
  const root = await client.chat.postMessage(card);
  await openAs(people.ann);
  const thread_ts = root.ts ?? '';
  await client.chat.postMessage({ channel: capacity, thread_ts, text: 'writing 1 of 1' });
  await page.getByRole('button', { name: /1 reply/u }).click();
  const pane = page.getByRole('complementary', { name: 'Thread' });
  await pane.getByText('writing 1 of 1').waitFor();
  await pane.getByLabel('Reply').fill('thank you');
  await page.keyboard.press('Enter');
  await pane.getByText('thank you').waitFor();
  const said = await slack.control.waitForMessage({ contains: 'thank you' });
  expect(said).toMatchObject({ threadTs: thread_ts, user: people.ann });
});

test('the Home tab shows what the app publishes', async () => {
  await openAs(people.ann);
  await page.getByRole('button', { name: 'Headroom' }).click();
  await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor();
});

test('a changed message changes in place, and whoever has the focus on a button keeps it', async () => {
  const client = clientOf(slack);
  const posted = await client.chat.postMessage(card);
  await openAs(people.ann);
  await page.getByRole('button', { name: 'Deny' }).focus();
  const header = { type: 'header' as const, text: plain('one vote of two') };
  const blocks = [header, ...card.blocks.slice(1)];
  await client.chat.update({ channel: capacity, ts: posted.ts ?? '', text: 'x', blocks });
  await page.getByRole('heading', { name: 'one vote of two' }).waitFor();
  expect(await page.locator(':focus').getAttribute('data-action-id')).toBe('deny');
});

test('hostile text stays text wherever it stands', async () => {
  await slack.control.say(people.bob, capacity, hostile);
  await clientOf(slack).chat.postMessage({
    channel: capacity,
    text: hostile,
    blocks: [
      { type: 'header', text: plain(`${hostile} header`.slice(0, 150)) },
      { type: 'section', text: { type: 'mrkdwn', text: `*${hostile}* \`${hostile}\`` } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: `\`\`\`${hostile}\`\`\`` }] },
      { type: 'section', fields: [{ type: 'mrkdwn', text: `<!date^0^${hostile}|x>` }] },
      { type: 'table', rows: [[{ type: 'raw_text', text: hostile }]] },
    ],
  });
  await openAs(people.ann);
  await page.getByText('press me').first().waitFor();
  expect(
    await page.locator('#messages script, #messages img, #messages a, #messages b').count(),
  ).toBe(0);
  expect(await page.evaluate('window.hacked')).toBeUndefined();
  expect(await page.locator('#messages').innerText()).toContain('<script>window.hacked=1</script>');
  expect(pageErrors).toEqual([]);
});

test('a picture is shown with its title, and what it says is there for those who cannot see it', async () => {
  const { altText } = chart;
  await createChat(clientOf(slack)).postPicture(people.ann, {
    fileName: 'forecast.png',
    title: 'Forecast of gl-008',
    altText,
    comment: '*gl-008*: sites over the next 12 months',
    png,
  });
  await openAs(people.ann);
  await page.locator('#directs button').click();
  const picture = page.getByRole('img', { name: altText });
  await picture.waitFor();
  const width = "document.querySelector('#messages .file img')?.naturalWidth";
  await expect.poll(() => page.evaluate(width), { timeout: 10_000 }).toBe(1_200);
  await page.getByText('Forecast of gl-008').waitFor();
  const words = page.getByText('314 in month 12');
  expect(await words.isVisible()).toBe(false);
  await page.getByText('ALT', { exact: true }).click();
  await words.waitFor();
  await page.getByLabel('Act as').selectOption(people.bob);
  await picture.waitFor({ state: 'detached' });
  expect(pageErrors).toEqual([]);
});

test('a date is shown in the zone of the person who reads it', async () => {
  const noon = Date.UTC(2026, 10, 22, 12) / 1000;
  const text = `until <!date^${noon}^{date_short} {time}|later>`;
  await clientOf(slack).chat.postMessage({ channel: capacity, text });
  await openAs(people.ann);
  await page.getByText(/Nov 22, 2026 1:00\sPM/u).waitFor();
  await page.getByLabel('Act as').selectOption(people.bob);
  await page.getByText(/Nov 22, 2026 7:00\sAM/u).waitFor();
});
