// Reads what a cluster may not have, or our account may not see: both are answers, not trouble.

import type { Configuration } from '@kubernetes/client-node';
import { OperationError } from '../errors.ts';
import { readTrouble } from './kubernetes-errors.ts';
import { orMissing } from './kubernetes-objects.ts';
import { readJson } from './kubernetes-raw.ts';

type Told =
  | { readonly kind: 'told'; readonly value: unknown }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly because: string };

/**
 * One GET of an object or a list.
 * @throws OperationError when the cluster cannot be asked.
 */
export async function readIfAllowed(
  configuration: Configuration,
  path: string,
  doing: string,
): Promise<Told> {
  try {
    const value = await orMissing(readJson(configuration, path));
    return value === undefined ? { kind: 'absent' } : { kind: 'told', value };
  } catch (error) {
    const trouble = readTrouble(doing, error);
    if (trouble instanceof OperationError && trouble.code === 'forbidden') {
      return { kind: 'unknown', because: trouble.message };
    }
    throw trouble;
  }
}
