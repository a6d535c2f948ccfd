// The people, the workload and the settings that the crash tests and the simulation play with.

export const people = {
  ann: 'U0ANN00001',
  bob: 'U0BOB00001',
  eve: 'U0EVE00001',
  oncall: 'U0ONCALL01',
} as const;
export type Person = keyof typeof people;

export const channel = 'C0CAPACITY1';
export const namespace = 'greenlang-gl008';
export const system = 'gl-008';
export const alertname = 'InspectionQueueBacklog';

export interface Rules {
  readonly mode: 'observe' | 'propose' | 'apply';
  /** How many people must approve. */
  readonly required: number;
  /** With it the system has a schedule: procedure `peak` at 04:30 in Berlin. */
  readonly scheduled?: 'ask' | 'approve';
  /** With it there is a freeze, from one moment to another: `['2026-11-22 05:00', '2026-11-22 07:00']`. */
  readonly frozen?: readonly [from: string, until: string];
  /** With it headroom.yaml says where the system's database is. */
  readonly connected?: true;
}

/** The text of headroom.yaml. */
export function configText({ mode, required, scheduled, connected, frozen }: Rules): string {
  const freeze = frozen && `{ from: ${frozen[0]}, until: ${frozen[1]}, reason: Year-end closing }`;
  const day = '{ procedure: peak, at: "04:30", timezone: Europe/Berlin }';
  return `
clusters:
  production: {}
systems:
  ${system}:
    profile: gl-008
    mode: ${mode}
    cluster: production
    channel: ${channel}
    schedules: ${scheduled === undefined ? '{}' : `{ day: ${day} }`}
    endpoints: { health: 'http://steam-trap-inspector.invalid/health' }
    databases: ${connected ? '{ main: { connection: { env: SHOP_URL } } }' : '{}'}
    routes:
      - { alertname: ${alertname}, namespace: ${namespace} }
policy:
  rules:
    - name: everyone
      systems: ["*"]
      approvers: [${people.ann}, ${people.bob}]
      required: ${required}
      scheduled: ${scheduled ?? 'ask'}
      oncall: { users: [${people.oncall}], mayApproveOwnWithReason: true }
      stricter: { required: 2 }
      giveBackAfter: 5m
operators: [${people.ann}, ${people.oncall}]
freezes: ${freeze === undefined ? '{}' : `{ year-end: ${freeze} }`}
`;
}

/** The worker's Deployment as somebody applied it. */
export function workerDeployment(replicas: number) {
  return deploymentOf('worker', replicas);
}

/** A Deployment of a component as somebody applied it. */
export function deploymentOf(name: string, replicas: number) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name,
              image: `registry.example/${name}:1.0.0`,
              resources: { requests: { cpu: '2', memory: '4Gi' } },
            },
          ],
        },
      },
    },
  };
}

/** An autoscaler that owns the worker. */
export function workerAutoscaler(minReplicas: number, maxReplicas: number) {
  return autoscalerOf('worker', minReplicas, maxReplicas);
}

/** An autoscaler that owns a Deployment. */
export function autoscalerOf(name: string, minReplicas: number, maxReplicas: number) {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: `${name}-hpa`, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas,
      maxReplicas,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
        },
      ],
    },
  };
}
