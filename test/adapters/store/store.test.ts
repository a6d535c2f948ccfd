// What the store promises to the workflows, on a real database and from several connections at once.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStore } from '../../../src/adapters/store/store.ts';
import { targetKey } from '../../../src/change/change.ts';
import { type Plan, planHash, planText } from '../../../src/plan/plan.ts';
import type { Store, StoredCommand } from '../../../src/ports.ts';
import { createDatabase, type TestDatabase } from '../../database.ts';
import { after, makePlan, makeWorkload, now } from '../../make.ts';

let database: TestDatabase;
let store: Store;
beforeEach(async () => {
  database = await createDatabase();
  store = createStore(database.pool);
});
afterEach(async () => {
  await database.drop();
});

function insert(plan: Plan): Promise<void> {
  const text = planText(plan);
  return store.transaction((tx) => tx.plans.insert({ plan, text, hash: planHash(text) }));
}

const otherTarget = (id: string) => makePlan({ id, workload: makeWorkload({ name: id }) });

describe('plans', () => {
  it('come back as they were stored', async () => {
    const plan = makePlan();
    await insert(plan);
    const record = await store.transaction((tx) => tx.plans.find(plan.id));
    expect(record).toEqual({
      plan,
      hash: planHash(planText(plan)),
      state: 'proposed',
      stateAt: new Date(plan.createdAt),
    });
  });

  it('whose text was changed in the database are a crash, not a plan', async () => {
    const plan = makePlan();
    await insert(plan);
    await database.pool.query(`update plan set body = replace(body, '"after":8', '"after":80')`);
    for (const read of [
      () => store.transaction((tx) => tx.plans.find(plan.id)),
      () => store.transaction((tx) => tx.plans.lock(plan.id)),
      () => store.transaction((tx) => tx.plans.openFor(targetKey(plan.workload))),
      () => store.transaction((tx) => tx.plans.list({ limit: 10 })),
    ]) {
      await expect(read()).rejects.toThrow(
        `This cannot be: plan ${plan.id} is the text that was hashed`,
      );
    }
  });

  it('one open plan for a target: the database refuses a second', async () => {
    await insert(makePlan());
    await expect(insert(makePlan({ id: 'p-other' }))).rejects.toThrow('plan_open_target');
    await insert(otherTarget('p-third'));
  });

  it('go along the table of states and nowhere else', async () => {
    await insert(makePlan());
    const record = await store.transaction((tx) => tx.plans.lock('p-0abcd'));
    if (record === undefined) throw new Error('it was stored');
    await expect(store.transaction((tx) => tx.plans.move(record, 'applied', now))).rejects.toThrow(
      'This cannot be: plan p-0abcd may go from proposed to applied',
    );
    await store.transaction((tx) => tx.plans.move(record, 'denied', now, { reason: 'no' }));
    await expect(store.transaction((tx) => tx.plans.move(record, 'approved', now))).rejects.toThrow(
      'is still proposed while it is locked',
    );
    await insert(makePlan({ id: 'p-next' }));
  });

  it('a locked one waits for the transaction that holds it', async () => {
    await insert(makePlan());
    const order: string[] = [];
    let second: Promise<void> | undefined;
    await store.transaction(async (tx) => {
      await tx.plans.lock('p-0abcd');
      second = store.transaction(async (other) => {
        await other.plans.lock('p-0abcd');
        order.push('second');
      });
      await tx.plans.find('p-0abcd');
      order.push('first');
    });
    await second;
    expect(order).toEqual(['first', 'second']);
  });
});

describe('votes', () => {
  it('of ten at once by one person, one counts', async () => {
    await insert(makePlan());
    const vote = { userId: 'U0BOB', planHash: 'h', kind: 'approve', castAt: now } as const;
    const counted = await Promise.all(
      Array.from({ length: 10 }, () => store.transaction((tx) => tx.votes.insert('p-0abcd', vote))),
    );
    expect(counted.filter(Boolean)).toHaveLength(1);
    expect(await store.transaction((tx) => tx.votes.of('p-0abcd'))).toEqual([vote]);
  });
});

describe('runs', () => {
  const run = { planId: 'p-0abcd', number: 1 };

  it('are claimed by one of ten holders, kept by that one, and found abandoned when it is silent', async () => {
    await insert(makePlan());
    await store.transaction((tx) => tx.runs.queue(run, now));
    const claims = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        store.transaction((tx) => tx.runs.claim(run, `h-${i}`, now, 10_000)),
      ),
    );
    expect(claims.filter(Boolean)).toHaveLength(1);
    const holder = `h-${claims.indexOf(true)}`;
    const stranger = await store.transaction((tx) => tx.runs.renew(run, 'h-x', after(5), 10_000));
    expect(stranger).toBe(false);
    expect(await store.transaction((tx) => tx.runs.renew(run, holder, after(5), 10_000))).toBe(
      true,
    );
    expect(await store.transaction((tx) => tx.runs.abandoned(after(14), 'apply'))).toEqual([]);
    expect(await store.transaction((tx) => tx.runs.abandoned(after(15), 'apply'))).toMatchObject([
      run,
    ]);
    // A hold that ran out cannot be renewed: somebody may already be looking.
    expect(await store.transaction((tx) => tx.runs.renew(run, holder, after(16), 10_000))).toBe(
      false,
    );
  });

  it('remember that a gate was gone through with a warning only', async () => {
    await insert(makePlan());
    const done = await store.transaction(async (tx) => {
      await tx.runs.queue(run, now);
      await tx.runs.setChange(run, { position: 0, state: 'warned' }, now);
      await tx.runs.setChange(run, { position: 1, state: 'passed' }, now);
      return [await tx.runs.stepDone('p-0abcd', 0), await tx.runs.stepDone('p-0abcd', 1)];
    });
    expect(done).toMatchObject([
      { isDone: true, isWarned: true },
      { isDone: true, isWarned: false },
    ]);
  });
});

