// Has the API server check a plan before anybody votes for it: what it would refuse is not proposed.

import { clusterWrite } from '../change/cluster-write.ts';
import { OperationError } from '../errors.ts';
import type { DryRun, Plan } from '../plan/plan.ts';
import { changesOf } from '../plan/step.ts';
import type { System } from '../plan/system.ts';
import type { WriteAnswer } from '../ports.ts';
import type { Parts } from './parts.ts';

type Checked =
  | { readonly kind: 'checked'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly because: string };

/** Plans that patch objects hold the server's answer; the others say nothing about it. */
export async function checkedByServer(
  plan: Plan,
  { mode }: System,
  { clusters }: Pick<Parts, 'clusters'>,
): Promise<Checked> {
  if (!plan.steps.some(({ kind }) => kind === 'patch' || kind === 'create')) {
    return { kind: 'checked', plan };
  }
  let unknown: string | undefined;
  for (const change of changesOf(plan)) {
    const write = clusterWrite(change, resourceVersionUnknown);
    // At zero replicas the write depends on the version read right before it.
    if (JSON.stringify(write).includes(resourceVersionUnknown)) continue;
    const answer = await ask(() => clusters.write(write, { dryRun: true }));
    if (answer.kind === 'refused') {
      // Who only looks or proposes may lack the right to write; somebody else will do it.
      if (answer.forbidden !== true) return { kind: 'refused', because: answer.because };
      if (mode === 'apply') {
        const because = `${answer.because}; grant Headroom's account that right, then ask again`;
        return { kind: 'refused', because };
      }
      unknown ??= answer.because;
    }
    if (answer.kind === 'unknown') unknown ??= answer.because;
  }
  const dryRun: DryRun =
    unknown === undefined ? { kind: 'accepted' } : { kind: 'unknown', because: unknown };
  return { kind: 'checked', plan: { ...plan, dryRun } };
}

const resourceVersionUnknown = 'not read yet';

async function ask(write: () => Promise<WriteAnswer>): Promise<WriteAnswer> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { kind: 'unknown', because: error.message };
  }
}
