// Runs every controller once per pass; one pass is one look of each, so watchers see the states in between.
import { syncDefinitions } from '../custom/lifecycle.ts';
import { deployment } from '../resources/deployment.ts';
import { replicaSet } from '../resources/replica-set.ts';
import { statefulSet } from '../resources/stateful-set.ts';
import type { ClusterState } from '../state.ts';
import { Autoscaler } from './autoscaler.ts';
import { syncDeployment } from './deployment.ts';
import { syncBudgets } from './disruption.ts';
import { collectGarbage } from './garbage-collector.ts';
import { syncJobs } from './job.ts';
import { Kubelet } from './kubelet.ts';
import { emptyNamespaces } from './namespaces.ts';
import { countQuotas } from './quota-status.ts';
import { syncReplicaSet } from './replica-set.ts';
import { syncStatefulSet } from './stateful-set.ts';
import { syncVolumes } from './volumes.ts';

/** All controllers of the sandbox cluster. */
export class ControllerLoop {
  private readonly state: ClusterState;
  private readonly kubelet: Kubelet;
  private readonly autoscaler: Autoscaler;

  constructor(state: ClusterState) {
    this.state = state;
    this.kubelet = new Kubelet(state);
    this.autoscaler = new Autoscaler(state);
  }

  /** One pass. Returns whether anything changed. */
  pass(): boolean {
    const { store } = this.state;
    const before = store.version;
    syncBudgets(this.state);
    for (const held of store.list(deployment)) syncDeployment(this.state, held);
    for (const held of store.list(replicaSet)) syncReplicaSet(this.state, held);
    for (const held of store.list(statefulSet)) syncStatefulSet(this.state, held);
    syncDefinitions(this.state);
    syncJobs(this.state);
    syncVolumes(this.state);
    countQuotas(this.state);
    this.kubelet.sync();
    this.autoscaler.sync();
    emptyNamespaces(this.state);
    collectGarbage(this.state);
    return store.version !== before;
  }
}
