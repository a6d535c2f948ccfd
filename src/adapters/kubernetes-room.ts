// Asks clusters what room they have: nodes, the pods on them, quotas and limit ranges. It asks seldom and never waits long.

import { ApiException, type Configuration } from '@kubernetes/client-node';
import type { z } from 'zod';
import { OperationError } from '../errors.ts';
import type { Clock, LookForRoom } from '../ports.ts';
import type { Known, NamespaceSeen, NodesSeen } from '../sizing/room.ts';
import { withinTime } from '../within-time.ts';
import { apisOf, deadlineMsDefault } from './kubernetes.ts';
import type { ClusterAddress } from './kubernetes-config.ts';
import { readTrouble } from './kubernetes-errors.ts';
import { listAll, readJson } from './kubernetes-raw.ts';
import { heldPod, limitRanges, nodeSeen, quota } from './room-objects.ts';

/** An answer counts for this long: room changes slowly, and several plans are often drawn at once. */
const keepMs = 30_000;
/** A large cluster takes many requests, and then its answer counts for longer: one in eight seconds leaves the rest to plans. */
const msPerRequest = 8_000;
/** A card is not kept waiting longer; what comes later is there for the next one. */
const lookMsDefault = 5_000;

interface RoomReaderOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** For one request. (Default: that of the other requests.) */
  readonly deadlineMs?: number;
  /** For one look. (Default: 5 s.) */
  readonly lookMs?: number;
}

/**
 * A look takes three requests, one more for every further 500 nodes or pods, and two for each namespace; looks within
 * 30 s share them, and where there were more than three requests, looks within eight seconds for each (about 175 s for
 * 10,000 pods); what is too much to count or refused is not asked sooner either.
 * @param kubeconfig path of a kubeconfig file; without it the service account of the pod is used.
 * @throws Error at once, in words, for what `kubeconfigMistakes` finds.
 */
export function createRoomReader(
  addresses: readonly ClusterAddress[],
  kubeconfig: string | undefined,
  { clock, deadlineMs = deadlineMsDefault, lookMs = lookMsDefault }: RoomReaderOptions,
): LookForRoom {
  const reaches = new Map(
    addresses.map((address) => [address.id, apisOf(address, kubeconfig, deadlineMs).configuration]),
  );
  const nodes = new Remembered<NodesSeen>(clock);
  const namespaces = new Remembered<NamespaceSeen>(clock);
  const inTime = <T>(doing: string, work: Promise<T>) =>
    known(withinTime(lookMs, work, () => tooLate(doing, lookMs)));
  const namespaceIn = async (
    cluster: string,
    configuration: Configuration,
    namespace: string,
    { anew = false },
  ): Promise<NamespaceSeen> => {
    const place = `${namespace} in cluster ${cluster}`;
    const read: Read<NamespaceSeen> = (count) =>
      readNamespace(configuration, namespace, { place, count });
    const work = namespaces.ask(`${cluster}/${namespace}`, read, { anew });
    const seen = await inTime(`reading the quotas of ${place}`, work);
    return seen.kind === 'known' ? seen.value : { quotas: seen, limitRanges: seen };
  };
  return async (cluster, wanted, options = {}) => {
    const configuration = reaches.get(cluster);
    if (configuration === undefined) {
      const nowhere = unknown(`cluster ${cluster} is not in headroom.yaml`);
      return { nodes: nowhere, namespaces: new Map() };
    }
    const [seen, ...each] = await Promise.all([
      inTime(
        `counting the pods of cluster ${cluster}`,
        nodes.ask(cluster, (count) =>
          readNodes(configuration, { place: `cluster ${cluster}`, count }),
        ),
      ),
      ...wanted.map(
        async (namespace) =>
          [namespace, await namespaceIn(cluster, configuration, namespace, options)] as const,
      ),
    ]);
    return { nodes: seen, namespaces: new Map(each) };
  };
}

/** Reads something, and calls `count` for each request it makes, whatever becomes of it. */
type Read<T> = (count: () => void) => Promise<T>;

