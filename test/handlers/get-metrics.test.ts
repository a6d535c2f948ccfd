import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDatabase } from '../database.ts';
import { findProgram, installed, mayBeSkipped } from '../real/programs.ts';
import { type Doors, makeAlert, makeDelivery, openDoors, post } from './doors.ts';

const promtool = findProgram('promtool');
const database = withDatabase();
let doors: Doors;
beforeAll(async () => {
  doors = await openDoors(database.url);
  await post(doors.url, makeDelivery([makeAlert(), makeAlert({ fingerprint: 'ab' })]));
  await post(doors.url, makeDelivery([makeAlert()]));
  await post(doors.url, '{');
});
afterAll(async () => {
  await doors.close();
});

async function page(): Promise<string> {
  const answer = await fetch(`${doors.url}/metrics`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return answer.text();
}

describe('the metrics page', () => {
  it('names every metric that the source registers, each with its type and help', async () => {
    const source = await readFile(
      resolve(import.meta.dirname, '../../src/adapters/counters.ts'),
      'utf8',
    );
    const registered = [...source.matchAll(/'(headroom_\w+)'/g)].map(([, name]) => name);
    expect(registered).toHaveLength(13);
    const text = await page();
    for (const name of registered) {
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
      expect(text).toMatch(new RegExp(`^# TYPE ${name} (counter|gauge|histogram)$`, 'm'));
    }
  });

  it('counts alerts by what became of them', async () => {
    const text = await page();
    expect(text).toContain('headroom_alerts_total{result="fresh"} 2');
    expect(text).toContain('headroom_alerts_total{result="known"} 1');
    expect(text).toContain('headroom_alerts_total{result="rejected"} 1');
  });

  it('says what is stored now', async () => {
    const text = await page();
    expect(text).toContain('headroom_alerts_unrouted 0');
    expect(text).toContain('headroom_messages_owed 0');
    expect(text).toContain('headroom_queue_depth 3');
    expect(text).toContain('headroom_audit_entries 0');
    await doors.store.transaction((tx) =>
      tx.audit.append({ at: '2026-11-22T03:02:11.000Z', event: 'stop.set', by: 'cli:ann' }),
    );
    await database.pool.query(`update alert set pending = false where fingerprint = 'ab'`);
    const later = await page();
    expect(later).toContain('headroom_audit_entries 1');
    expect(later).toContain('headroom_alerts_unrouted 1');
  });

  it.skipIf(mayBeSkipped(promtool))('satisfies promtool', async () => {
    const check = spawn(installed(promtool, 'promtool'), ['check', 'metrics']);
    let said = '';
    check.stdout.on('data', (chunk) => (said += String(chunk)));
    check.stderr.on('data', (chunk) => (said += String(chunk)));
    check.stdin.end(await page());
    await new Promise((done) => check.once('close', done));
    // What the Node.js library itself names is not ours to change.
    const ours = said.split('\n').filter((line) => line.startsWith('headroom_'));
    expect(ours).toEqual([]);
    expect(said).not.toContain('error while linting');
  });
});
