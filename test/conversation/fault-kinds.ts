// What goes wrong with a cluster in the stories of faults, and how long an answer may take there.

import type { Fault } from '../../sandbox/cluster/faults.ts';

export const forbidden = { status: 403 } as const satisfies Fault;
export const conflict = { status: 409 } as const satisfies Fault;
export const waits = { status: 429, headers: { 'retry-after': '1' } } as const satisfies Fault;
export const broken = { status: 500 } as const satisfies Fault;
export const webhook = {
  webhook: { name: 'guard.example.com', message: 'not on a Sunday' },
} as const satisfies Fault;
/** It is done, and half of the answer comes. */
export const cut = { resetMidway: true } as const satisfies Fault;
/** Nothing is done, and the connection ends. */
export const drop = { drop: true } as const satisfies Fault;
/** Nothing is done, and nothing comes. */
export const hang = { hang: true } as const satisfies Fault;

/** What the webhook says. */
export const denied = 'admission webhook "guard.example.com" denied the request: not on a Sunday';

/** So short that a story of hanging answers takes seconds, and so long that a busy machine keeps it. */
export const clusterDeadlineMs = 1_500;
