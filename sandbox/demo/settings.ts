// Writes the settings of the demo: the same variables and the same headroom.yaml that a user would write.
import { randomBytes } from 'node:crypto';
import type { SandboxWorld } from '../world.ts';
import { freePort } from './app-process.ts';
import type { StateFolder } from './state-folder.ts';

/** Who is who in the emulated workspace. */
export const people = {
  ann: 'U0ANN00001',
  bob: 'U0BOB00001',
  eve: 'U0EVE00001',
  oncall: 'U0ONCALL01',
} as const;
export const channel = 'C0CAPACITY1';

export interface DemoTokens {
  readonly bot: string;
  readonly app: string;
  readonly signing: string;
  readonly alertmanager: string;
}

/** New ones for each start: whoever else is on this machine cannot guess them. */
export function makeTokens(): DemoTokens {
  const random = (): string => randomBytes(18).toString('hex');
  return {
    bot: `xoxb-demo-${random()}`,
    app: `xapp-demo-${random()}`,
    signing: random(),
    alertmanager: random(),
  };
}

export interface Ports {
  readonly app: number;
  readonly slack: number;
}

export async function choosePorts(): Promise<Ports> {
  const app = await freePort();
  for (;;) {
    const slack = await freePort();
    if (slack !== app) return { app, slack };
  }
}

/** The environment of the app. */
export async function appSettings(
  parts: {
    readonly mode: 'socket' | 'http';
    readonly tokens: DemoTokens;
    readonly ports: Ports;
    readonly world: Pick<SandboxWorld, 'slack' | 'cluster' | 'prometheus' | 'namespace'>;
    readonly databaseUrl: string;
  },
  folder: StateFolder,
): Promise<Readonly<Record<string, string>>> {
  const { mode, tokens, ports, world, databaseUrl } = parts;
  return {
    SLACK_BOT_TOKEN: tokens.bot,
    ...(mode === 'socket'
      ? { SLACK_APP_TOKEN: tokens.app }
      : { SLACK_SIGNING_SECRET: tokens.signing, SLACK_PORT: String(ports.slack) }),
    SLACK_API_URL: world.slack.apiUrl,
    DATABASE_URL: databaseUrl,
    KUBECONFIG: await folder.write('kubeconfig', world.cluster.kubeconfig()),
    PROMETHEUS_URL: world.prometheus.url,
    ALERTMANAGER_TOKEN: tokens.alertmanager,
    HEADROOM_CONFIG: await folder.write('headroom.yaml', headroomYaml(world.namespace)),
    HOST: '127.0.0.1',
    PORT: String(ports.app),
    LOG_LEVEL: 'info',
  };
}

function headroomYaml(namespace: string): string {
  return `# Written by the demo at each start. headroom.example.yaml explains every key.
clusters:
  sandbox: {}

systems:
  steam-traps:
    profile: gl-008
    mode: apply
    cluster: sandbox
    channel: ${channel}
    routes:
      - { alertname: InspectionQueueBacklog, namespace: ${namespace} }

policy:
  rules:
    - name: demo
      systems: [steam-traps]
      approvers: [${people.ann}, ${people.bob}]
      oncall: { users: [${people.oncall}], mayApproveOwnWithReason: true }
      stricter: { required: 2 }

operators: [${people.ann}, ${people.oncall}]
`;
}
