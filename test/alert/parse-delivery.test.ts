// Every delivery that was recorded is read; what is wrong with any other one is said.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDelivery } from '../../src/alert/parse-delivery.ts';
import { makeAlert } from '../make.ts';

interface Recorded {
  readonly body: {
    readonly alerts: readonly Record<string, unknown>[];
    readonly truncatedAlerts: number;
  };
}

const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/alertmanager/deliveries.json', import.meta.url), 'utf8'),
) as readonly Recorded[];

const body = (over: object = {}) =>
  JSON.stringify({ version: '4', truncatedAlerts: 0, alerts: [makeAlert()], ...over });
const withAlert = (over: object) => body({ alerts: [{ ...makeAlert(), ...over }] });

function read(text: string) {
  const delivery = parseDelivery(text);
  if (!delivery.ok) throw new Error(delivery.because);
  return delivery;
}

describe('a recorded delivery', () => {
  it('there are sixteen', () => expect(recorded).toHaveLength(16));

  it.each(recorded.map(({ body: sent }, index) => [index, sent] as const))(
    'number %i is read with every alert in it',
    (_, sent) => {
      const delivery = read(JSON.stringify(sent));
      expect(delivery.truncated).toBe(sent.truncatedAlerts);
      expect(delivery.alerts).toHaveLength(sent.alerts.length);
      for (const [index, alert] of delivery.alerts.entries()) {
        const { status, labels, annotations, startsAt, endsAt, fingerprint } =
          sent.alerts[index] ?? {};
        const end = status === 'resolved' ? { endsAt } : {};
        expect(alert).toEqual({ status, labels, annotations, startsAt, fingerprint, ...end });
      }
    },
  );

  it('tells a firing alert and its end by the same fingerprint and start', () => {
    const all = recorded.flatMap(({ body: sent }) => read(JSON.stringify(sent)).alerts);
    const firing = new Set(
      all.filter((a) => a.status === 'firing').map((a) => `${a.fingerprint} ${a.startsAt}`),
    );
    const ended = all.filter((a) => a.status === 'resolved');
    expect(ended.length).toBeGreaterThan(0);
    for (const alert of ended) {
      expect(firing).toContain(`${alert.fingerprint} ${alert.startsAt}`);
      expect(alert.endsAt).not.toMatch(/^0001/);
    }
  });

  it('counts the alerts that Alertmanager left out', () => {
    expect(recorded.map(({ body: sent }) => read(JSON.stringify(sent)).truncated)).toContain(3);
  });
});

