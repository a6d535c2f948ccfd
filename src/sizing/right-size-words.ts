// Writes the amounts and shares of right-sizing for people.
import { formatAmount, formatNumber } from '../profile/amount.ts';
import { formatCpu, formatMemory } from '../profile/quantity.ts';
import type { Resource } from './container-usage.ts';

/** `412.5m`, `1.5Gi`, `600.25Mi`: as Kubernetes writes it, with at most three decimals where it was measured. */
export function amountText(resource: Resource, amount: number): string {
  if (Number.isInteger(amount))
    return resource === 'cpu' ? formatCpu(amount) : formatMemory(amount);
  return `${formatNumber(amount)}${resource === 'cpu' ? 'm' : 'Mi'}`;
}

/** A share as percent; what is there but would be rounded away is said to be there. */
export function shareText(share: number): string {
  return share > 0 && share < 0.0005 ? 'less than 0.1 %' : formatAmount(share, 'ratio');
}

/** `CPU`, `memory`. */
export function resourceText(resource: Resource): string {
  return resource === 'cpu' ? 'CPU' : resource;
}
