// What a plan's checks say about room for its pods: nodes, quotas and limit ranges, as short as a card is read at night.

import type { Room } from '../sizing/room.ts';
import { quotaWords, roomShortage, sizeBreaches } from '../sizing/room-words.ts';
import type { PlanCheck } from './plan-check.ts';

/**
 * A quota that lets no pod start, and a size above a limit, are certain refusals, though the server takes the change. Nodes
 * that are full are not: they may be emptied or joined by others.
 */
export function roomChecks(room: Room): readonly PlanCheck[] {
  const { nodes, stops, unknown } = room;
  const short = roomShortage(room);
  const quota = quotaWords(stops);
  const breaches = sizeBreaches(room);
  const isOk =
    short === undefined && quota === undefined && breaches.length === 0 && unknown.length === 0;
  return [
    ...(nodes.kind === 'unknown'
      ? [check('room', 'unknown', `room on the nodes: ${nodes.because}`)]
      : []),
    ...(short === undefined ? [] : [check('room', 'warning', short)]),
    ...(quota === undefined
      ? []
      : [check('quota', quota.letsNone ? 'refused' : 'warning', quota.text)]),
    ...breaches.map((text) => check('limits', 'refused', text)),
    ...unknown.map((because) => check('quota', 'unknown', `quotas and limits: ${because}`)),
    ...(isOk && nodes.kind === 'known'
      ? [check('room', 'ok', 'nodes, quotas and limits have room for it')]
      : []),
  ];
}

function check(kind: PlanCheck['kind'], result: PlanCheck['result'], text: string): PlanCheck {
  return { kind, result, text };
}