/** Answers that are used again, failures included: what was refused a moment ago is not asked again at once. */
class Remembered<T> {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #kept = new Map<string, { untilMs: number; readonly value: Promise<T> }>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  ask(key: string, read: Read<T>, { anew = false } = {}): Promise<T> {
    const nowMs = this.#clock.now().getTime();
    const before = this.#kept.get(key);
    if (!anew && before !== undefined && nowMs < before.untilMs) return before.value;
    let requests = 0;
    const value = read(() => {
      requests += 1;
    });
    // Whoever asks while it is still being read waits for the same answer.
    const entry = { untilMs: Number.POSITIVE_INFINITY, value };
    this.#kept.set(key, entry);
    const keep = () => {
      entry.untilMs = nowMs + Math.max(keepMs, requests * msPerRequest);
    };
    value.then(keep, keep);
    return value;
  }
}

/** Where something is read, in words, and what counts the requests. */
interface Reading {
  readonly place: string;
  readonly count: () => void;
}

async function readNodes(
  configuration: Configuration,
  { place, count }: Reading,
): Promise<NodesSeen> {
  const counted = { onRequest: count };
  const [nodes, pods] = await Promise.all([
    told(
      {
        doing: `listing the nodes of ${place}`,
        right: `list nodes of ${place}`,
        role: 'ClusterRole',
      },
      (doing) =>
        listAll(configuration, { path: '/api/v1/nodes', doing, item: nodeSeen, ...counted }),
    ),
    told(
      {
        doing: `listing the pods of ${place}`,
        right: `list pods of all namespaces of ${place}`,
        role: 'ClusterRole',
      },
      (doing) =>
        listAll(configuration, {
          path: '/api/v1/pods',
          // Those that have finished hold no room.
          query: { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' },
          doing,
          item: heldPod,
          ...counted,
        }),
    ),
  ]);
  const isMarked = nodes.some(({ grows }) => grows);
  const grows = isMarked || (await hasAutoscalerOfNodes(configuration, count));
  return { nodes: nodes.map(({ grows: _grows, ...node }) => node), pods, grows };
}

/** Where the cluster autoscaler says how it is; whoever may not read it is told nothing of nodes to come. */
async function hasAutoscalerOfNodes(
  configuration: Configuration,
  count: () => void,
): Promise<boolean> {
  const path = '/api/v1/namespaces/kube-system/configmaps/cluster-autoscaler-status';
  count();
  try {
    await readJson(configuration, path);
    return true;
  } catch (error) {
    const trouble = readTrouble('looking for an autoscaler of nodes', error);
    if (trouble instanceof OperationError) return false;
    throw trouble;
  }
}

async function readNamespace(
  configuration: Configuration,
  namespace: string,
  { place, count }: Reading,
): Promise<NamespaceSeen> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const listed = <Item>(plural: string, words: string, item: z.ZodType<Item>) =>
    known(
      told(
        {
          doing: `listing the ${words} of ${place}`,
          right: `list ${plural} of ${place}`,
          role: 'Role',
        },
        (doing) =>
          listAll(configuration, { path: `${path}/${plural}`, doing, item, onRequest: count }),
      ),
    );
  const [quotas, ranges] = await Promise.all([
    listed('resourcequotas', 'quotas', quota),
    listed('limitranges', 'limit ranges', limitRanges),
  ]);
  return {
    quotas,
    limitRanges: ranges.kind === 'known' ? { kind: 'known', value: ranges.value.flat() } : ranges,
  };
}

/** Reads something; a right that is missing is named, with who must give it. */
async function told<T>(
  words: { readonly doing: string; readonly right: string; readonly role: string },
  read: (doing: string) => Promise<T>,
): Promise<T> {
  const { doing, right, role } = words;
  try {
    return await read(doing);
  } catch (error) {
    if (error instanceof ApiException && error.code === 403) {
      throw new OperationError(`Headroom may not ${right}; grant it that in a ${role}`, {
        code: 'forbidden',
        retryable: false,
        cause: error,
      });
    }
    throw error instanceof OperationError ? error : readTrouble(doing, error);
  }
}

function tooLate(doing: string, ms: number): OperationError {
  return new OperationError(`${doing}: no answer within ${ms / 1000} s`, {
    code: 'timeout',
    retryable: true,
  });
}

function unknown(because: string): Extract<Known<never>, { kind: 'unknown' }> {
  return { kind: 'unknown', because };
}

/** Trouble becomes what is not known, and why. */
async function known<T>(work: Promise<T>): Promise<Known<T>> {
  try {
    return { kind: 'known', value: await work };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return unknown(error.message);
  }
}
