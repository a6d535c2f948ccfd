// Who may ask for a change: an open plan stands in the way of others for the same target, so it is not for everybody.

import type { ApprovalRule } from './condition.ts';

/** Undefined when the person may ask, else why not. */
export function whyNotRequest(
  rule: ApprovalRule | undefined,
  systemId: string,
  userId: string,
): string | undefined {
  if (rule === undefined) {
    return `no policy rule in headroom.yaml covers ${systemId}, so nobody can ask for changes to it`;
  }
  const listed = [...rule.approvers, ...rule.oncall, ...rule.requesters].includes(userId);
  return listed
    ? undefined
    : `only people listed under policy rule "${rule.name}" may ask for changes to ${systemId}, and you are not on that list`;
}
