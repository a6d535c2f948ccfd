import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withDatabase } from '../database.ts';
import { type Doors, makeAlert, makeDelivery, openDoors, post, tokens } from './doors.ts';

const database = withDatabase();
let doors: Doors;

beforeAll(async () => {
  doors = await openDoors(database.url);
});
afterAll(async () => {
  await doors.close();
});
beforeEach(async () => {
  await database.pool.query('truncate alert');
});

async function storedCount(): Promise<number> {
  const { rows } = await database.pool.query('select count(*)::int as n from alert');
  return rows[0].n;
}

describe('who may deliver', () => {
  it.each([
    ['no token', {}],
    ['a wrong token', { authorization: 'Bearer wrong-token-for-alerts' }],
    ['the beginning of the right one', { authorization: `Bearer ${tokens.first.slice(0, -1)}` }],
    ['the right one and more', { authorization: `Bearer ${tokens.first}x` }],
    ['both at once', { authorization: `Bearer ${tokens.first},${tokens.second}` }],
    ['another scheme', { authorization: `Basic ${tokens.first}` }],
    ['an empty one', { authorization: 'Bearer ' }],
  ])('%s is answered 401 and stores nothing', async (_, headers) => {
    const answer = await post(doors.url, makeDelivery([makeAlert()]), headers);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await storedCount()).toBe(0);
  });

  it.each([tokens.first, tokens.second])('both of two tokens are valid (%s)', async (token) => {
    const answer = await post(doors.url, makeDelivery([makeAlert()]), {
      authorization: `Bearer ${token}`,
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ stored: { fresh: 1, known: 0 } });
  });

  it('a stranger is turned away before a body is read, however long it says it is', async () => {
    const answer = await rawRequest(
      'POST /alertmanager HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    expect(answer).toContain('HTTP/1.1 401');
  });
});

describe('a malformed delivery is answered 400, says what is wrong and stores nothing:', () => {
  const alert = makeAlert();
  const delivery = JSON.parse(makeDelivery([alert, makeAlert({ fingerprint: 'ab' })]));
  it.each([
    ['an empty body', '', 'the body is not JSON'],
    ['no JSON', '{"version": "4", "alerts": [', 'the body is not JSON'],
    ['another JSON', '[]', 'body:'],
    [
      'an older format',
      JSON.stringify({ ...delivery, version: '3' }),
      'version: expected webhook format version "4"',
    ],
    ['no alerts', JSON.stringify({ ...delivery, alerts: undefined }), 'alerts:'],
    [
      'one bad alert among good ones',
      JSON.stringify({ ...delivery, alerts: [alert, { ...alert, startsAt: 'yesterday' }] }),
      'alerts.1.startsAt: expected a time',
    ],
    [
      'an unknown status',
      JSON.stringify({ ...delivery, alerts: [{ ...alert, status: 'pending' }] }),
      'alerts.0.status',
    ],
    [
      'a fingerprint that is none',
      JSON.stringify({ ...delivery, alerts: [{ ...alert, fingerprint: "x' or 1=1" }] }),
      'alerts.0.fingerprint: expected a hexadecimal fingerprint',
    ],
    [
      'a label that is no text',
      JSON.stringify({ ...delivery, alerts: [{ ...alert, labels: { alertname: 7 } }] }),
      'alerts.0.labels.alertname',
    ],
  ])('%s', async (_, body, because) => {
    const answer = await post(doors.url, body);
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: string };
    expect(error).toContain(because);
    expect(error.length).toBeLessThan(1000);
    expect(await storedCount()).toBe(0);
  });

  it('ten thousand bad alerts are answered shortly', async () => {
    const alerts = Array.from({ length: 10_000 }, () => ({ ...alert, startsAt: 'never' }));
    const answer = await post(doors.url, JSON.stringify({ ...delivery, alerts }));
    expect(answer.status).toBe(400);
    expect((await answer.text()).length).toBeLessThan(1000);
  });
});

