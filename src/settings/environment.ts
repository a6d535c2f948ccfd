// Reads the settings from environment variables, once, and reports everything that is wrong with them at once.
import { Secret } from '../secret.ts';
import { nearest, suggestion } from '../words/nearest.ts';
import { isHttpUrl } from './headroom-schema.ts';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** How Slack reaches the app: over a socket the app opens, or over signed HTTP to a public port. */
export type SlackConnection =
  | { readonly kind: 'socket'; readonly appToken: Secret }
  | { readonly kind: 'http'; readonly signingSecret: Secret; readonly port: number };

export interface Settings extends FileSettings {
  readonly slack: {
    readonly botToken: Secret;
    /** Ends with a slash. */
    readonly apiUrl: string;
    readonly connection: SlackConnection;
    readonly capacityCommand: string;
    readonly scaleCommand: string;
  };
  /** Holds a password, so it is a secret. */
  readonly databaseUrl: Secret;
  /** Absent: the service account of the pod the app runs in. */
  readonly kubeconfig?: string;
  /** For clusters that name none of their own. */
  readonly prometheusUrl?: string;
  /** One or two, so that a token can be replaced without a gap. */
  readonly alertmanagerTokens: readonly Secret[];
  /** Empty: the audit trail is not served. */
  readonly auditTokens: readonly Secret[];
  readonly logLevel: LogLevel;
  readonly host: string;
  readonly port: number;
}

/** The settings that commands without a server need. */
export interface FileSettings {
  readonly configFile: string;
  /** Absent: the profiles that ship with Headroom. */
  readonly profilesDir?: string;
}

/** A variable that cannot be used; the message never holds its value when that is a secret. */
export interface SettingMistake {
  readonly variable: string;
  readonly message: string;
}

export type ParsedEnvironment =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly mistakes: readonly SettingMistake[] };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Shorter tokens can be guessed. */
const TOKEN_CHARACTERS_MIN = 16;
const TOKENS_MAX = 2;
const PORT_MAX = 65_535;

/** Parses all settings; a variable that is empty counts as not set. */
export function parseEnvironment(env: Environment): ParsedEnvironment {
  const read = new Reader(env);
  const port = read.port('PORT', 8080);
  const kubeconfig = read.text('KUBECONFIG');
  const prometheusUrl = read.url('PROMETHEUS_URL');
  const settings: Settings = {
    ...fileSettings(env),
    slack: {
      botToken: read.slackToken('SLACK_BOT_TOKEN', 'xoxb-') ?? NOTHING,
      apiUrl: withSlash(read.url('SLACK_API_URL') ?? 'https://slack.com/api/'),
      connection: slackConnection(read, port),
      ...commandNames(read),
    },
    databaseUrl: read.databaseUrl(),
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(prometheusUrl !== undefined && { prometheusUrl }),
    alertmanagerTokens: read.tokens('ALERTMANAGER_TOKEN', true),
    auditTokens: read.tokens('AUDIT_TOKEN', false),
    logLevel: read.logLevel(),
    host: read.text('HOST') ?? '0.0.0.0',
    port,
  };
  return read.mistakes.length === 0
    ? { ok: true, settings }
    : { ok: false, mistakes: read.mistakes };
}

/** Where the files are; these two need no server, so reading them never fails. */
export function fileSettings(env: Environment): FileSettings {
  const read = new Reader(env);
  const profilesDir = read.text('PROFILES_DIR');
  return {
    configFile: read.text('HEADROOM_CONFIG') ?? 'headroom.yaml',
    ...(profilesDir !== undefined && { profilesDir }),
  };
}

/** One line for a mistake: `SLACK_BOT_TOKEN: is not set`. */
export function formatSettingMistake({ variable, message }: SettingMistake): string {
  return `${variable}: ${message}`;
}

/** Stands in for a value whose mistake is already noted; it never leaves this file. */
const NOTHING = new Secret('');

function slackConnection(read: Reader, port: number): SlackConnection {
  const appToken = read.slackToken('SLACK_APP_TOKEN', 'xapp-', { required: false });
  const slackPort = read.port('SLACK_PORT', 3000);
  if (appToken !== undefined) return { kind: 'socket', appToken };
  if (slackPort === port && port !== 0) {
    read.mistake(
      'SLACK_PORT',
      `is ${slackPort} like PORT; without SLACK_APP_TOKEN the two must differ`,
    );
  }
  const secret = read.text('SLACK_SIGNING_SECRET');
  if (secret === undefined) {
    read.missing(
      'SLACK_SIGNING_SECRET',
      ', and without it or SLACK_APP_TOKEN Slack cannot reach the app',
    );
  }
  return {
    kind: 'http',
    signingSecret: secret === undefined ? NOTHING : new Secret(secret),
    port: slackPort,
  };
}

