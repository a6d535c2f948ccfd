// The manifest files are what their source says, what Slack accepts, and what the app really uses.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { appManifest, manifestFiles, renderManifest, requestUrl } from '../sandbox/manifest.ts';
import { readManifest } from '../sandbox/slack/manifest.ts';
import { slackScopes } from '../src/cli/doctor/slack-checks.ts';
import { parseEnvironment } from '../src/settings/environment.ts';

const modes = ['socket', 'http'] as const;
const fileOf = (mode: (typeof modes)[number]) =>
  new URL(`../${manifestFiles[mode]}`, import.meta.url);

/** How long Slack lets a text be; the second number is the most. */
const lengths: Readonly<Record<string, readonly [number, number]>> = {
  'display_information.name': [1, 35],
  'display_information.description': [1, 140],
  'display_information.long_description': [175, 4_000],
  'features.bot_user.display_name': [1, 80],
  'features.slash_commands.command': [2, 32],
  'features.slash_commands.description': [1, 2_000],
  'features.slash_commands.usage_hint': [1, 1_000],
  'features.slash_commands.url': [1, 3_000],
  'oauth_config.scopes.bot': [1, 50],
  'settings.interactivity.request_url': [1, 3_500],
};
const switches = [
  'features.app_home.home_tab_enabled',
  'features.app_home.messages_tab_enabled',
  'features.app_home.messages_tab_read_only_enabled',
  'features.bot_user.always_online',
  'features.slash_commands.should_escape',
  'settings.interactivity.is_enabled',
  'settings.org_deploy_enabled',
  'settings.socket_mode_enabled',
  'settings.token_rotation_enabled',
];

/** What Slack would refuse: keys it does not know at that place, values of the wrong kind, texts of the wrong length. */
function mistakesIn(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => mistakesIn(item, path));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) =>
      mistakesIn(inner, path === '' ? key : `${path}.${key}`),
    );
  }
  if (typeof value === 'boolean') {
    return switches.includes(path) ? [] : [`${path} is no switch`];
  }
  if (path === 'display_information.background_color') {
    return /^#([0-9a-f]{3}){1,2}$/i.test(String(value)) ? [] : [`${path} is no colour`];
  }
  const [min, max] = lengths[path] ?? [];
  if (min === undefined || max === undefined || typeof value !== 'string') {
    return [`${path} is not known`];
  }
  const fits = value.length >= min && value.length <= max;
  return fits ? [] : [`${path} has ${value.length} characters, ${min} to ${max} are allowed`];
}

describe.each(modes)('the manifest for %s', (mode) => {
  const manifest = appManifest(mode);

  test('the file is what its source says (npm run manifest writes it)', async () => {
    const text = await readFile(fileOf(mode), 'utf8');
    expect(text).toBe(renderManifest(mode));
    expect(parse(text)).toEqual(manifest);
  });

  test('holds nothing that Slack would refuse', () => {
    expect(mistakesIn(manifest)).toEqual([]);
    const { slash_commands: commands } = manifest.features;
    // Slack's own text says 5 although its schema takes more.
    expect(commands.length).toBeLessThanOrEqual(5);
    expect(new Set(commands.map(({ command }) => command)).size).toBe(commands.length);
    for (const { command } of commands) expect(command).toMatch(/^\/[a-z0-9_-]+$/);
    const { bot } = manifest.oauth_config.scopes;
    expect(new Set(bot).size).toBe(bot.length);
  });

  test('names the commands the app listens to when nobody renamed them', () => {
    const environment = parseEnvironment({
      SLACK_BOT_TOKEN: 'xoxb-test',
      SLACK_SIGNING_SECRET: 'secret',
      DATABASE_URL: 'postgres://localhost/headroom',
      ALERTMANAGER_TOKEN: 'a-token-of-enough-characters',
    });
    if (!environment.ok) throw new Error(JSON.stringify(environment.mistakes));
    const { capacityCommand, scaleCommand } = environment.settings.slack;
    expect(manifest.features.slash_commands.map(({ command }) => command)).toEqual([
      capacityCommand,
      scaleCommand,
    ]);
  });

  test('can be read by the emulated workspace', async () => {
    const read = readManifest(fileURLToPath(fileOf(mode)));
    expect(read.commands.map(({ command }) => command)).toEqual(['/capacity', '/scale']);
    expect(read.scopes).toEqual(slackScopes);
    expect(read.interactivityEnabled).toBe(true);
    expect(read.homeTabEnabled).toBe(false);
    // Pictures are sent to people, who otherwise could not be written to.
    expect(read.messagesTabEnabled).toBe(true);
  });
});

test('Socket Mode needs no address', () => {
  expect(appManifest('socket').settings.socket_mode_enabled).toBe(true);
  expect(JSON.stringify(appManifest('socket'))).not.toContain('http');
});

test('over HTTP every address is the one endpoint of the app', () => {
  const { features, settings } = appManifest('http');
  const addresses = [
    ...features.slash_commands.map(({ url }) => url),
    settings.interactivity.request_url,
  ];
  expect(new Set(addresses)).toEqual(new Set([requestUrl]));
  expect(requestUrl).toBe('https://headroom.example.com/slack/events');
  expect(settings.socket_mode_enabled).toBe(false);
});
