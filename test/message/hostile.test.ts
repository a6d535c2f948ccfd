// Text from outside stays text, and every limit holds, whatever a label, a reason or a name says.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatabaseSeen } from '../../src/database/health-lines.ts';
import { cardMessage } from '../../src/message/card.ts';
import {
  misuseMessage,
  refusedMessage,
  statusMessage,
  systemsMessage,
} from '../../src/message/command-reply.ts';
import { firstLine } from '../../src/message/first-line.ts';
import { literal, type Message, people as named } from '../../src/message/message.ts';
import type { PlanView } from '../../src/message/plan-view.ts';
import { outcomeMessage, progressMessage } from '../../src/message/thread.ts';
import { validateBlocks } from '../../src/message/validate-blocks.ts';
import { voteReply } from '../../src/message/vote-reply.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { type PlanState, planStates } from '../../src/plan/plan-state.ts';
import {
  hashOf,
  makeAlertOfPlan,
  makeDatabaseHealth,
  makePlan,
  makeRecord,
  makeRule,
  makeStoredAlert,
  makeSystem,
  makeSystems,
  makeView,
  makeVote,
  now,
  people,
} from '../make.ts';

const states = Object.keys(planStates) as PlanState[];

/** A plan whose every text that can come from outside is this one. */
function plan(text: string, kind: 'alert' | 'command', over: Partial<Plan> = {}): Plan {
  const usual = makePlan();
  return makePlan({
    title: text,
    component: text,
    trigger: text,
    origin:
      kind === 'alert'
        ? {
            kind,
            alertname: text,
            fingerprint: 'ab',
            startsAt: '2026-11-22T03:01:33Z',
            summary: text,
          }
        : { kind, commandId: 'c-1', by: people.eve, reason: text },
    observations: [
      ...usual.observations.map((each) => ({ ...each, name: text, unit: text, source: text })),
      { name: text, unit: text, kind: 'missing', because: text, source: text },
      { name: text, unit: text, kind: 'stale', value: 1, ageSeconds: 999, source: text },
    ],
    arithmetic: usual.arithmetic.map((line) => ({ ...line, text, source: text })),
    notes: [text, text, text, text, text, text],
    cost: { beforeUsdPerMonth: 1, afterUsdPerMonth: 2, source: text },
    ...over,
  });
}

function views(text: string): PlanView[] {
  const finding = { kind: 'investigate', because: text, lookAt: [text, text, text] } as const;
  const plans = [
    plan(text, 'alert'),
    plan(text, 'command'),
    plan(text, 'alert', { steps: [], finding }),
  ];
  const hashed = plans.map((each) => ({ each, hash: hashOf(each) }));
  return hashed.flatMap(({ each, hash }) =>
    states.flatMap((state) =>
      (['observe', 'propose', 'apply'] as const).map((mode) =>
        makeView({
          record: makeRecord({
            plan: each,
            hash,
            state,
            reason: text,
            ...(state === 'applied' && { outcome: 'helped', outcomeNote: text }),
          }),
          mode,
          votes: [makeVote(people.ann, { planHash: hash, reason: text })],
          alerts: Array.from({ length: 8 }, () => makeAlertOfPlan({ alertname: text })),
          rule: makeRule({ name: text, required: 2 }),
          stops: [text, text],
          freezes: [text],
          run: { planId: each.id, number: 2, state: 'running', queuedAt: now },
          changes: [{ position: 0, state: 'failed', detail: text }],
          auditHead: { seq: 7, hash: 'a'.repeat(64) },
        }),
      ),
    ),
  );
}

function everything(text: string): Message[] {
  const record = makeRecord({ plan: plan(text, 'alert') });
  const system = makeSystem({ id: text, title: text, rule: makeRule({ name: text }) });
  return [
    ...views(text).flatMap((view) => [
      cardMessage(view),
      progressMessage(view),
      outcomeMessage(view),
    ]),
    misuseMessage('/capacity', text),
    refusedMessage(text),
    voteReply({ kind: 'refused', because: text }),
    voteReply({ kind: 'counted', because: text }),
    systemsMessage(makeSystems(system)),
    statusMessage({
      systems: [system],
      leases: [],
      plans: Array.from({ length: 40 }, () => record),
      freezes: [text],
      stops: [{ scope: `system:${text}`, by: text, reason: text, stoppedAt: now }],
      unrouted: {
        count: 9,
        newest: Array.from({ length: 5 }, () =>
          makeStoredAlert({ labels: { alertname: text, namespace: text } }),
        ),
      },
      clusters: [{ cluster: text, problem: text }],
      databases: [hostileDatabase(text), { kind: 'unseen', name: text, because: text }],
      messagesOwed: 3,
    }),
  ];
}

