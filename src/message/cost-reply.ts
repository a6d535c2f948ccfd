// What a system costs as Slack shows it: the recommended sizing, the others beside it, one unit, the budget and the rates.
import type { Profile } from '../profile/profile.ts';
import type { CapacityPlan, Money } from '../sizing/what-if.ts';
import { codeBlocks } from './code-block.ts';
import { costTable } from './cost-table.ts';
import { context, dollars, fallback, literal, type Message, section } from './message.ts';

/** The answer to somebody who asked what a system costs. */
export function costMessage(
  title: string,
  profile: Profile,
  plan: CapacityPlan,
  money: Money,
): Message {
  const name = literal(title, 80);
  const usd = plan.recommended?.costUsdPerMonth;
  const sum =
    usd === undefined
      ? 'its cost is not known'
      : `${dollars(usd + (plan.storageUsdPerMonth ?? 0))} a month with storage`;
  return fallback(`${name}: ${sum}`, [
    section(`*${name}*: ${sum}`),
    ...codeBlocks(costTable(title, profile, plan, money)),
    context('Nothing was changed.'),
  ]);
}
