// Talks to Kubernetes clusters: reads what a plan needs and sends one conditional patch, each call with a deadline.

import {
  AppsV1Api,
  AutoscalingV2Api,
  type Configuration,
  CoreV1Api,
  CustomObjectsApi,
  createConfiguration,
  type KubeConfig,
  type RequestContext,
  ResponseContext,
  type SecurityAuthentication,
  ServerConfiguration,
  type V2HorizontalPodAutoscaler,
  VersionApi,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import { fetch } from 'undici';
import type { WorkloadRef } from '../change/change.ts';
import { assert, OperationError } from '../errors.ts';
import type { Clusters } from '../ports.ts';
import { withinTime } from '../within-time.ts';
import { autoscalerState } from './autoscaler-state.ts';
import { type ClusterAddress, loadKubeconfig } from './kubernetes-config.ts';
import { NoCredentials, NotKubernetes, readTrouble } from './kubernetes-errors.ts';
import { tellOf } from './kubernetes-events.ts';
import { orMissing, readObjectAt, sendWrite } from './kubernetes-objects.ts';
import { scales, seenObject, workloadState } from './kubernetes-state.ts';
import { findScaledObject } from './scaled-object.ts';
import { readSyncSettings } from './sync-settings.ts';
import { verticalAutoscaler } from './vertical-autoscaler.ts';

/** One answer may take this long; a write without an answer by then is unknown. */
export const deadlineMsDefault = 10_000;
const podsMax = 500;

/**
 * @param kubeconfig path of a kubeconfig file; without it the service account of the pod is used.
 * @throws Error at once, in words, for what `kubeconfigMistakes` finds.
 */
export function createClusters(
  addresses: readonly ClusterAddress[],
  kubeconfig: string | undefined,
  { deadlineMs = deadlineMsDefault }: { readonly deadlineMs?: number } = {},
): Clusters {
  const apis = new Map(
    addresses.map((address) => [address.id, apisOf(address, kubeconfig, deadlineMs)]),
  );
  const of = (cluster: string): Apis => {
    const found = apis.get(cluster);
    if (found !== undefined) return found;
    throw new OperationError(`cluster ${cluster} is not in headroom.yaml`, {
      code: 'refused',
      retryable: false,
    });
  };
  return {
    observe: async (workload) => observe(of(workload.cluster), workload),
    read: async (object) => readObjectAt(of(object.cluster).configuration, object),
    vertical: async (workload) => verticalAutoscaler(of(workload.cluster).custom, workload),
    scaledObject: async (workload) =>
      findScaledObject(of(workload.cluster).configuration, workload),
    syncSettings: async (cluster, source) => readSyncSettings(of(cluster).configuration, source),
    autoscaled: async (place) => autoscaled(of(place.cluster), place),
    write: async (write, { dryRun }) =>
      sendWrite(of(write.object.cluster).configuration, write, dryRun),
    tell: async (event) => tellOf(of(event.object.cluster).configuration, event),
    health: () =>
      Promise.all(
        [...apis].map(async ([cluster, { version }]) => {
          try {
            await version.getCode();
            return { cluster };
          } catch (error) {
            const trouble = readTrouble('asking for its version', error);
            if (!(trouble instanceof OperationError)) throw trouble;
            return { cluster, problem: trouble.message };
          }
        }),
      ),
  };
}

interface Apis {
  readonly apps: AppsV1Api;
  readonly autoscaling: AutoscalingV2Api;
  readonly core: CoreV1Api;
  readonly custom: CustomObjectsApi;
  readonly version: VersionApi;
  /** How the server is reached, for what is read without the client's models. */
  readonly configuration: Configuration;
}

/** @throws Error in words when the kubeconfig does not lead to the cluster. */
export function apisOf(
  address: ClusterAddress,
  kubeconfig: string | undefined,
  deadlineMs: number,
): Apis {
  const config = loadKubeconfig(address, kubeconfig);
  const server = config.getCurrentCluster()?.server;
  assert(server !== undefined, 'a kubeconfig without a mistake names a cluster');
  reuseConnections(config);
  const configuration: Configuration = createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    authMethods: { default: withCredentials(config, deadlineMs) },
    httpApi: wrapHttpLibrary({ send: (request) => sendWithin(deadlineMs, request) }),
  });
  return {
    apps: new AppsV1Api(configuration),
    autoscaling: new AutoscalingV2Api(configuration),
    core: new CoreV1Api(configuration),
    custom: new CustomObjectsApi(configuration),
    version: new VersionApi(configuration),
    configuration,
  };
}

