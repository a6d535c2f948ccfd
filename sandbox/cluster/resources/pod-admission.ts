// What admission adds to every new pod, whoever makes it: its account's token, the usual tolerations, its priority and class.
import { qosClass } from '../controllers/pod-facts.ts';
import { podCondition } from '../controllers/pod-status.ts';
import type { Json, JsonObject } from '../json.ts';
import { list, object, objects, text } from '../json.ts';
import { setDefault } from './workload.ts';

const tokenVolume = 'kube-api-access-sandb';
const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Seconds a pod stays on a node that is gone. */
const patienceSeconds = 300;

const token = (): JsonObject => ({
  name: tokenVolume,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [
            {
              path: 'namespace',
              fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' },
            },
          ],
        },
      },
    ],
    defaultMode: 420,
  },
});

function mountToken(spec: JsonObject): void {
  const containers = [...objects(spec, 'initContainers'), ...objects(spec, 'containers')];
  const bare = containers.filter(
    (item) => !objects(item, 'volumeMounts').some((mount) => mount['mountPath'] === tokenPath),
  );
  if (spec['automountServiceAccountToken'] === false || bare.length === 0) return;
  for (const container of bare) {
    container['volumeMounts'] = [
      ...list(container, 'volumeMounts'),
      { name: tokenVolume, readOnly: true, mountPath: tokenPath },
    ];
  }
  spec['volumes'] = [...list(spec, 'volumes'), token()];
}

function tolerate(spec: JsonObject): void {
  const own = objects(spec, 'tolerations');
  const missing = ['not-ready', 'unreachable'].flatMap((reason): Json[] => {
    const key = `node.kubernetes.io/${reason}`;
    const isKnown = own.some((item) => item['key'] === key || text(item, 'key') === '');
    const [operator, effect] = ['Exists', 'NoExecute'];
    return isKnown ? [] : [{ key, operator, effect, tolerationSeconds: patienceSeconds }];
  });
  spec['tolerations'] = [...own, ...missing];
}

/** Completes a new pod in place. */
export function admitPod(made: JsonObject): void {
  const spec = object(made, 'spec');
  setDefault(spec, 'serviceAccountName', 'default');
  setDefault(spec, 'serviceAccount', spec['serviceAccountName'] ?? 'default');
  mountToken(spec);
  tolerate(spec);
  setDefault(spec, 'priority', 0);
  setDefault(spec, 'preemptionPolicy', 'PreemptLowerPriority');
  const status = object(made, 'status');
  status['qosClass'] = qosClass(made);
  if (list(spec, 'schedulingGates').length === 0) return;
  const now = text(made, 'metadata', 'creationTimestamp');
  status['conditions'] = [
    {
      ...podCondition(made, 'PodScheduled', 'False', now, 'SchedulingGated'),
      message: 'Scheduling is blocked due to non-empty scheduling gates',
    },
  ];
}
