// The Bolt app: Socket Mode or signed HTTP from one set of settings, and a stop that waits for handlers at work.

import { App, HTTPReceiver, type Logger, LogLevel, SocketModeReceiver } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { Clock, Log } from '../ports.ts';
import type { Secret } from '../secret.ts';
import type { SlackConnection } from '../settings/environment.ts';
import { slackTrouble } from './slack.ts';

export interface SlackSettings {
  readonly botToken: Secret;
  readonly apiUrl: string;
  readonly connection: SlackConnection;
}

export interface SlackApp {
  readonly app: App;
  /** For messages; rejects rate-limited calls, because the pace of a channel is kept in the store. */
  readonly client: WebClient;
  /** May be called again after it failed. @throws OperationError, `unauthorized` when Slack refuses the token. */
  start(): Promise<void>;
  /** Takes nothing new and waits for handlers at work, ten seconds at most. */
  stop(): Promise<void>;
}

/** A request may be this old or this far ahead of our clock; Bolt itself only looks back. */
const skewMaxSeconds = 5 * 60;
const stopWaitMs = 10_000;
/** A Slack request is a few kilobytes. */
const bodyMaxBytes = 1024 * 1024;

export function createSlackApp(
  settings: SlackSettings,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): SlackApp {
  const logger = boltLogger(log);
  // A fresh object for each taker: the receivers write into the one they get.
  const clientOptions = () => ({
    slackApiUrl: settings.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 10_000,
  });
  const receiver = createReceiver(settings.connection, { logger, clientOptions, clock });
  const app = new App({
    token: settings.botToken.reveal(),
    receiver,
    logger,
    clientOptions: clientOptions(),
    deferInitialization: true,
    convoStore: false,
  });
  let atWork = 0;
  let started = false;
  app.use(async ({ next }) => {
    atWork += 1;
    try {
      await next();
    } finally {
      atWork -= 1;
    }
  });
  app.error(async (error) => {
    log.error({ err: error }, 'handling something from Slack');
    // Thrown on, so that what was not acknowledged is answered with a failure at once and Slack tells the person.
    throw error;
  });
  return {
    app,
    client: app.client,
    async start() {
      try {
        await app.init();
        await app.start();
        started = true;
      } catch (error) {
        throw slackTrouble('connecting to Slack', error);
      }
    },
    async stop() {
      if (receiver instanceof SocketModeReceiver) await receiver.client.disconnect();
      // A receiver that never started cannot be stopped.
      if (started) await app.stop();
      const deadline = clock.now().getTime() + stopWaitMs;
      while (atWork > 0 && clock.now().getTime() < deadline) await clock.sleep(20);
    },
  };
}

/**
 * The socket's own client gives up for good, with a rejection nobody can hear, when asking for a new address fails.
 * So it asks until it gets one: at once, then ever more rarely, every half minute in the end.
 */
const reconnecting = {
  retryConfig: { forever: true, factor: 1.5, minTimeout: 500, maxTimeout: 30_000, randomize: true },
  rejectRateLimitedCalls: false,
};

type Taken = {
  readonly logger: Logger;
  readonly clientOptions: () => { readonly slackApiUrl: string };
  readonly clock: Clock;
};

function createReceiver(connection: SlackConnection, { logger, clientOptions, clock }: Taken) {
  if (connection.kind === 'socket') {
    return new SocketModeReceiver({
      appToken: connection.appToken.reveal(),
      logger,
      installerOptions: { clientOptions: { ...clientOptions(), ...reconnecting } },
    });
  }
  const receiver = new HTTPReceiver({
    signingSecret: connection.signingSecret.reveal(),
    endpoints: ['/slack/events'],
    port: connection.port,
    bodyLimit: bodyMaxBytes,
    logger,
  });
  const listener = receiver.requestListener;
  receiver.requestListener = (request, response) => {
    const timestamp = Number(request.headers['x-slack-request-timestamp']);
    if (timestamp > clock.now().getTime() / 1000 + skewMaxSeconds) {
      response.writeHead(401).end();
      return;
    }
    listener(request, response);
  };
  return receiver;
}

/** Bolt's own words go into our log, one level down: what matters is logged by us. */
function boltLogger(log: Log): Logger {
  const words = (parts: readonly unknown[]) =>
    parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ');
  return {
    debug: () => {},
    info: (...parts) => log.debug({ from: 'bolt' }, words(parts)),
    warn: (...parts) => log.warn({ from: 'bolt' }, words(parts)),
    error: (...parts) => log.error({ from: 'bolt' }, words(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  };
}
