// Who may ask for a change.

import { expect, it } from 'vitest';
import { whyNotRequest } from '../../src/approval/may-request.ts';
import { makeRule } from '../make.ts';

const rule = makeRule({ approvers: ['U0ANN'], oncall: ['U0DAN'], requesters: ['U0ERIN'] });

it.each([
  ['an approver', rule, 'U0ANN', undefined],
  ['a person on call', rule, 'U0DAN', undefined],
  ['a listed requester', rule, 'U0ERIN', undefined],
  ['a stranger', rule, 'U0EVE', 'you are not on that list'],
  ['anybody without a rule', undefined, 'U0ANN', 'nobody can ask for changes'],
] as const)('%s', (_, policy, userId, why) => {
  const answer = whyNotRequest(policy, 'shop', userId);
  if (why === undefined) expect(answer).toBeUndefined();
  else expect(answer).toContain(why);
});
