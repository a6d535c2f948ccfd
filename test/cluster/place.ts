// A namespace of its own on any cluster that a kubeconfig leads to: where the contract is tried, and nothing outside of it is touched.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiException, HttpMethod, KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { apisOf, createClusters, type RunningClusters } from '../../src/adapters/kubernetes.ts';
import { loadKubeconfig } from '../../src/adapters/kubernetes-config.ts';
import { sendJson } from '../../src/adapters/kubernetes-raw.ts';
import { createRoomReader } from '../../src/adapters/kubernetes-room.ts';
import { type ObjectKind, type ObjectRef, objectKinds } from '../../src/change/kinds.ts';
import type { Clusters, LookForRoom } from '../../src/ports.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** What a cluster answered to a plain request. */
export interface Answered {
  readonly status: number;
  readonly body: unknown;
}

/** One rule of a Role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** How a cluster is reached for the contract. */
export interface PlaceOptions {
  /** Path of a kubeconfig whose user may do everything in a namespace that it makes. */
  readonly kubeconfig: string;
  /** How often it is looked whether something has come about. */
  readonly pollMs: number;
  /** How long that may take. */
  readonly patienceMs: number;
  /** Makes the pods of a workload crash, where it takes more than a container that ends. */
  readonly crash?: (namespace: string, workload: string) => void;
}

/** A cluster under test. */
export interface Place {
  readonly namespace: string;
  readonly patienceMs: number;
  readonly clusters: Clusters;
  readonly look: LookForRoom;
  readonly served: ReadonlySet<ObjectKind>;
  /** Where an object of this namespace stands. */
  ref<Kind extends ObjectKind>(kind: Kind, name: string): ObjectRef & { readonly kind: Kind };
  /** Asks as whoever started the contract. A PATCH is a merge patch. */
  ask(method: Method, path: string, body?: unknown): Promise<Answered>;
  /** Waits for a value; says what was waited for when it never comes. */
  until<T>(what: string, look: () => Promise<T | undefined>): Promise<T>;
  /** The same clusters through an account that may do what these rules allow and nothing else. */
  account(name: string, rules: readonly Rule[]): Promise<Clusters>;
  crash(workload: string): void;
  /** Takes the namespace away, with everything in it, and waits until it is gone. */
  close(): Promise<void>;
}

const cluster = 'main';
const deadlineMs = 10_000;

/** Makes a namespace and finds out what is served. Whatever fails on the way, the namespace does not stay. */
export async function openPlace(options: PlaceOptions): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'headroom-contract-'));
  const namespace = `headroom-contract-${randomBytes(4).toString('hex')}`;
  const place = new OpenPlace(options, namespace, directory);
  try {
    await place.begin();
    return place;
  } catch (error) {
    await place.close();
    throw error;
  }
}

const withToken = z.object({ status: z.object({ token: z.string() }) });
const withUid = z.object({ metadata: z.object({ uid: z.string() }) });
const resourceList = z.object({ resources: z.array(z.object({ name: z.string() })) });

class OpenPlace implements Place {
  readonly namespace: string;
  readonly patienceMs: number;
  readonly clusters: Clusters;
  readonly look: LookForRoom;
  readonly served = new Set<ObjectKind>();
  readonly #options: PlaceOptions;
  readonly #directory: string;
  readonly #configuration: ReturnType<typeof apisOf>['configuration'];
  readonly #running: RunningClusters[] = [];
  #uid: string | undefined;

  constructor(options: PlaceOptions, namespace: string, directory: string) {
    const { kubeconfig, patienceMs } = options;
    this.namespace = namespace;
    this.patienceMs = patienceMs;
    this.#options = options;
    this.#directory = directory;
    this.clusters = this.#reach(kubeconfig);
    const clock = { now: () => new Date() };
    this.look = createRoomReader([{ id: cluster }], kubeconfig, { clock, deadlineMs });
    this.#configuration = apisOf({ id: cluster }, kubeconfig, deadlineMs).configuration;
  }