describe('how much may be delivered', () => {
  const padding = 'x'.repeat(1_700);
  const many = makeDelivery(
    Array.from({ length: 10_000 }, (_, index) =>
      makeAlert({
        fingerprint: index.toString(16).padStart(16, '0'),
        annotations: { summary: padding },
      }),
    ),
  );

  it('10,000 alerts in one POST of about 20 MB are all stored', async () => {
    expect(many.length).toBeGreaterThan(19_000_000);
    const answer = await post(doors.url, many);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ stored: { fresh: 10_000, known: 0 } });
    expect(await storedCount()).toBe(10_000);
  });

  it('a body in pieces without a length is taken as well', async () => {
    const answer = await post(doors.url, inPieces(many));
    expect(answer.status).toBe(200);
    expect(await storedCount()).toBe(10_000);
  });

  it('a little under 32 MiB is taken', async () => {
    const body = makeDelivery([
      makeAlert({ annotations: { summary: 'x'.repeat(32 * 1024 * 1024 - 2_000) } }),
    ]);
    expect((await post(doors.url, body)).status).toBe(200);
    expect(await storedCount()).toBe(1);
  });

  it('more than 32 MiB is answered 413 and stores nothing, with a length or in pieces', async () => {
    const body = makeDelivery([
      makeAlert({ annotations: { summary: 'x'.repeat(32 * 1024 * 1024) } }),
    ]);
    const answers = await Promise.all([
      rawRequest(
        `POST /alertmanager HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tokens.first}\r\ncontent-length: ${body.length}\r\n\r\n`,
      ),
      rawRequest(
        `POST /alertmanager HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tokens.first}\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      ),
    ]);
    for (const answer of answers) {
      expect(answer).toContain('HTTP/1.1 413');
      expect(answer).toContain('the body is larger than 32 MiB');
    }
    expect(await storedCount()).toBe(0);
  });
});

describe('what is stored', () => {
  it('is there for everybody the moment the 200 is', async () => {
    for (let index = 0; index < 20; index++) {
      const fingerprint = `beef${index}`;
      const answer = await post(doors.url, makeDelivery([makeAlert({ fingerprint })]));
      expect(answer.status).toBe(200);
      const { rows } = await database.pool.query('select 1 from alert where fingerprint = $1', [
        fingerprint,
      ]);
      expect(rows).toHaveLength(1);
    }
  });

  it('is one alert for each fingerprint, start and status', async () => {
    const alerts = [
      makeAlert(),
      makeAlert({ fingerprint: 'ab' }),
      makeAlert({ startsAt: '2026-11-22T04:00:00Z' }),
      makeAlert({ status: 'resolved', endsAt: '2026-11-22T03:30:00Z' }),
    ];
    const first = await post(doors.url, makeDelivery([...alerts, makeAlert()]));
    expect(await first.json()).toEqual({ stored: { fresh: 4, known: 1 } });
    const second = await post(doors.url, makeDelivery(alerts));
    expect(await second.json()).toEqual({ stored: { fresh: 0, known: 4 } });
    const { rows } = await database.pool.query('select distinct deliveries from alert');
    expect(rows).toEqual([{ deliveries: 2 }]);
  });

  it('is one alert when eight deliveries of it arrive together', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post(doors.url, makeDelivery([makeAlert()]))),
    );
    const counts = await Promise.all(
      answers.map(
        async (answer) => ((await answer.json()) as { stored: { fresh: number } }).stored.fresh,
      ),
    );
    expect(counts.reduce((sum, fresh) => sum + fresh, 0)).toBe(1);
    expect(await storedCount()).toBe(1);
  });

  it('deliveries that share alerts in different orders do not block each other', async () => {
    const alerts = Array.from({ length: 200 }, (_, i) => makeAlert({ fingerprint: `${i}a` }));
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        post(doors.url, makeDelivery(i % 2 === 0 ? alerts : alerts.toReversed())),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(await storedCount()).toBe(200);
  });

  it('survives text that PostgreSQL cannot hold', async () => {
    const answer = await post(
      doors.url,
      makeDelivery([makeAlert({ annotations: { summary: 'nul \u0000 half \ud83d end' } })]),
    );
    expect(answer.status).toBe(200);
    const { rows } = await database.pool.query(
      `select annotations ->> 'summary' as summary from alert`,
    );
    expect(rows).toEqual([{ summary: 'nul  half \ufffd end' }]);
  });

  it('no token and no text of an alert is ever logged', async () => {
    await post(doors.url, '{', { authorization: `Bearer ${tokens.first}` });
    await post(doors.url, '{', { authorization: 'Bearer a-token-somebody-tried' });
    expect(doors.logged.join('')).toContain('malformed');
    expect(doors.logged.join('')).not.toMatch(/token-for-alerts|a-token-somebody-tried/);
  });
});

describe('what Alertmanager 0.25 really sent', () => {
  it('is all taken, and each alert is stored once', async () => {
    const recorded = JSON.parse(
      await readFile(
        resolve(import.meta.dirname, '../fixtures/alertmanager/deliveries.json'),
        'utf8',
      ),
    ) as readonly { readonly body: { readonly alerts: readonly Record<string, string>[] } }[];
    expect(recorded.length).toBeGreaterThan(10);
    const expected = new Set<string>();
    for (const { body } of recorded) {
      const answer = await post(doors.url, JSON.stringify(body));
      expect(answer.status).toBe(200);
      for (const { fingerprint, startsAt, status } of body.alerts) {
        expected.add(`${fingerprint} ${startsAt} ${status}`);
      }
    }
    const { rows } = await database.pool.query(
      `select fingerprint || ' ' || starts_at || ' ' || status as name from alert`,
    );
    expect(new Set(rows.map(({ name }) => name))).toEqual(expected);
    expect(rows).toHaveLength(expected.size);
    const ends = await database.pool.query(
      `select status, bool_and(ends_at is null) as open from alert group by status order by status`,
    );
    expect(ends.rows).toEqual([
      { status: 'firing', open: true },
      { status: 'resolved', open: false },
    ]);
  });
});

function inPieces(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.subarray(at, at + 65_536));
      at += 65_536;
      if (at >= bytes.length) controller.close();
    },
  });
}

/** Sends bytes and reads until there is an answer; for requests that an HTTP client would not send or would not wait with. */
function rawRequest(bytes: string): Promise<string> {
  const { port, hostname } = new URL(doors.url);
  return new Promise((done, fail) => {
    const socket = connect({ port: Number(port), host: hostname });
    let answer = '';
    const finish = () => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(10_000, () => {
      socket.destroy();
      fail(new Error(`no answer in time: "${answer}"`));
    });
    socket.on('data', (chunk) => {
      answer += chunk.toString('utf8');
      if (answer.includes('}')) finish();
    });
    socket.once('close', finish);
    // The server may stop reading before all is sent; what it answered is what counts.
    socket.on('error', () => {});
    socket.write(bytes);
  });
}
