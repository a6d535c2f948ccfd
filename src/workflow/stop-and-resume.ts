// Halts everything between two changes, or lets it go on; from Slack by listed operators, from the command line by who can reach it.

import type { Transaction } from '../ports.ts';
import { wantCard } from './move-plan.ts';
import type { Parts } from './parts.ts';

export type StopParts = Pick<Parts, 'store' | 'clock' | 'systems'>;

/** Puts a stop in force. Stopping what is stopped keeps the first stop's words. */
export function stop(
  request: { readonly scope: string; readonly by: string; readonly reason?: string },
  parts: StopParts,
): Promise<void> {
  return parts.store.transaction(async (tx) => {
    const at = parts.clock.now();
    await tx.stops.put({ ...request, stoppedAt: at });
    await tx.audit.append({
      at: at.toISOString(),
      event: 'stop.set',
      by: request.by,
      detail: {
        scope: request.scope,
        ...(request.reason !== undefined && { reason: request.reason }),
      },
    });
    await refreshCards(tx, parts);
  });
}

/** Ends a stop; false when there was none for exactly this scope. */
export function resume(
  request: { readonly scope: string; readonly by: string },
  parts: StopParts,
): Promise<boolean> {
  return parts.store.transaction(async (tx) => {
    if (!(await tx.stops.remove(request.scope))) return false;
    await tx.audit.append({
      at: parts.clock.now().toISOString(),
      event: 'stop.ended',
      by: request.by,
      detail: { scope: request.scope },
    });
    await refreshCards(tx, parts);
    return true;
  });
}

/** Cards that wait say that they are stopped, or no longer are. */
async function refreshCards(tx: Transaction, parts: StopParts): Promise<void> {
  const waiting = await tx.plans.list({
    states: ['proposed', 'approved', 'applying', 'unknown'],
    limit: 500,
  });
  for (const { plan } of waiting) await wantCard(tx, plan.id, plan.system, parts);
}