describe('locks', () => {
  it('are all taken or none, an own one is kept, and the holder is named', async () => {
    await insert(makePlan());
    await insert(otherTarget('p-other'));
    const take = (targets: readonly string[], planId: string) =>
      store.transaction((tx) => tx.locks.take(targets, planId, now));
    expect(await take(['b'], 'p-other')).toMatchObject({ kind: 'taken' });
    expect(await take(['a', 'b', 'c'], 'p-0abcd')).toEqual({
      kind: 'held',
      target: 'b',
      planId: 'p-other',
    });
    expect(await take(['c', 'a', 'b'], 'p-other')).toMatchObject({ kind: 'taken' });
    await store.transaction((tx) => tx.locks.release('p-other'));
    expect(await take(['c', 'b', 'a'], 'p-0abcd')).toMatchObject({ kind: 'taken' });
  });

  it('wanted by two plans in opposite orders at once end with one holder, never in a deadlock', async () => {
    await insert(makePlan());
    await insert(otherTarget('p-other'));
    for (let round = 0; round < 10; round++) {
      const results = await Promise.all([
        store.transaction((tx) => tx.locks.take(['a', 'b', 'c'], 'p-0abcd', now)),
        store.transaction((tx) => tx.locks.take(['c', 'b', 'a'], 'p-other', now)),
      ]);
      expect(results.filter(({ kind }) => kind === 'taken')).toHaveLength(1);
      await store.transaction((tx) => tx.locks.release('p-0abcd'));
      await store.transaction((tx) => tx.locks.release('p-other'));
    }
  });
});

describe('commands', () => {
  const command: StoredCommand = {
    id: 'c-one',
    name: '/capacity',
    words: 'status',
    userId: 'U0ANN',
    channelId: 'C0CAPACITY',
    responseUrl: 'http://127.0.0.1/answer',
    receivedAt: now,
  };

  it('are stored once for each invocation and taken by one of ten', async () => {
    expect(await store.transaction((tx) => tx.commands.store(command, 'trigger'))).toBe(true);
    const again = { ...command, id: 'c-two' };
    expect(await store.transaction((tx) => tx.commands.store(again, 'trigger'))).toBe(false);
    const taken = await Promise.all(
      Array.from({ length: 10 }, () =>
        store.transaction((tx) => tx.commands.takeWaiting(now, 5_000)),
      ),
    );
    expect(taken.filter((one) => one !== undefined)).toEqual([command]);
    // Whoever took it died: after its time it is taken again, until it is answered.
    expect(
      await store.transaction((tx) => tx.commands.takeWaiting(after(4), 5_000)),
    ).toBeUndefined();
    expect(await store.transaction((tx) => tx.commands.takeWaiting(after(6), 5_000))).toEqual(
      command,
    );
    await store.transaction((tx) => tx.commands.answered('c-one', after(7)));
    expect(
      await store.transaction((tx) => tx.commands.takeWaiting(after(60), 5_000)),
    ).toBeUndefined();
  });

  it('nobody could be answered any more are left alone', async () => {
    await store.transaction((tx) => tx.commands.store(command, 'trigger'));
    expect(
      await store.transaction((tx) => tx.commands.takeWaiting(after(31 * 60), 5_000)),
    ).toBeUndefined();
  });
});

describe('messages', () => {
  const want = (kind: 'card' | 'progress' | 'outcome', channel = 'C0ONE') =>
    store.transaction((tx) =>
      tx.messages.want({
        kind,
        planId: 'p-0abcd',
        channel,
        ...(kind === 'progress' && { run: 1 }),
      }),
    );
  const take = (at: Date) => store.transaction((tx) => tx.messages.takeOwed(at, 10_000));

  it('one caller a channel, the card before its thread, the newest version only', async () => {
    await insert(makePlan());
    await want('progress');
    expect(await take(now)).toBeUndefined();
    await want('card');
    await want('card');
    const owed = await Promise.all(Array.from({ length: 10 }, () => take(now)));
    const [card, ...others] = owed.filter((one) => one !== undefined);
    expect(others).toEqual([]);
    if (card === undefined) throw new Error('one of them took it');
    expect(card).toMatchObject({ kind: 'card', wanted: 2 });
    // Asked for again while it is being sent: that version is still owed afterwards.
    await want('card');
    await store.transaction((tx) => tx.messages.sent(card, { ts: '1.1', hash: 'x' }, after(1)));
    expect(await take(now)).toBeUndefined();
    const next = await take(after(1));
    expect(next).toMatchObject({ kind: 'progress' });
    expect(await store.transaction((tx) => tx.messages.cardTs('p-0abcd'))).toBe('1.1');
    expect(await store.transaction((tx) => tx.messages.owed())).toBe(2);
  });

  it('a channel that is asked to wait waits, others do not', async () => {
    await insert(makePlan());
    await insert(otherTarget('p-other'));
    await want('card');
    await store.transaction((tx) =>
      tx.messages.want({ kind: 'card', planId: 'p-other', channel: 'C0TWO' }),
    );
    const first = await take(now);
    if (first === undefined) throw new Error('a card is owed');
    await store.transaction((tx) => tx.messages.failed(first, 'later', after(30), after(30)));
    const second = await take(after(1));
    if (second?.planId !== 'p-other') throw new Error('the other channel is free');
    const sent = { ts: '1.2', hash: 'x' };
    await store.transaction((tx) => tx.messages.sent(second, sent, after(2)));
    expect(await take(after(29))).toBeUndefined();
    expect(await take(after(30))).toMatchObject({ planId: 'p-0abcd', attempts: 1 });
  });
});
