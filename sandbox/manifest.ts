// The Slack app's manifest, once: both files in the repository are written from here, so that they cannot differ by accident.
import { stringify } from 'yaml';

/** How Slack reaches the app: over a socket the app opens, or over HTTP to a public address. */
export type ManifestMode = 'socket' | 'http';

/** Where each manifest lies, from the root of the repository. */
export const manifestFiles = {
  socket: 'manifest.yml',
  http: 'manifest.http.yml',
} as const satisfies Record<ManifestMode, string>;

/** Stands for the address of the app; whoever installs it puts in their own. */
export const requestUrl = 'https://headroom.example.com/slack/events';

interface SlashCommand {
  readonly command: string;
  readonly url?: string;
  readonly description: string;
  readonly usage_hint: string;
  readonly should_escape: boolean;
}

/** The parts of Slack's manifest that Headroom uses. */
export interface Manifest {
  readonly display_information: {
    readonly name: string;
    readonly description: string;
    readonly long_description: string;
    readonly background_color: string;
  };
  readonly features: {
    readonly app_home: {
      readonly home_tab_enabled: boolean;
      readonly messages_tab_enabled: boolean;
      readonly messages_tab_read_only_enabled: boolean;
    };
    readonly bot_user: { readonly display_name: string; readonly always_online: boolean };
    readonly slash_commands: readonly SlashCommand[];
  };
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
  readonly settings: {
    readonly interactivity: { readonly is_enabled: boolean; readonly request_url?: string };
    readonly org_deploy_enabled: boolean;
    readonly socket_mode_enabled: boolean;
    readonly token_rotation_enabled: boolean;
  };
}

const commands = [
  {
    command: '/capacity',
    description: 'Ask about capacity; changes nothing',
    usage_hint: 'help | systems | status [SYSTEM] | plan SYSTEM key=value…',
  },
  {
    command: '/scale',
    description: 'Propose a change, or stop and resume all changes',
    usage_hint: 'SYSTEM/component replicas=N reason="…" | stop [SYSTEM] | resume [SYSTEM]',
  },
] as const;

export function appManifest(mode: ManifestMode): Manifest {
  const isHttp = mode === 'http';
  return {
    display_information: {
      name: 'Headroom',
      description: 'An alert goes in, an approved and proven capacity change comes out.',
      long_description:
        'Headroom answers capacity alerts with a plan: what is wrong, what would be changed, why that number and what it costs. The people named in its policy approve or deny the plan here. Headroom then changes exactly that, watches the rollout, checks by the metric whether it helped, and keeps an audit trail that proves who decided what.',
      background_color: '#14532d',
    },
    features: {
      // Pictures come as direct messages; nothing reads what is written back.
      app_home: {
        home_tab_enabled: false,
        messages_tab_enabled: true,
        messages_tab_read_only_enabled: true,
      },
      bot_user: { display_name: 'Headroom', always_online: false },
      slash_commands: commands.map(({ command, description, usage_hint }) => ({
        command,
        ...(isHttp && { url: requestUrl }),
        description,
        usage_hint,
        // Headroom reads names of systems, never of people or channels.
        should_escape: false,
      })),
    },
    // Only what is used: slash commands, cards with their threads in channels the bot was invited to, pictures for the
    // person who asks for one, and for `headroom doctor` whether the bot is in a channel. None of them reads what people
    // write.
    oauth_config: {
      scopes: {
        bot: ['commands', 'chat:write', 'files:write', 'im:write', 'channels:read', 'groups:read'],
      },
    },
    settings: {
      interactivity: { is_enabled: true, ...(isHttp && { request_url: requestUrl }) },
      org_deploy_enabled: false,
      socket_mode_enabled: !isHttp,
      token_rotation_enabled: false,
    },
  };
}

const introductions: Readonly<Record<ManifestMode, readonly string[]>> = {
  socket: [
    'The Slack app for Socket Mode: the app opens a connection to Slack and needs no public address.',
    'It also needs an app-level token with the scope connections:write (SLACK_APP_TOKEN).',
  ],
  http: [
    `The Slack app for signed HTTP. Put the address of your installation in place of ${new URL(requestUrl).host};`,
    'all three lead to SLACK_PORT, path /slack/events.',
  ],
};

/** The file as it lies in the repository. */
export function renderManifest(mode: ManifestMode): string {
  const lines = [...introductions[mode], 'Written by `npm run manifest` from sandbox/manifest.ts.'];
  const comment = lines.map((line) => `# ${line}\n`).join('');
  return `${comment}${stringify(appManifest(mode), { lineWidth: 120 })}`;
}
