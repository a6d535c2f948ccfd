// Reads the app manifest, so that the emulator allows exactly what the real workspace would after installing it.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { objectOr, objectsOf, stringOr } from './json.ts';

export interface SlashCommand {
  readonly command: string;
  readonly description: string;
  readonly usageHint: string;
  /** Whether `@name` and `#name` are sent as `<@U…>` and `<#C…|name>`. */
  readonly shouldEscape: boolean;
}

export interface AppManifest {
  readonly appName: string;
  readonly botName: string;
  readonly commands: readonly SlashCommand[];
  readonly scopes: readonly string[];
  readonly events: readonly string[];
  readonly homeTabEnabled: boolean;
  /** Without it nobody can be written to directly. */
  readonly messagesTabEnabled: boolean;
  readonly interactivityEnabled: boolean;
}

/** Reads `manifest.yml` (or JSON, which is YAML too). Throws when the file is missing or no mapping. */
export function readManifest(path: string): AppManifest {
  return parseManifest(readFileSync(path, 'utf8'));
}

export function parseManifest(text: string): AppManifest {
  const parsed: unknown = parse(text);
  const root = objectOr(parsed);
  const features = objectOr(root['features']);
  const settings = objectOr(root['settings']);
  const appName = stringOr(objectOr(root['display_information'])['name'], '');
  if (appName === '') throw new Error('the app manifest has no display_information.name');
  return {
    appName,
    botName: stringOr(objectOr(features['bot_user'])['display_name'], appName),
    commands: objectsOf(features['slash_commands']).map((one) => ({
      command: stringOr(one['command'], ''),
      description: stringOr(one['description'], ''),
      usageHint: stringOr(one['usage_hint'], ''),
      shouldEscape: one['should_escape'] === true,
    })),
    scopes: strings(objectOr(objectOr(root['oauth_config'])['scopes'])['bot']),
    events: strings(objectOr(settings['event_subscriptions'])['bot_events']),
    homeTabEnabled: objectOr(features['app_home'])['home_tab_enabled'] === true,
    messagesTabEnabled: objectOr(features['app_home'])['messages_tab_enabled'] === true,
    interactivityEnabled: objectOr(settings['interactivity'])['is_enabled'] === true,
  };
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