function commandNames(read: Reader): {
  readonly capacityCommand: string;
  readonly scaleCommand: string;
} {
  const capacityCommand = read.command('CAPACITY_COMMAND', '/capacity');
  const scaleCommand = read.command('SCALE_COMMAND', '/scale');
  if (capacityCommand === scaleCommand) {
    read.mistake('SCALE_COMMAND', `is ${scaleCommand} like CAPACITY_COMMAND; the two must differ`);
  }
  return { capacityCommand, scaleCommand };
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

/** Reads variables one by one and keeps what was wrong. */
class Reader {
  readonly mistakes: SettingMistake[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  mistake(variable: string, message: string): void {
    this.mistakes.push({ variable, message });
  }

  text(variable: string): string | undefined {
    const value = this.#env[variable]?.trim();
    return value === undefined || value === '' ? undefined : value;
  }

  missing(variable: string, because = ''): void {
    // A slip in the name is the likeliest reason, and the value never needs to be shown for it.
    const similar = nearest(
      variable,
      Object.keys(this.#env).filter((name) => name !== variable && !VARIABLES.has(name)),
    );
    this.mistake(
      variable,
      `is not set${because}${similar === undefined ? '' : ` (${similar} is: a slip?)`}`,
    );
  }

  slackToken(
    variable: string,
    prefix: string,
    { required }: { readonly required: boolean } = { required: true },
  ): Secret | undefined {
    const value = this.text(variable);
    if (value === undefined) {
      if (required) this.missing(variable);
      return undefined;
    }
    if (!value.startsWith(prefix) || value.length === prefix.length || /\s/.test(value)) {
      this.mistake(variable, `is not a token that starts with ${prefix}`);
    }
    return new Secret(value);
  }

  url(variable: string): string | undefined {
    const value = this.text(variable);
    if (value === undefined || isHttpUrl(value)) return value;
    this.mistake(variable, 'is not an http or https address without a user name or password');
    return undefined;
  }

  databaseUrl(): Secret {
    const value = this.text('DATABASE_URL');
    if (value === undefined) {
      this.missing('DATABASE_URL');
      return NOTHING;
    }
    const protocol = URL.canParse(value) ? new URL(value).protocol : undefined;
    if (protocol !== 'postgres:' && protocol !== 'postgresql:') {
      this.mistake(
        'DATABASE_URL',
        'is not an address that starts with postgres:// or postgresql://',
      );
    }
    return new Secret(value);
  }

  tokens(variable: string, required: boolean): readonly Secret[] {
    const value = this.text(variable);
    if (value === undefined) {
      if (required) this.missing(variable);
      return [];
    }
    const tokens = value.split(',').map((token) => token.trim());
    if (tokens.length > TOKENS_MAX) {
      this.mistake(
        variable,
        `holds ${tokens.length} tokens, at most ${TOKENS_MAX} can be valid at once`,
      );
    }
    if (tokens.some((token) => token.length < TOKEN_CHARACTERS_MIN || /\s/.test(token))) {
      this.mistake(
        variable,
        `needs tokens of at least ${TOKEN_CHARACTERS_MIN} characters without blanks`,
      );
    }
    return tokens.map((token) => new Secret(token));
  }

  port(variable: string, fallback: number): number {
    const value = this.text(variable);
    if (value === undefined) return fallback;
    const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
    if (port <= PORT_MAX) return port;
    this.mistake(variable, `is not a port between 0 and ${PORT_MAX}`);
    return fallback;
  }

  logLevel(): LogLevel {
    const value = this.text('LOG_LEVEL') ?? 'info';
    const level = logLevels.find((candidate) => candidate === value);
    if (level !== undefined) return level;
    this.mistake('LOG_LEVEL', `is none of ${logLevels.join(', ')}${suggestion(value, logLevels)}`);
    return 'info';
  }

  command(variable: string, fallback: string): string {
    const value = this.text(variable) ?? fallback;
    if (!/^\/[a-z0-9_-]{1,31}$/.test(value)) {
      this.mistake(
        variable,
        'is not a command: a slash, then up to 31 lower-case letters, digits, - and _',
      );
    }
    return value;
  }
}

/** Every variable that is read; a name in this list is no slip for another one. */
const VARIABLES: ReadonlySet<string> = new Set([
  'SLACK_BOT_TOKEN',
  'SLACK_SIGNING_SECRET',
  'SLACK_APP_TOKEN',
  'SLACK_API_URL',
  'SLACK_PORT',
  'DATABASE_URL',
  'KUBECONFIG',
  'PROMETHEUS_URL',
  'ALERTMANAGER_TOKEN',
  'AUDIT_TOKEN',
  'HEADROOM_CONFIG',
  'PROFILES_DIR',
  'LOG_LEVEL',
  'HOST',
  'PORT',
  'CAPACITY_COMMAND',
  'SCALE_COMMAND',
]);
