// The contract of the cluster port: what must hold on every cluster, be it the sandbox or a real one.

import { afterAll, beforeAll, describe } from 'vitest';
import { everyKind } from './every-kind.ts';
import { neighbourCases } from './neighbours.ts';
import type { Place } from './place.ts';
import { podCases } from './pods.ts';
import { refusals } from './refusals.ts';

/** Tries everything on the place that is opened, which is closed again whatever comes. */
export function clusterContract(
  name: string,
  open: () => Promise<Place>,
  { timeoutMs }: { readonly timeoutMs: number },
): void {
  describe(name, { timeout: timeoutMs }, () => {
    let place: Place | undefined;
    const lend = (): Place => {
      if (place === undefined) throw new Error('the place was not opened');
      return place;
    };
    beforeAll(async () => {
      place = await open();
    }, timeoutMs);
    afterAll(async () => {
      await place?.close();
    }, timeoutMs);
    everyKind(lend);
    refusals(lend);
    podCases(lend);
    neighbourCases(lend);
  });
}
