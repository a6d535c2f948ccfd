import { WebClient } from '@slack/web-api';
import axios from 'axios';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/adapters/log.ts';
import { OperationError } from '../../src/errors.ts';
import { Secret } from '../../src/secret.ts';

const secret = 'very-secret-word-4711';

function collect() {
  const lines: string[] = [];
  return { log: createLog('debug', (line) => lines.push(line)), text: () => lines.join(''), lines };
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('it should have failed');
    },
    (error: unknown) => error,
  );
}

describe('the log', () => {
  it('is one JSON line a message with its time and fields', () => {
    const { log, lines } = collect();
    log.info({ planId: 'p-1' }, 'a run ended');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      planId: 'p-1',
      msg: 'a run ended',
    });
  });

  it('tells an error with its causes and codes, short, and nothing it carries besides', () => {
    const { log, text } = collect();
    const cause = Object.assign(new Error(`first line\nAuthorization: ${secret}`), {
      code: 'ECONNRESET',
      config: { headers: { authorization: secret } },
    });
    log.warn(
      {
        err: new OperationError('asking Prometheus', {
          code: 'unreachable',
          retryable: true,
          cause,
        }),
      },
      'it failed',
    );
    const { err } = JSON.parse(text().split('\n')[0] ?? '');
    expect(err).toMatchObject({
      type: 'OperationError',
      message: 'asking Prometheus',
      code: 'unreachable',
      causes: ['Error (ECONNRESET): first line'],
    });
    log.error({ err: cause }, 'it failed again');
    expect(text()).not.toContain(secret);
  });

  it('survives what is no error, and causes that go in a circle', () => {
    const { log, text } = collect();
    const circle = new Error('round');
    circle.cause = circle;
    log.error({ err: circle }, 'a circle');
    log.error({ err: 'only text' }, 'no error');
    log.error({ err: undefined }, 'nothing');
    expect(text()).toContain('only text');
  });

  it('shows no token of the clients, however they fail', async () => {
    const { log, text } = collect();
    const nowhere = 'http://127.0.0.1:1/';
    const failures = await Promise.all([
      failureOf(
        axios.get(nowhere, {
          headers: { authorization: `Bearer ${secret}` },
          auth: { username: 'u', password: secret },
        }),
      ),
      failureOf(fetch(nowhere, { headers: { authorization: `Bearer ${secret}` } })),
      failureOf(
        new WebClient(secret, {
          slackApiUrl: nowhere,
          retryConfig: { retries: 0 },
          logger: silent,
        }).auth.test(),
      ),
      failureOf(new Client({ connectionString: `postgres://u:${secret}@127.0.0.1:1/x` }).connect()),
    ]);
    for (const err of failures) {
      log.error({ err }, 'it failed');
      log.error(
        { err: new OperationError('asking', { code: 'unreachable', retryable: true, cause: err }) },
        'it failed',
      );
    }
    expect(text().split('\n')).toHaveLength(failures.length * 2 + 1);
    expect(text()).not.toContain(secret);
  });

  it('shows no password of an address in an error text', () => {
    const { log, text } = collect();
    const quoting = new Error(
      `connecting to postgres://headroom:${secret}@db.example/headroom failed`,
    );
    log.error({ err: quoting }, 'it failed');
    log.error({ err: new Error('outer', { cause: quoting }) }, 'it failed');
    log.error({ err: new Error(`asking https://user:${secret}@prometheus.example/`) }, 'it failed');
    expect(text()).not.toContain(secret);
    expect(text()).toContain('db.example/headroom failed');
  });

  it('shows no secret that somebody puts into its fields', () => {
    const { log, text } = collect();
    log.info({ token: secret, password: secret, authorization: secret }, 'plainly');
    log.info({ settings: { token: secret, password: secret } }, 'one level down');
    log.info({ value: new Secret(secret), inside: { value: new Secret(secret) } }, 'wrapped');
    expect(text()).not.toContain(secret);
    expect(text()).toContain('[redacted]');
  });
});

const silent = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => 'error' as never,
  setName() {},
};
