import { describe, expect, it } from 'vitest';
import { randomId, realClock } from '../../src/adapters/clock.ts';
import { parsePlanToken } from '../../src/message/plan-token.ts';

describe('the real clock', () => {
  it('sleeps until it is woken, or not at all when it was woken before', async () => {
    const alarm = new AbortController();
    const sleeping = realClock.sleep(3_600_000, alarm.signal);
    alarm.abort();
    await sleeping;
    await realClock.sleep(3_600_000, AbortSignal.abort());
    await realClock.sleep(1);
  });
});

describe('names', () => {
  it('are all different, easy to read aloud, and fit where a button carries them', () => {
    const ids = Array.from({ length: 10_000 }, () => randomId('p'));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^p-[2-9a-hjkmnp-z]{8}$/);
    const token = { planId: ids[0] ?? '', planHash: 'a'.repeat(64) };
    expect(parsePlanToken(`${token.planId}:${token.planHash}`)).toEqual(token);
  });
});