  async begin(): Promise<void> {
    const made = await this.#must('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: this.namespace, labels: { 'headroom/made-by': 'contract' } },
    });
    this.#uid = withUid.parse(made).metadata.uid;
    for (const [kind, { apiVersion, plural }] of Object.entries(objectKinds)) {
      const root = apiVersion.includes('/') ? '/apis' : '/api';
      const { status, body } = await this.ask('GET', `${root}/${apiVersion}`);
      if (status === 404) continue;
      if (status !== 200) throw new Error(`${apiVersion} cannot be looked up: answer ${status}`);
      const isServed = resourceList.parse(body).resources.some(({ name }) => name === plural);
      if (isServed) this.served.add(kind as ObjectKind);
    }
  }

  ref<Kind extends ObjectKind>(kind: Kind, name: string) {
    return { cluster, namespace: this.namespace, kind, name };
  }

  async ask(method: Method, path: string, body?: unknown): Promise<Answered> {
    const [only, query = ''] = path.split('?');
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    try {
      const answer = await sendJson(this.#configuration, {
        method: HttpMethod[method],
        path: only ?? path,
        query: Object.fromEntries(new URLSearchParams(query)),
        ...(body !== undefined && { type, body }),
      });
      return { status: 200, body: answer };
    } catch (error) {
      if (!(error instanceof ApiException)) throw error;
      return { status: error.code, body: error.body };
    }
  }

  async until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + this.patienceMs;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
      await sleep(this.#options.pollMs);
    }
  }

  async account(name: string, rules: readonly Rule[]): Promise<Clusters> {
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${this.namespace}`;
    const accounts = `/api/v1/namespaces/${this.namespace}/serviceaccounts`;
    const metadata = { name, namespace: this.namespace };
    const apiGroup = 'rbac.authorization.k8s.io';
    await this.#must('POST', accounts, { metadata });
    await this.#must('POST', `${rbac}/roles`, { metadata, rules });
    await this.#must('POST', `${rbac}/rolebindings`, {
      metadata,
      roleRef: { apiGroup, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: this.namespace }],
    });
    const asked = await this.#must('POST', `${accounts}/${name}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3600 },
    });
    const file = join(this.#directory, name);
    const { token } = withToken.parse(asked).status;
    await writeFile(file, kubeconfigWith(this.#options.kubeconfig, token), { mode: 0o600 });
    return this.#reach(file);
  }

  #reach(kubeconfig: string): RunningClusters {
    const running = createClusters([{ id: cluster }], kubeconfig, { deadlineMs });
    this.#running.push(running);
    return running;
  }

  crash(workload: string): void {
    this.#options.crash?.(this.namespace, workload);
  }

  async close(): Promise<void> {
    try {
      await Promise.all(this.#running.map(async (running) => running.close()));
      if (this.#uid !== undefined) await this.#removeNamespace(this.#uid);
    } finally {
      await rm(this.#directory, { recursive: true, force: true });
    }
  }

  /** Only the very namespace that was made, should somebody have made another one of its name. */
  async #removeNamespace(uid: string): Promise<void> {
    const path = `/api/v1/namespaces/${this.namespace}`;
    await this.ask('DELETE', path, { preconditions: { uid } });
    await this.until(`namespace ${this.namespace} to go`, async () => {
      const { status, body } = await this.ask('GET', path);
      return status === 404 || withUid.parse(body).metadata.uid !== uid ? true : undefined;
    });
  }

  async #must(method: 'POST', path: string, body: unknown): Promise<unknown> {
    const answer = await this.ask(method, path, body);
    if (answer.status === 200) return answer.body;
    throw new Error(`${method} ${path}: answer ${answer.status} ${JSON.stringify(answer.body)}`);
  }
}

/** The same cluster for somebody with this token. */
function kubeconfigWith(kubeconfig: string, token: string): string {
  const known = loadKubeconfig({ id: cluster }, kubeconfig).getCurrentCluster();
  if (known === null) throw new Error('the kubeconfig names no cluster');
  const config = new KubeConfig();
  config.loadFromClusterAndUser(known, { name: 'narrow', token });
  return config.exportConfig();
}