describe('a delivery', () => {
  it('keeps the times of Alertmanager to the nanosecond, as text', () => {
    const [alert] = read(withAlert({ startsAt: '2026-11-22T06:40:33.122125729Z' })).alerts;
    expect(alert?.startsAt).toBe('2026-11-22T06:40:33.122125729Z');
  });

  it('forgets the end of an alert that fires, which is year 1 there', () => {
    const [alert] = read(withAlert({ endsAt: '0001-01-01T00:00:00Z' })).alerts;
    expect(alert).not.toHaveProperty('endsAt');
  });

  it('may have no alerts, no annotations and no count of those left out', () => {
    expect(read('{"version":"4","alerts":[]}')).toEqual({ ok: true, alerts: [], truncated: 0 });
    const { annotations: _none, ...alert } = makeAlert();
    expect(read(body({ alerts: [alert] })).alerts[0]?.annotations).toEqual({});
  });

  it('ignores fields it does not know', () => {
    expect(read(body({ groupKey: '{}', later: { version: 5 } })).alerts).toHaveLength(1);
  });

  it('loses what PostgreSQL cannot store, NUL and half a surrogate pair, and nothing else', () => {
    const half = '\ud83d';
    const odd = `a\u0000b${half}c🔥\u202e<!channel>`;
    const [alert] = read(
      withAlert({ labels: { [`key\u0000${half}`]: odd }, annotations: { summary: odd } }),
    ).alerts;
    const kept = 'ab\ufffdc🔥\u202e<!channel>';
    expect(alert?.labels).toEqual({ 'key\ufffd': kept });
    expect(alert?.annotations).toEqual({ summary: kept });
  });

  it('may hold ten thousand alerts', () => {
    const alerts = Array.from({ length: 10_000 }, (_, index) =>
      makeAlert({ fingerprint: index.toString(16).padStart(16, '0') }),
    );
    expect(read(body({ alerts })).alerts).toHaveLength(10_000);
  });

  // biome-ignore format: a table
  it.each([
    ['no JSON',                  'alerts!',                                              /^the body is not JSON$/],
    ['nothing',                  '',                                                     /^the body is not JSON$/],
    ['half a body',              body().slice(0, -5),                                    /^the body is not JSON$/],
    ['a list',                   '[]',                                                   /body: /],
    ['null',                     'null',                                                 /body: /],
    ['another version',          body({ version: '5' }),                                 /version: expected webhook format version "4"/],
    ['a version that is a number', body({ version: 4 }),                                 /version: expected webhook format version "4"/],
    ['no version',               body({ version: undefined }),                           /version: expected webhook format version "4"/],
    ['no list of alerts',        body({ alerts: undefined }),                            /alerts: /],
    ['an alert that is a text',  body({ alerts: ['x'] }),                                /alerts\.0: /],
    ['another status',           withAlert({ status: 'pending' }),                       /alerts\.0\.status: /],
    ['labels that are numbers',  withAlert({ labels: { a: 1 } }),                        /alerts\.0\.labels\.a: /],
    ['no labels',                withAlert({ labels: undefined }),                       /alerts\.0\.labels: /],
    ['no fingerprint',           withAlert({ fingerprint: undefined }),                  /alerts\.0\.fingerprint: /],
    ['a strange fingerprint',    withAlert({ fingerprint: "'; drop" }),                  /expected a hexadecimal fingerprint/],
    ['no start',                 withAlert({ startsAt: undefined }),                     /alerts\.0\.startsAt: /],
    ['a start in words',         withAlert({ startsAt: 'yesterday' }),                   /startsAt: expected a time/],
    ['a start in seconds',       withAlert({ startsAt: '1763793633' }),                  /startsAt: expected a time/],
    ['a day alone',              withAlert({ startsAt: '2026-11-22' }),                  /startsAt: expected a time/],
    ['a start without a zone',   withAlert({ startsAt: '2026-11-22T06:40:33' }),         /startsAt: expected a time/],
    ['month thirteen',           withAlert({ startsAt: '2026-13-22T06:40:33Z' }),        /startsAt: expected a time/],
    ['a time with more behind',  withAlert({ startsAt: '2026-11-22T06:40:33Z (\u0000)' }), /startsAt: expected a time/],
    ['a bad end',                withAlert({ endsAt: 'soon' }),                          /endsAt: expected a time/],
    ['a count below zero',       body({ truncatedAlerts: -1 }),                          /truncatedAlerts: /],
  ])('with %s is refused with what is wrong', (_, text, because) => {
    expect(parseDelivery(text)).toEqual({ ok: false, because: expect.stringMatching(because) });
  });

  it('with the same mistake a thousand times names five and counts the rest', () => {
    const alerts = Array.from({ length: 1_000 }, () => makeAlert({ startsAt: 'x' }));
    const delivery = parseDelivery(body({ alerts }));
    expect(delivery).toEqual({ ok: false, because: expect.stringMatching(/; and 995 more$/) });
    expect(!delivery.ok && delivery.because.length).toBeLessThan(500);
  });

  it('of any kind never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseDelivery(text)));
    fc.assert(fc.property(fc.json(), (text) => void parseDelivery(text)));
    const anything = fc.record({ version: fc.constant('4'), alerts: fc.array(fc.jsonValue()) });
    fc.assert(fc.property(anything, (value) => void parseDelivery(JSON.stringify(value))));
  });
});
