// Halts everything between two changes, or lets it go on; from Slack by listed operators, from the command line by who can reach it.

import { wantCard } from './move-plan.ts';
import type { Parts } from './parts.ts';

export type StopParts = Pick<Parts, 'store' | 'clock' | 'systems'>;

/** Puts a stop in force. Stopping what is stopped keeps the first stop's words. */
export async function stop(
  request: { readonly scope: string; readonly by: string; readonly reason?: string },
  parts: StopParts,
): Promise<void> {
  await parts.store.transaction(async (tx) => {
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
  });
  await refreshCards(parts);
}

/**
 * Ends a stop; false when there was none for exactly this scope. A stop set after `askedAt` stays: it answers something
 * that whoever asked for this resume did not know of.
 */
export async function resume(
  request: {
    readonly scope: string;
    readonly by: string;
    readonly askedAt: Date;
    readonly reason?: string;
  },
  parts: StopParts,
): Promise<boolean> {
  const ended = await parts.store.transaction(async (tx) => {
    if (!(await tx.stops.remove(request.scope, request.askedAt))) return false;
    await tx.audit.append({
      at: parts.clock.now().toISOString(),
      event: 'stop.ended',
      by: request.by,
      detail: {
        scope: request.scope,
        ...(request.reason !== undefined && { reason: request.reason }),
      },
    });
    return true;
  });
  if (ended) await refreshCards(parts);
  return ended;
}

/** Cards that wait say that they are stopped, or no longer are. Apart from the stop itself, which nothing may hold up. */
async function refreshCards(parts: StopParts): Promise<void> {
  await parts.store.transaction(async (tx) => {
    const waiting = await tx.plans.list({
      states: ['proposed', 'approved', 'applying', 'unknown'],
      limit: 500,
    });
    for (const { plan } of waiting) await wantCard(tx, plan.id, plan.system, parts);
  });
}
