// The hand that reaches into the sandbox cluster: objects, other people's edits, failures, time, and what was asked.

import { callerNamed, type Prohibition } from './auth.ts';
import type { ControllerLoop } from './controllers/loop.ts';
import { kindNamed } from './custom/kinds.ts';
import { syncDefinitions } from './custom/lifecycle.ts';
import { decode } from './decode.ts';
import { defaultNodes, type NodeCount } from './default-nodes.ts';
import { deleteObject } from './deletion.ts';
import type { Fault, Faults } from './faults.ts';
import type { JsonObject } from './json.ts';
import { clone, isObject, namespaceOf, object, text, uidOf } from './json.ts';
import { applyMergePatch } from './patch/merge-patch.ts';
import { defaultRoles, everythingBinding } from './rbac-defaults.ts';
import type { Tokens } from './rbac-tokens.ts';
import { namespace as namespaceResource } from './resources/core.ts';
import { definition } from './resources/definition.ts';
import type { Resource } from './resources/resource.ts';
import type { ClusterState, PodFailure, Utilization } from './state.ts';
import { workloadKey } from './state.ts';
import type { WatchEnd, Watches } from './watch.ts';
import { listenToWorkloads, type WorkloadChange } from './workload-changes.ts';

/** One request as it was answered. `status` 0 means that no answer was given. */
export interface JournalEntry {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly user: string;
  readonly userAgent: string;
  readonly contentType: string;
  readonly body: string;
  readonly status: number;
}

/** What everything behind the control shares. */
export interface ControlParts {
  readonly state: ClusterState;
  readonly loop: ControllerLoop;
  readonly watches: Watches;
  readonly faults: Faults;
  readonly prohibitions: Prohibition[];
  readonly journal: JournalEntry[];
  readonly tokens: Tokens;
  /** The nodes it starts with. */
  readonly nodes: NodeCount;
}

/** Settles after at most this many passes, so that two controllers in a fight cannot hang a test. */
const passesMax = 200;

/** The requests so far. */
export interface Journal {
  readonly all: readonly JournalEntry[];
  /** Requests that could change something, dry runs left out. */
  writes(): JournalEntry[];
  clear(): void;
}

/** The control of one sandbox cluster. */
export class ClusterControl {
  private readonly parts: ControlParts;
  private latency = 0;

  constructor(parts: ControlParts) {
    this.parts = parts;
  }

  private kind(name: string): Resource {
    return kindNamed(this.parts.state.store, name);
  }

  /** Runs one pass of all controllers; with a number, that many. Returns whether anything changed. */
  tick(passes = 1): boolean {
    let changed = false;
    for (let pass = 0; pass < passes; pass += 1) changed = this.parts.loop.pass() || changed;
    return changed;
  }

  /** Runs passes until nothing changes without time moving. */
  settle(): void {
    for (let pass = 0; pass < passesMax; pass += 1) if (!this.parts.loop.pass()) return;
  }

  /** Creates objects as an administrator would, and the namespaces they need. */
  seed(objects: readonly JsonObject[], manager = 'kubectl-client-side-apply'): void {
    for (const given of objects) {
      const resource = this.kind(text(given, 'kind'));
      const namespace = resource.namespaced ? namespaceOf(given) || 'default' : '';
      if (namespace !== '') this.ensureNamespace(namespace);
      const { value } = decode(given, resource.schema);
      const created = this.parts.state.writer.create(resource, namespace, value, { manager });
      // Objects of a kind may stand in the same list as its definition.
      if (resource === definition) syncDefinitions(this.parts.state);
      const status = given['status'];
      if (isObject(status)) {
        this.parts.state.writer.update(
          resource,
          created,
          { ...clone(created), status },
          {
            manager,
            subresource: 'status',
          },
        );
      }
    }
  }

  /** Makes a namespace unless it is there. */
  ensureNamespace(name: string): void {
    const { store, writer } = this.parts.state;
    if (store.get(namespaceResource, '', name) !== undefined) return;
    const body = { metadata: { name } };
    const created = writer.create(namespaceResource, '', body, { manager: 'sandbox' });
    const status = { phase: 'Active' };
    writer.update(
      namespaceResource,
      created,
      { ...clone(created), status },
      {
        manager: 'sandbox',
        subresource: 'status',
      },
    );
  }

  /** A copy of an object, undefined when it is not there. */
  get(kind: string, namespace: string, name: string): JsonObject | undefined {
    const found = this.parts.state.store.get(this.kind(kind), namespace, name);
    return found === undefined ? undefined : clone(found);
  }

  /** Copies of all objects of a kind; an empty namespace means all. */
  list(kind: string, namespace = ''): JsonObject[] {
    return this.parts.state.store.list(this.kind(kind), namespace).map((item) => clone(item));
  }