/** Names in it are given by whoever connects. */
function hostileDatabase(text: string): DatabaseSeen {
  const one = { name: text, count: 1 };
  const health = makeDatabaseHealth({
    connections: { used: 1, byState: [one], byApplication: [one] },
    standbys: [{ name: text, state: text, sync: text, lagSeconds: 1 }],
    transactions: [{ role: text, application: text, state: text, seconds: 9_999 }],
    invalidIndexes: [text],
    settingsPending: [text],
    sizes: { bytes: 1, largest: [{ name: text, bytes: 1 }] },
    backupHours: { kind: 'missing', because: text },
  });
  return { kind: 'seen', name: text, health };
}

/** All texts of a message that Slack reads markup in. */
function markup(message: Message): string[] {
  const texts: string[] = [message.text];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('type' in value && value.type === 'mrkdwn' && 'text' in value) {
      texts.push(String(value.text));
    }
    for (const inner of Object.values(value)) walk(inner);
  };
  walk(message.blocks);
  return texts;
}

/** Marks that only Headroom makes: moments, people and channels it knows. */
const ours = /<!date\^\d+\^\{date_short_pretty\} \{time\}\|[\d: UTC-]+>|<@U0[A-Z]+>|<#C0[A-Z]+>/g;

// biome-ignore format: a table
const hostile = [
  ['a call to everybody',       '<!channel> <!here> <!everyone>'],
  ['a group',                   '<!subteam^S123|@ops>'],
  ['a forged date',             '<!date^1^{date}|now>'],
  ['somebody else\'s mention',  'Zed <@W9ZZZZZZ> <@U9ZZZZZZ|ann>'],
  ['a link dressed as ours',    '<http://evil.example|Approve>'],
  ['bold, italic and strike',   '*Approved* _by_ ~nobody~'],
  ['code',                      '`code` ```block```'],
  ['a quote and a list',        '> quoted\n• listed\n1. numbered'],
  ['lines of its own',          'x\n*✅ Done*\nINJECTED by <@U0ANN>.\r\nINJECTED\u2028INJECTED'],
  ['ten thousand characters',   'x'.repeat(10_000)],
  ['ten thousand ampersands',   '&'.repeat(10_000)],
  ['ten thousand stars',        '*'.repeat(10_000)],
  ['ten thousand openings',     '<'.repeat(10_000)],
  ['a whole book',              'word '.repeat(20_000)],
  ['a turned direction',        'safe \u202egnp.exe\u202c \u2066x'],
  ['NUL and other controls',    'a\u0000b\u0007c\u009bd'],
  ['emoji to be cut through',   '🔥'.repeat(5_000)],
  ['half an emoji',             'x\ud83d'],
  ['nothing',                   ''],
  ['blanks',                    ' \t\n '],
] as const;

describe.each(hostile)('%s', (_, text) => {
  const all = everything(text);

  it('is taken by Slack in every message', () => {
    for (const message of all) {
      expect(validateBlocks('message', message.blocks)).toEqual([]);
      expect(message.text.length).toBeGreaterThan(0);
      expect(message.text.length).toBeLessThanOrEqual(4_000);
    }
  });

  it('leaves no mark in any message but ours', () => {
    for (const message of all) {
      for (const words of markup(message)) {
        expect(words.replace(ours, '')).not.toMatch(/[<>]/);
      }
    }
  });

  it('turns no reading direction, holds no control character and no half of a pair', () => {
    for (const message of all) {
      for (const words of [JSON.stringify(message.blocks), message.text]) {
        expect(words).not.toMatch(
          /[\u202a-\u202e\u2066-\u2069]|\\u00[01]|\\ud[89a-f]|\p{Surrogate}/u,
        );
      }
    }
  });

  it('never begins a line of its own', () => {
    for (const message of all) {
      for (const words of markup(message)) {
        for (const line of words.split('\n')) {
          expect(line.trim()).not.toMatch(/^INJECTED/);
        }
      }
    }
  });
});

