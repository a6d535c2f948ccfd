// Checks that settings are complete or refused with every reason at once, and that no secret is in a reason.

import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Environment,
  fileSettings,
  formatSettingMistake,
  parseEnvironment,
} from '../../src/settings/environment.ts';

const socket: Environment = {
  SLACK_BOT_TOKEN: 'xoxb-1-abc',
  SLACK_APP_TOKEN: 'xapp-1-abc',
  DATABASE_URL: 'postgres://headroom:hidden-word@db:5432/headroom',
  ALERTMANAGER_TOKEN: '0123456789abcdef',
};
const { SLACK_APP_TOKEN: _, ...withoutSocket } = socket;
const http: Environment = { ...withoutSocket, SLACK_SIGNING_SECRET: 'signing-words' };

function mistakesOf(env: Environment): readonly string[] {
  const parsed = parseEnvironment(env);
  return parsed.ok ? [] : parsed.mistakes.map(formatSettingMistake);
}

function settingsOf(env: Environment) {
  const parsed = parseEnvironment(env);
  if (!parsed.ok) throw new Error(parsed.mistakes.map(formatSettingMistake).join('\n'));
  return parsed.settings;
}

describe('parseEnvironment', () => {
  it('needs four variables in Socket Mode and has defaults for the rest', () => {
    const settings = settingsOf(socket);
    expect(settings).toMatchObject({
      configFile: 'headroom.yaml',
      slack: {
        apiUrl: 'https://slack.com/api/',
        connection: { kind: 'socket' },
        capacityCommand: '/capacity',
        scaleCommand: '/scale',
      },
      logLevel: 'info',
      host: '0.0.0.0',
      port: 8080,
      auditTokens: [],
    });
    expect(settings).not.toHaveProperty('profilesDir');
    expect(settings).not.toHaveProperty('prometheusUrl');
    expect(settings.databaseUrl.reveal()).toContain('hidden-word');
    expect(inspect(settings, { depth: 9 })).not.toMatch(/hidden-word|xoxb|xapp|0123456789/);
  });

  it('takes signed HTTP without an app token', () => {
    const { slack } = settingsOf({ ...http, SLACK_PORT: '3001' });
    expect(slack.connection).toMatchObject({ kind: 'http', port: 3001 });
    expect(slack.connection.kind === 'http' && slack.connection.signingSecret.reveal()).toBe(
      'signing-words',
    );
  });

  it('takes everything that can be set', () => {
    const settings = settingsOf({
      ...http,
      SLACK_API_URL: 'http://127.0.0.1:4000/api',
      KUBECONFIG: '/etc/kube',
      PROMETHEUS_URL: 'https://metrics.example',
      ALERTMANAGER_TOKEN: 'a'.repeat(16) + ', ' + 'b'.repeat(16),
      AUDIT_TOKEN: 'c'.repeat(20),
      HEADROOM_CONFIG: '/etc/headroom.yaml',
      PROFILES_DIR: '/etc/profiles',
      LOG_LEVEL: 'debug',
      HOST: '127.0.0.1',
      PORT: '0',
      SLACK_PORT: '0',
      CAPACITY_COMMAND: '/cap-2',
      SCALE_COMMAND: '/grow',
    });
    expect(settings).toMatchObject({
      slack: {
        apiUrl: 'http://127.0.0.1:4000/api/',
        capacityCommand: '/cap-2',
        scaleCommand: '/grow',
      },
      kubeconfig: '/etc/kube',
      prometheusUrl: 'https://metrics.example',
      configFile: '/etc/headroom.yaml',
      profilesDir: '/etc/profiles',
      logLevel: 'debug',
      host: '127.0.0.1',
      port: 0,
    });
    expect(settings.alertmanagerTokens.map((token) => token.reveal())).toEqual([
      'a'.repeat(16),
      'b'.repeat(16),
    ]);
    expect(settings.auditTokens).toHaveLength(1);
  });

  it('reports everything at once', () => {
    expect(
      mistakesOf({
        SLACK_BOT_TOKN: 'xoxb-1',
        SLACK_APP_TOKEN: '',
        PORT: '3000',
        LOG_LEVEL: 'inof',
        PROMETHEUS_URL: 'metrics',
      }),
    ).toEqual([
      'PROMETHEUS_URL: is not an http or https address without a user name or password',
      'SLACK_BOT_TOKEN: is not set (SLACK_BOT_TOKN is: a slip?)',
      'SLACK_PORT: is 3000 like PORT; without SLACK_APP_TOKEN the two must differ',
      'SLACK_SIGNING_SECRET: is not set, and without it or SLACK_APP_TOKEN Slack cannot reach the app',
      'DATABASE_URL: is not set',
      'ALERTMANAGER_TOKEN: is not set',
      'LOG_LEVEL: is none of fatal, error, warn, info, debug, trace, silent; did you mean "info"?',
    ]);
  });

  it.each<[string, string, RegExp]>([
    ['SLACK_BOT_TOKEN', 'xoxp-hidden', /is not a token that starts with xoxb-/],
    ['SLACK_BOT_TOKEN', 'xoxb-', /is not a token/],
    ['SLACK_APP_TOKEN', 'xoxb-hidden', /is not a token that starts with xapp-/],
    ['DATABASE_URL', 'mysql://u:hidden@h/d', /postgres:\/\//],
    ['DATABASE_URL', 'hidden words', /postgres:\/\//],
    ['ALERTMANAGER_TOKEN', 'hidden-short', /at least 16 characters/],
    ['ALERTMANAGER_TOKEN', `${'hidden'.repeat(4)},`, /at least 16 characters/],
    [
      'ALERTMANAGER_TOKEN',
      ['a', 'b', 'c'].map((c) => `hidden${c.repeat(16)}`).join(),
      /holds 3 tokens, at most 2/,
    ],
    ['AUDIT_TOKEN', 'hidden', /at least 16 characters/],
    ['PROMETHEUS_URL', 'https://u:hidden@metrics', /without a user name or password/],
    ['SLACK_API_URL', 'ftp://hidden', /is not an http or https address/],
    ['PORT', '65536', /is not a port/],
    ['PORT', '80a', /is not a port/],
    ['PORT', '-1', /is not a port/],
    ['SCALE_COMMAND', 'scale', /is not a command/],
    ['SCALE_COMMAND', '/capacity', /is \/capacity like CAPACITY_COMMAND/],
  ])('refuses %s=%s without repeating a secret', (variable, value, message) => {
    const mistakes = mistakesOf({ ...socket, [variable]: value });
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toMatch(message);
    expect(mistakes[0]?.startsWith(`${variable}: `)).toBe(true);
    expect(mistakes[0]).not.toContain('hidden');
  });

  it('never repeats what stands in a secret variable, and never throws', () => {
    const secrets = [
      'SLACK_BOT_TOKEN',
      'SLACK_SIGNING_SECRET',
      'SLACK_APP_TOKEN',
      'DATABASE_URL',
      'ALERTMANAGER_TOKEN',
      'AUDIT_TOKEN',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...secrets), fc.string(), (variable, noise) => {
        const value = `${noise}unmistakable`;
        expect(mistakesOf({ ...http, [variable]: value }).join()).not.toContain('unmistakable');
      }),
    );
  });
});

describe('fileSettings', () => {
  it('needs nothing at all', () => {
    expect(fileSettings({})).toEqual({ configFile: 'headroom.yaml' });
  });
});