  /** Changes an object with a merge patch, as somebody else: the manager's name is left in managedFields. */
  patch(
    target: { readonly kind: string; readonly namespace: string; readonly name: string },
    mergePatch: JsonObject,
    manager = 'kubectl-edit',
  ): JsonObject {
    const resource = this.kind(target.kind);
    const current = this.parts.state.store.get(resource, target.namespace, target.name);
    if (current === undefined)
      throw new Error(`no ${target.kind} ${target.namespace}/${target.name}`);
    const { value } = decode(applyMergePatch(current, mergePatch), resource.schema);
    delete object(value, 'metadata')['resourceVersion'];
    return clone(this.parts.state.writer.update(resource, current, value, { manager }));
  }

  /** Deletes an object as somebody else. */
  remove(kind: string, namespace: string, name: string): void {
    const resource = this.kind(kind);
    const current = this.parts.state.store.get(resource, namespace, name);
    if (current === undefined) return;
    deleteObject(this.parts.state, resource, current, {
      dryRun: false,
      propagation: undefined,
      uid: uidOf(current),
      resourceVersion: '',
      graceSeconds: undefined,
    });
  }

  /** Makes requests go wrong. */
  injectFault(fault: Fault): void {
    this.parts.faults.add(fault);
  }

  /** Ends all injected faults. */
  clearFaults(): void {
    this.parts.faults.clear();
  }

  /** Makes pods of a workload fail to become ready; without a failure they recover. */
  podFailure(namespace: string, workload: string, failure?: PodFailure): void {
    const key = workloadKey(namespace, workload);
    if (failure === undefined) this.parts.state.podFailures.delete(key);
    else this.parts.state.podFailures.set(key, failure);
  }

  /** Says what the metrics of a workload are, for the autoscaler; without them it has none. */
  setUtilization(namespace: string, workload: string, used?: Utilization): void {
    const key = workloadKey(namespace, workload);
    if (used === undefined) this.parts.state.utilization.delete(key);
    else this.parts.state.utilization.set(key, used);
  }

  /** Forbids a verb on a resource. */
  forbid(prohibition: Prohibition): void {
    this.parts.prohibitions.push(prohibition);
  }

  /** Takes all prohibitions back. */
  allowAll(): void {
    this.parts.prohibitions.length = 0;
  }

  /** Adds a token for a user, who may only do what roles allow; without a user the token becomes unknown. */
  setToken(token: string, user?: string, groups: readonly string[] = []): void {
    this.parts.tokens.set(token, user === undefined ? undefined : callerNamed(user, groups));
  }

  /** A token of a service account, which is made unless it is there. It may only do what roles allow. */
  accountToken(namespace: string, name: string): string {
    const found = () => this.get('ServiceAccount', namespace, name);
    if (found() === undefined)
      this.seed([{ kind: 'ServiceAccount', metadata: { namespace, name } }]);
    return this.parts.tokens.issue({ namespace, name }, uidOf(found() ?? {}));
  }

  /** Takes from Headroom's own token the right to do everything; from then on it may only do what roles allow. */
  limitHeadroom(): void {
    this.remove('ClusterRoleBinding', '', everythingBinding);
  }

  /** Milliseconds every answer waits. */
  get latencyMs(): number {
    return this.latency;
  }

  set latencyMs(value: number) {
    this.latency = value;
  }

  /** What was asked. */
  get requests(): Journal {
    const { journal } = this.parts;
    return {
      all: journal,
      writes: () =>
        journal.filter(
          ({ method, path, query }) =>
            !['GET', 'HEAD'].includes(method) &&
            !query.includes('dryRun=All') &&
            // Who asks what they may do changes nothing.
            !path.endsWith('accessreviews'),
        ),
      clear: () => {
        journal.length = 0;
      },
    };
  }

  /** How many watches are open. */
  get openWatches(): number {
    return this.parts.watches.size;
  }

  /** The newest resource version. */
  get version(): number {
    return this.parts.state.store.version;
  }

  /** Ends the open watches, or those of one kind (its plural). */
  closeWatches(how: WatchEnd = 'end', resource?: string): void {
    this.parts.watches.close(how, resource);
  }

  /** Sends a bookmark to the watches that allow them. */
  sendBookmarks(): void {
    this.parts.watches.bookmark();
  }

  /** Forgets old versions: watches and lists that go on from them get 410. */
  compact(): void {
    this.parts.state.store.compact();
  }

  /** Calls back when the wished or serving pods of a workload change. Returns the way to stop. */
  onChange(listener: (change: WorkloadChange) => void): () => void {
    return listenToWorkloads(this.parts.state.store, listener);
  }

  /** Back to an empty cluster with its default namespaces and nodes; watches are ended. */
  reset(): void {
    const { state, faults, prohibitions, journal, watches } = this.parts;
    watches.close();
    state.store.clear();
    state.podFailures.clear();
    state.utilization.clear();
    faults.clear();
    prohibitions.length = 0;
    journal.length = 0;
    this.latency = 0;
    for (const name of ['default', 'kube-system']) this.ensureNamespace(name);
    this.seed(defaultRoles({ namespace: 'headroom', name: 'headroom' }), 'kube-apiserver');
    this.seed(defaultNodes(this.parts.nodes), 'kubelet');
  }
}