describe('the first line', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.constantFrom(...hostile.map(([, each]) => each)),
  );
  const number = fc.oneof(fc.integer({ min: 0 }), fc.double({ noNaN: true }), fc.maxSafeInteger());
  const plans = fc
    .record({
      title: text,
      component: text,
      alertname: text,
      unit: text,
      value: number,
      before: number,
      after: number,
      cost: fc.option(number, { nil: undefined }),
      found: fc.boolean(),
    })
    .map(({ title, component, alertname, unit, value, before, after, cost, found }) => {
      const { cost: _cost, ...usual } = plan(alertname, 'alert', {
        title,
        component,
        replicas: { before, after },
        ...(found && { steps: [], finding: { kind: 'frozen', because: title, lookAt: [] } }),
      });
      const [first] = makePlan().observations;
      return {
        ...usual,
        observations: [{ ...first, name: alertname, unit, value }],
        ...(cost !== undefined && {
          cost: { beforeUsdPerMonth: 0, afterUsdPerMonth: cost, source: '' },
        }),
      } as Plan;
    });

  it('has at most 150 characters, whatever the plan says', () => {
    fc.assert(
      fc.property(plans, (each) => {
        const line = firstLine(each);
        expect(line.length).toBeLessThanOrEqual(150);
        expect(line).not.toMatch(/[\n\r\u0000\u202e]|\p{Surrogate}/u);
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps what is done and what it costs when names are long', () => {
    const long = plan('x'.repeat(300), 'alert');
    const figures = { replicas: makePlan().replicas, cost: makePlan().cost } as Partial<Plan>;
    expect(firstLine({ ...long, ...figures })).toMatch(
      /: 5 → at least 8 replicas, \+\$219\/month$/,
    );
  });

  it('keeps the measured value when the name of the alert is long', () => {
    const line = firstLine(
      makePlan({
        origin: {
          kind: 'alert',
          alertname: 'VeryLong'.repeat(40),
          fingerprint: 'ab',
          startsAt: '',
          summary: '',
        },
      }),
    );
    expect(line).toContain('… 812 jobs: 5 → at least 8 replicas');
  });
});

describe('literal', () => {
  it('never answers with more than was allowed', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.integer({ min: 1, max: 100 }),
        (text, max) => {
          const words = literal(text, max);
          expect(words.length).toBeLessThanOrEqual(max);
          expect(words).not.toMatch(/[<>\n]|\p{Surrogate}/u);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('leaves plain words as they are', () => {
    expect(literal('Überlast: 84 % of 5 pods (München)', 100)).toBe(
      'Überlast: 84 % of 5 pods (München)',
    );
  });

  it('shows the marks it takes out of force', () => {
    expect(literal('a *b* <c> & d', 100)).toBe('a ＊b＊ &lt;c&gt; &amp; d');
    expect(literal('inspection_queue_depth _x_ ~y~ `z`', 100)).toBe(
      'inspection_queue_depth ＿x＿ ～y～ ｀z｀',
    );
  });
});

it('three hundred approvers do not push the card out of its limits', () => {
  const approvers = Array.from({ length: 300 }, (_, index) => `U0${index}ZZZ`);
  const message = cardMessage(makeView({ rule: makeRule({ approvers, oncall: [] }) }));
  expect(JSON.stringify(message)).toContain('and 295 others can decide. Expires');
});

it('people are named up to five, the others are counted', () => {
  expect(named([])).toBe('');
  expect(named(['U0A'.padEnd(6, 'A')])).toBe('<@U0AAAA>');
  expect(named(['U0ANN', 'U0BOB'])).toBe('<@U0ANN> and <@U0BOB>');
  expect(named(['U0ANN', 'U0BOB', 'U0CARLA'], 2)).toBe('<@U0ANN>, <@U0BOB> and 1 other');
});

it('no more systems are lost than are counted', () => {
  const many = Array.from({ length: 300 }, (_, index) => makeSystem({ id: `system-${index}` }));
  const message = systemsMessage(makeSystems(...many));
  const text = markup(message).join('\n');
  const shown = text.match(/• \*/g)?.length ?? 0;
  expect(text).toContain(`… and ${300 - shown} more`);
  expect(validateBlocks('message', message.blocks)).toEqual([]);
});
