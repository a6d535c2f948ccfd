// The objects that are a pooler: PgBouncer as a set of its own, or the one that CloudNativePG keeps where that keeps the database.

import { createHash } from 'node:crypto';
import type { ObjectKind } from '../change/kinds.ts';
import type { Texts } from '../sizing/planned-step.ts';
import type { Tree } from '../sizing/step-values.ts';
import type { DeedFacts } from './database-deed-changes.ts';

/** Its name in the cluster, by which applications reach it. */
export const poolerName = 'pgbouncer';
/** Where applications look for a database when nobody says otherwise. */
const usualPort = 5432;
const configPath = '/etc/pgbouncer';
const usersPath = '/etc/pgbouncer-users';

interface PoolerObject {
  readonly kind: ObjectKind;
  readonly name: string;
  readonly fields: Readonly<Record<string, Tree>>;
}

interface Wanted {
  readonly replicas: number;
  readonly settings: Texts;
}

/** In the order in which they are made, or why there can be none. */
export function poolerObjects(
  wanted: Wanted,
  { operated, pooler }: Pick<DeedFacts, 'operated' | 'pooler'>,
): readonly PoolerObject[] | { readonly because: string } {
  const port = Number(wanted.settings['listen_port'] ?? usualPort);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    return { because: `listen_port ${wanted.settings['listen_port']} is no port` };
  }
  if (operated !== undefined) return operatedPooler(wanted, operated, port);
  if (pooler === undefined) {
    return {
      because:
        'headroom.yaml does not say where the database is and which Secret holds its users, so no pooler can be set up',
    };
  }
  return ownSet(wanted, pooler, port);
}

/** The operator finds the database, its users and its certificates itself, and keeps to the usual port. */
function operatedPooler(
  { replicas, settings }: Wanted,
  cluster: string,
  port: number,
): ReturnType<typeof poolerObjects> {
  if (port !== usualPort) {
    return {
      because: `the pooler of CloudNativePG listens on ${usualPort}, and the profile asks for ${port}`,
    };
  }
  const { pool_mode: poolMode = 'session', listen_port: _, ...parameters } = settings;
  const pgbouncer = { poolMode, parameters };
  const spec = { cluster: { name: cluster }, instances: replicas, type: 'rw', pgbouncer };
  return [{ kind: 'Pooler', name: poolerName, fields: { spec } }];
}

function ownSet(
  { replicas, settings }: Wanted,
  pooler: NonNullable<DeedFacts['pooler']>,
  port: number,
): readonly PoolerObject[] {
  const config = configText(settings, pooler, port);
  const labels = { app: poolerName };
  const ports = [{ name: poolerName, port, targetPort: port, protocol: 'TCP' }];
  return [
    { kind: 'ConfigMap', name: poolerName, fields: { data: { 'pgbouncer.ini': config } } },
    {
      kind: 'Deployment',
      name: poolerName,
      fields: {
        spec: {
          replicas,
          selector: { matchLabels: labels },
          template: templateOf(pooler, { config, port, labels }),
        },
      },
    },
    {
      kind: 'Service',
      name: poolerName,
      fields: { spec: { type: 'ClusterIP', selector: labels, ports } },
    },
    // With a single one, a budget would only keep its node from being emptied.
    ...(replicas > 1
      ? [
          {
            kind: 'PodDisruptionBudget' as const,
            name: poolerName,
            fields: { spec: { maxUnavailable: 1, selector: { matchLabels: labels } } },
          },
        ]
      : []),
  ];
}

function templateOf(
  { image, userlist }: NonNullable<DeedFacts['pooler']>,
  { config, port, labels }: { config: string; port: number; labels: Texts },
): Tree {
  // A new configuration makes new pods: PgBouncer reads it when it starts.
  const hash = createHash('sha256').update(config, 'utf8').digest('hex');
  const probe = { tcpSocket: { port }, periodSeconds: 5 };
  return {
    metadata: { labels, annotations: { 'headroom/config': hash } },
    spec: {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: labels },
        },
      ],
      containers: [
        {
          name: poolerName,
          image,
          command: [poolerName, `${configPath}/pgbouncer.ini`],
          ports: [{ containerPort: port, protocol: 'TCP' }],
          readinessProbe: probe,
          livenessProbe: { ...probe, initialDelaySeconds: 10 },
          resources: { requests: { cpu: '100m', memory: '128Mi' } },
          volumeMounts: [
            { name: 'config', mountPath: configPath, readOnly: true },
            { name: 'users', mountPath: usersPath, readOnly: true },
          ],
        },
      ],
      volumes: [
        { name: 'config', configMap: { name: poolerName } },
        { name: 'users', secret: { secretName: userlist } },
      ],
    },
  };
}

function configText(
  settings: Texts,
  { host, port, statsUser }: NonNullable<DeedFacts['pooler']>,
  listenPort: number,
): string {
  const own = {
    listen_addr: '0.0.0.0',
    auth_type: 'scram-sha-256',
    auth_file: `${usersPath}/userlist.txt`,
    ...(statsUser !== undefined && { stats_users: statsUser }),
    ...settings,
    listen_port: String(listenPort),
  };
  return [
    '[databases]',
    `* = host=${host} port=${port}`,
    '',
    '[pgbouncer]',
    ...Object.entries(own).map(([key, value]) => `${key} = ${value}`),
    '',
  ].join('\n');
}
