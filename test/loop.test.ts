import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { realClock } from '../src/adapters/clock.ts';
import { createLog } from '../src/adapters/log.ts';
import { OperationError } from '../src/errors.ts';
import { startLoop } from '../src/loop.ts';

const anHour = 3_600_000;

function start(options: {
  readonly everyMs?: number;
  readonly pass: (count: number) => Promise<boolean>;
}) {
  const events = new EventEmitter();
  const logged: string[] = [];
  const bugs: unknown[] = [];
  let count = 0;
  const loop = startLoop({
    name: 'test',
    everyMs: options.everyMs ?? anHour,
    clock: realClock,
    log: createLog('debug', (line) => logged.push(line)),
    onBug: (error) => {
      bugs.push(error);
      events.emit('bug');
    },
    async pass() {
      count += 1;
      const now = count;
      try {
        return await options.pass(now);
      } finally {
        setImmediate(() => events.emit('pass'));
      }
    },
  });
  return {
    loop,
    logged,
    bugs,
    events,
    count: () => count,
    async reached(passes: number) {
      while (count < passes) await once(events, 'pass', { signal: AbortSignal.timeout(10_000) });
    },
  };
}

describe('a loop', () => {
  it('goes on without a rest while there is work, then sleeps until it is woken', async () => {
    const ran = start({ pass: async (count) => count < 5 });
    await ran.reached(5);
    expect(ran.count()).toBe(5);
    ran.loop.wake();
    await ran.reached(6);
    await ran.loop.stop();
    expect(ran.count()).toBe(6);
  });

  it('does not miss a wake that comes while it works', async () => {
    const gate = new EventEmitter();
    const ran = start({
      pass: async (count) => {
        if (count === 1) await once(gate, 'open');
        return false;
      },
    });
    await ran.reached(1);
    ran.loop.wake();
    gate.emit('open');
    await ran.reached(2);
    await ran.loop.stop();
  });

  it('passes again by itself when its time is up', async () => {
    const ran = start({ everyMs: 1, pass: async () => false });
    await ran.reached(3);
    await ran.loop.stop();
  });

  it('stops after the pass that runs, and waits for it', async () => {
    const gate = new EventEmitter();
    let ended = false;
    const ran = start({
      pass: async () => {
        await once(gate, 'open');
        ended = true;
        return true;
      },
    });
    await ran.reached(1);
    const stopping = ran.loop.stop().then(() => ended);
    gate.emit('open');
    expect(await stopping).toBe(true);
    expect(ran.count()).toBe(1);
  });

  it('logs trouble outside and goes on; a bug ends it and is reported', async () => {
    const ran = start({
      everyMs: 1,
      pass: async (count) => {
        if (count === 1) {
          throw new OperationError('talking to the database', {
            code: 'unavailable',
            retryable: true,
          });
        }
        throw new Error('a bug');
      },
    });
    if (ran.bugs.length === 0) await once(ran.events, 'bug');
    expect(ran.count()).toBe(2);
    expect(ran.logged.join('')).toContain('talking to the database');
    expect(ran.bugs).toEqual([new Error('a bug')]);
    await ran.loop.stop();
  });

  it('stops at once while it rests after trouble', async () => {
    const ran = start({
      pass: async () => {
        throw new OperationError('talking to the database', {
          code: 'unavailable',
          retryable: true,
        });
      },
    });
    await ran.reached(1);
    await ran.loop.stop();
    expect(ran.count()).toBe(1);
  }, 10_000);
});