/** A kubeconfig may name a program that makes a token; when it fails nothing was sent. */
function withCredentials(config: KubeConfig, deadlineMs: number): SecurityAuthentication {
  return {
    getName: () => config.getName(),
    async applySecurityAuthentication(request) {
      try {
        // Such a program may hang, and the client would wait for it for ever.
        await withinTime(
          deadlineMs,
          config.applySecurityAuthentication(request),
          () => new Error(`no credentials within ${deadlineMs} ms`),
        );
      } catch (error) {
        throw new NoCredentials(error);
      }
    },
  };
}

/**
 * The client makes a new connection pool for each request, and with it a new TLS handshake. Its factory is private,
 * so this one cast replaces it on the instance by one that remembers.
 */
function reuseConnections(config: KubeConfig): void {
  const inside = config as unknown as {
    createDispatcher: (...args: readonly unknown[]) => unknown;
  };
  const original = inside.createDispatcher.bind(config);
  const made = new Map<string, unknown>();
  inside.createDispatcher = (...args) => {
    const key = JSON.stringify(args, (_, value: unknown) =>
      Buffer.isBuffer(value) ? value.toString('base64') : value,
    );
    const known = made.get(key);
    if (known !== undefined) return known;
    const dispatcher = original(...args);
    made.set(key, dispatcher);
    return dispatcher;
  };
}

async function sendWithin(deadlineMs: number, request: RequestContext): Promise<ResponseContext> {
  const body = request.getBody();
  assert(body === undefined || typeof body === 'string', 'the client sends text');
  const dispatcher = request.getDispatcher();
  const response = await fetch(request.getUrl(), {
    method: request.getHttpMethod(),
    headers: request.getHeaders(),
    signal: AbortSignal.timeout(deadlineMs),
    ...(body !== undefined && { body }),
    ...(dispatcher !== undefined && { dispatcher }),
  });
  const text = await response.text();
  // A login page or a proxy's greeting with status 200 is no answer of a cluster.
  if (response.ok && !isJsonObject(text)) throw new NotKubernetes();
  return new ResponseContext(response.status, Object.fromEntries(response.headers), {
    text: async () => text,
    binary: async () => Buffer.from(text),
    // Nothing that is asked here streams.
    stream: () => null,
  });
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

async function observe(apis: Apis, workload: WorkloadRef): ReturnType<Clusters['observe']> {
  const doing = `reading ${workload.kind} ${workload.namespace}/${workload.name} in cluster ${workload.cluster}`;
  try {
    const { namespace, name } = workload;
    const [object, autoscalers] = await Promise.all([
      orMissing(
        workload.kind === 'Deployment'
          ? apis.apps.readNamespacedDeployment({ namespace, name })
          : apis.apps.readNamespacedStatefulSet({ namespace, name }),
      ),
      autoscalersIn(apis, namespace),
    ]);
    const scaling = autoscalers.filter((item) => scales(item, workload));
    const [autoscaler] = scaling;
    if (object === undefined) return { workload: undefined, autoscaler: undefined, objects: [] };
    const allReady = (object.status?.readyReplicas ?? 0) >= (object.spec?.replicas ?? 1);
    const labels = object.spec?.selector.matchLabels ?? {};
    const labelSelector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    const pods =
      allReady || labelSelector === ''
        ? []
        : (await apis.core.listNamespacedPod({ namespace, labelSelector, limit: podsMax })).items;
    return {
      workload: workloadState(object, pods),
      autoscaler: autoscaler && autoscalerState(autoscaler),
      objects: [
        seenObject(workload.kind, object),
        ...scaling.map((item) => seenObject('HorizontalPodAutoscaler', item)),
      ],
    };
  } catch (error) {
    throw readTrouble(doing, error);
  }
}

async function autoscalersIn(
  { autoscaling }: Apis,
  namespace: string,
): Promise<readonly V2HorizontalPodAutoscaler[]> {
  return (await autoscaling.listNamespacedHorizontalPodAutoscaler({ namespace })).items;
}

async function autoscaled(
  apis: Apis,
  { cluster, namespace }: Parameters<Clusters['autoscaled']>[0],
): ReturnType<Clusters['autoscaled']> {
  try {
    return (await autoscalersIn(apis, namespace)).flatMap(({ metadata, spec }) =>
      metadata?.name === undefined || spec === undefined
        ? []
        : [
            {
              autoscaler: metadata.name,
              kind: spec.scaleTargetRef.kind,
              workload: spec.scaleTargetRef.name,
            },
          ],
    );
  } catch (error) {
    throw readTrouble(`listing the autoscalers of ${namespace} in cluster ${cluster}`, error);
  }
}
