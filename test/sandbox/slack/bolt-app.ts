// A small real Bolt app, built as ours is built, to prove that the emulator speaks what Bolt understands.
import { App, HTTPReceiver, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { type Logger, WebClient } from '@slack/web-api';
import { type RunningSlack, type SlackOptions, startSlack } from '../../../sandbox/slack/server.ts';
import { freePort } from '../../free-port.ts';

export const mode = ['http', 'socket'] as const;
export type Mode = (typeof mode)[number];

export const secrets = {
  signingSecret: 'a-signing-secret',
  botToken: 'xoxb-a-bot-token',
  appToken: 'xapp-an-app-token',
} as const;

export const manifestPath = new URL('../../fixtures/slack/manifest.yml', import.meta.url).pathname;

export const people = { ann: 'U0ANN00001', bob: 'U0BOB00001', eve: 'U0EVE00001' } as const;
export const capacity = 'C0CAPACITY1';

/** Starts the emulator with the fixture manifest. */
export function startWorkspace(options: Partial<SlackOptions> = {}): Promise<RunningSlack> {
  return startSlack({ manifestPath, ...secrets, ...options });
}

/** Refusals are what many tests are about; they need not be printed as well. */
const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => LogLevel.ERROR,
  setName: () => {},
};

/** A Web API client of the bot that neither retries nor waits. */
export function clientOf(slack: RunningSlack, token: string = secrets.botToken): WebClient {
  return new WebClient(token, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: silent,
  });
}

export interface RunningApp {
  readonly app: App;
  readonly stop: () => Promise<void>;
}

/** Starts a Bolt app in one of the two modes, with `register` adding its listeners. */
export async function startBolt(
  slack: RunningSlack,
  given: { readonly mode: Mode; readonly register: (app: App) => void },
): Promise<RunningApp> {
  const clientOptions = () => ({ slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } });
  const port = await freePort();
  const logLevel = LogLevel.ERROR;
  const receiver =
    given.mode === 'socket'
      ? new SocketModeReceiver({
          appToken: secrets.appToken,
          logLevel,
          installerOptions: { clientOptions: clientOptions() },
        })
      : new HTTPReceiver({
          signingSecret: secrets.signingSecret,
          endpoints: ['/slack/events'],
          port,
          logLevel,
        });
  const app = new App({
    token: secrets.botToken,
    receiver,
    clientOptions: clientOptions(),
    deferInitialization: true,
    convoStore: false,
    logLevel,
  });
  given.register(app);
  await app.init();
  await app.start();
  const url = `http://127.0.0.1:${port}/slack/events`;
  await slack.control.setDelivery(given.mode === 'socket' ? 'socket' : { url });
  const stop = async (): Promise<void> => {
    if (receiver instanceof SocketModeReceiver) await receiver.client.disconnect();
    await app.stop();
  };
  return { app, stop };
}
