// The pods a sizing would make of what runs: its size, in the container it speaks of, with everything else kept.

import { describe, expect, it } from 'vitest';
import { plannedShape } from '../../src/sizing/planned-shape.ts';
import { requestsOf } from '../../src/sizing/pod-need.ts';
import { gi, makeShape } from './room-samples.ts';

const side = {
  name: 'side',
  requests: { cpuMillicores: 100, memoryBytes: gi / 4 },
  limits: { memoryBytes: gi / 2 },
};
const main = {
  name: 'main',
  requests: { cpuMillicores: 400, memoryBytes: gi * 0.75 },
  limits: { cpuMillicores: 600, memoryBytes: gi },
};
const live = makeShape({ containers: [side, main], nodeSelector: { disk: 'fast' } });

describe('the pods of a sizing', () => {
  it('are of one container where nothing runs', () => {
    expect(
      plannedShape({ cpuMillicores: 500, memoryMi: 1024, memoryLimitMi: 2048 }, 'main'),
    ).toEqual(
      makeShape({
        requests: { cpuMillicores: 500, memoryBytes: gi },
        limits: { memoryBytes: 2 * gi },
      }),
    );
  });

  it('stay what they are where they have the size already', () => {
    expect(
      plannedShape({ cpuMillicores: 500, memoryMi: 1024, cpuLimitMillicores: 9_000 }, 'main', live),
    ).toBe(live);
    const odd = makeShape({ requests: { cpuMillicores: 500, memoryBytes: 1_000_000_000 } });
    expect(plannedShape({ cpuMillicores: 500, memoryMi: 954 }, 'main', odd)).toBe(odd);
  });

  it('have the size in all, what other containers have included', () => {
    const shape = plannedShape(
      { cpuMillicores: 800, memoryMi: 2048, memoryLimitMi: 4096 },
      'main',
      live,
    );
    expect(requestsOf(shape)).toEqual({ cpuMillicores: 800, memoryBytes: 2 * gi });
    expect(shape.nodeSelector).toEqual({ disk: 'fast' });
    expect(shape.containers).toEqual([
      {
        name: 'main',
        requests: { cpuMillicores: 700, memoryBytes: gi * 1.75 },
        // The sizing states no limit of CPU: the one there is is kept, but never below the request.
        limits: { cpuMillicores: 700, memoryBytes: gi * 3.5 },
      },
      side,
    ]);
  });

  it('are those of the first container where the profile names another', () => {
    const shape = plannedShape({ cpuMillicores: 2_000, memoryMi: 1024 }, 'app', live);
    expect(shape.containers.map(({ name }) => name)).toEqual(['side', 'main']);
  });
});
