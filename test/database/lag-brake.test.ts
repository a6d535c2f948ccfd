// When standbys hold a build back, and what people read about it.

import { describe, expect, it } from 'vitest';
import { criticalAt } from '../../src/database/health-levels.ts';
import { brakeWords, gaveUpWords, lagNow } from '../../src/database/lag-brake.ts';

const limit = criticalAt('replication-lag-seconds');
const one = { name: 'one', state: 'streaming', sync: 'async' };

describe('a build', () => {
  it.each([
    ['there is no standby', []],
    ['all are near', [{ ...one, lagSeconds: limit - 0.1, lagBytes: 9_000_000 }]],
    [
      'bytes are open and no time is reported, as on an idle primary',
      [{ ...one, lagBytes: 9_000_000_000 }],
    ],
  ])('goes on where %s', (_, standbys) => {
    expect(lagNow(standbys, limit)).toEqual({ kind: 'clear' });
  });

  it('waits from the level on that the guides call critical, and says for whom', () => {
    const near = { ...one, name: 'near', lagSeconds: 3, lagBytes: 5 };
    const late = { ...one, lagSeconds: limit, lagBytes: 5 };
    const later = { ...one, name: 'two', lagSeconds: 3600.4, lagBytes: 5 };
    expect(lagNow([near, late, later], limit)).toEqual({
      kind: 'behind',
      who: 'standby one is 60 s behind and standby two is 3600 s behind',
    });
  });

  it('waits for one that was away and catches up, whose time began anew when it came back', () => {
    const back = { ...one, state: 'catchup', lagSeconds: 2, lagBytes: 90_000_000_000 };
    expect(lagNow([back], limit)).toEqual({ kind: 'behind', who: 'standby one is catching up' });
  });

  it('does not take what it may not see for well', () => {
    expect(lagNow([{ name: 'one' }], limit)).toEqual({
      kind: 'unseen',
      because: 'the role may not see how far standby one is behind; grant it pg_monitor',
    });
  });

  it('tells who is behind, since when, and in the end what stays and what to do', () => {
    const words = {
      who: 'standby one is 75 s behind',
      limit,
      since: new Date('2026-11-22T14:03:20Z'),
    };
    expect(brakeWords(words)).toBe(
      'waits since 14:03 UTC before it goes on: standby one is 75 s behind, and nothing that writes much is begun from 60 s on',
    );
    expect(gaveUpWords({ ...words, minutes: 30 })).toBe(
      'standby one is 75 s behind, and 60 s or more since 14:03 UTC: after 30 min nothing more was begun. What is done stays; find out why it cannot keep up, then draw the plan anew, which goes on from there',
    );
  });
});
