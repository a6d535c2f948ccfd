// How a lease goes on: promised, extended, kept because something speaks against giving it back, and over.

import type { HoldReason, Lease, LeaseState } from './lease.ts';

/** How long capacity may be lent, and by how much it may be extended at once. */
export const leaseBounds = { secondsMin: 5 * 60, secondsMax: 7 * 86_400 } as const;

/** What the button adds. */
export const extensionSeconds = 3_600;

const reminderSecondsMax = 15 * 60;

/** A quarter of an hour before the end, and of short leases a quarter. */
export function remindAtOf(from: Date, dueAt: Date): Date {
  const quarterMs = (dueAt.getTime() - from.getTime()) / 4;
  return new Date(dueAt.getTime() - Math.min(reminderSecondsMax * 1000, quarterMs));
}

/** The moments of a lease that somebody makes at `now`, so many seconds from `from` on. */
export function promise(
  now: Date,
  seconds: number,
  from: Date = now,
): { readonly dueAt: Date; readonly remindAt: Date } {
  const dueAt = new Date(from.getTime() + seconds * 1000);
  return { dueAt, remindAt: remindAtOf(now, dueAt) };
}

/** Where a stretch that Headroom adds by itself begins and ends: the longer it is overdue, the less often it is looked at. */
const stretchSecondsMin = 60;
const stretchSecondsUsual = 15 * 60;
const stretchSecondsMax = 3_600;

/** When capacity that is not given back now is looked at again. */
export function lookAgainAt(
  lease: Pick<Lease, 'lentAt' | 'dueAt' | 'held'>,
  now: Date,
  /** What the plan promised. */
  seconds: number,
): Date {
  const usual = Math.max(stretchSecondsMin, Math.min(stretchSecondsUsual, seconds / 4));
  const overdue = (now.getTime() - lease.lentAt.getTime()) / 1000 - seconds;
  const stretch = Math.max(usual, Math.min(stretchSecondsMax, overdue / 2));
  return new Date(now.getTime() + stretch * 1000);
}

/** The same lease in another state, with nothing left of why it was kept. */
export function movedTo(
  { held: _held, note: _note, ...lease }: Lease,
  state: LeaseState,
  now: Date,
  note?: string,
): Lease {
  return { ...lease, state, stateAt: now, ...(note !== undefined && { note }) };
}

/** A person gives it more time: from when it is due, or from now on when that is over. */
export function extended(
  lease: Lease,
  now: Date,
  { by, seconds }: { readonly by: string; readonly seconds: number },
): Lease {
  const { held: _held, note: _note, askedBy: _askedBy, ...rest } = lease;
  const from = lease.dueAt > now ? lease.dueAt : now;
  return { ...rest, ...promise(now, seconds, from), extendedBy: by, extendedAt: now, attempts: 0 };
}

/** It stays, and why. Asked back before its time it is still due then; else it is looked at again. */
export function keptOn(
  lease: Lease,
  now: Date,
  why: { readonly reason: HoldReason; readonly because: string; readonly seconds: number },
): Lease {
  const { askedBy: _askedBy, remindAt, ...rest } = lease;
  const isEarly = lease.dueAt > now;
  return {
    ...rest,
    state: 'lent',
    stateAt: now,
    held: why.reason,
    note: why.because,
    attempts: 0,
    ...(isEarly
      ? remindAt && { remindAt }
      : { dueAt: lookAgainAt(lease, now, why.seconds), extendedBy: 'headroom', extendedAt: now }),
  };
}

/** People have been told that it ends soon. */
export function reminded({ remindAt: _remindAt, ...lease }: Lease): Lease {
  return lease;
}
