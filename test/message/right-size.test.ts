// Holds the answers about sizes by use to their kept words and to Slack's limits.
import { describe, expect, it } from 'vitest';
import { slackLimits } from '../../src/message/limits.ts';
import { rightSizeMessage } from '../../src/message/right-size-reply.ts';
import { rightSizeTable } from '../../src/message/right-size-table.ts';
import { validateBlocks } from '../../src/message/validate-blocks.ts';
import type { ContainerUsage } from '../../src/sizing/container-usage.ts';
import { type RightSizeFacts, rightSize } from '../../src/sizing/right-size.ts';
import type { SizedContainer } from '../../src/sizing/right-size-component.ts';
import { rightSizeJson } from '../../src/sizing/right-size-json.ts';
import { expectGolden } from '../golden.ts';

const dayMs = 24 * 3_600_000;
const usage: ContainerUsage = {
  windowMs: 14 * dayMs,
  stepMs: 300_000,
  samplesExpected: 4032,
  cpu: { p95: 412, p99: 470, maximum: 630, samplesSeen: 4000 },
  memory: { maximum: 800, samplesSeen: 4000 },
  restarts: 0,
  throttledShare: 0,
  missing: [],
};
const now = {
  cpuRequestMillicores: 1000,
  cpuLimitMillicores: 2000,
  memoryRequestMi: 2048,
  memoryLimitMi: 4096,
};

function sized(component: string, facts: Partial<RightSizeFacts> = {}): SizedContainer {
  return { component, result: rightSize({ container: component, usage, now, ...facts }) };
}

const tooSmall = sized('gateway', {
  container: 'nginx',
  usage: {
    ...usage,
    cpu: { p95: 912.5, p99: 1100, samplesSeen: 800 },
    memory: { maximum: 2000 },
    restarts: 4,
    throttledShare: 0.12,
    missing: ['memory p95: Prometheus has no such series now'],
  },
  targets: [{ resource: 'cpu', percent: 70 }],
});
const tooLarge: SizedContainer = {
  ...sized('worker', { targets: [{ resource: 'cpu', percent: 70 }] }),
  cost: { beforeUsdPerMonth: 365, afterUsdPerMonth: 182.5 },
};
const unknown = sized('ml', {
  now: {},
  usage: {
    ...usage,
    cpu: {},
    memory: {},
    missing: ['CPU p95, CPU p99: asking Prometheus: it cannot be reached (ECONNREFUSED)'],
  },
});

/** A guide that answers use with pods too, and would change both. */
const eitherOr: SizedContainer = {
  ...tooLarge,
  pods: {
    advice: {
      kind: 'lower',
      before: 10,
      after: 7,
      because:
        'CPU 20 %, memory 25 % of what is requested (below 30 %): 10 pods × 0.7, at least 3 → 7 pods',
    },
    source: 'Shop guide 1, Pods',
    cost: { beforeUsdPerMonth: 365, afterUsdPerMonth: 255.5 },
  },
};
const notSized = [
  {
    component: 'mail',
    because: 'there is no Deployment "mail" in namespace shop; did you mean "mails"?',
  },
  { component: 'ledger*', because: 'reading StatefulSet shop/ledger: it did not answer in time' },
];

const messages = {
  'right-size/changes': rightSizeMessage('Shop', [tooLarge, tooSmall]),
  'right-size/nothing-known': rightSizeMessage('Shop', [unknown]),
  'right-size/pods-and-not-sized': rightSizeMessage('Shop', [eitherOr], notSized),
  'right-size/none-sized': rightSizeMessage('Shop', [], notSized),
  'right-size/no-container': rightSizeMessage('Shop', []),
  'right-size/very-many': rightSizeMessage(
    'Shop *everything*',
    Array.from({ length: 60 }, (_, index) => sized(`component-${index}`)),
  ),
};

describe.each(Object.entries(messages))('the answer %s', (name, message) => {
  it('reads as it was last agreed', () => expectGolden(name, message));

  it('is taken by Slack and has no hole in its words', () => {
    expect(validateBlocks('message', message.blocks)).toEqual([]);
    expect(message.text.length).toBeLessThanOrEqual(slackLimits.message.textAdvisedChars);
    expect(JSON.stringify(message)).not.toMatch(/undefined|null|NaN|Infinity|\[object/);
  });
});

describe('the table for a terminal', () => {
  it('shows sizes, reasons and sums', () => {
    expect(`\n${rightSizeTable('Shop', [tooLarge, unknown]).join('\n')}\n`).toBe(`
Shop

component  container  resource  advice  request       limit         samples    USD/month
worker     worker     CPU       lower   1000m → 495m  2000m → 990m  4000/4032  365.00 → 182.50
                      memory    lower   2Gi → 960Mi   4Gi → 1920Mi  4000/4032
ml         ml         CPU       keep    none          none          ?/4032
                      memory    keep    none          none          ?/4032

worker: 4,000 of 4,032 samples in 14d, one every 5m; usual rule: p95 + 20 %
  CPU: p95 is 412m, 20.6 % of its limit (below 60 %)
    p95 412m × 1.2 = 494.4m
    494.4m covers p99 of 470m → request 495m
    limit 495m × 2 (limit to request as it is now) = 990m
  memory: the maximum is 800Mi, 19.5 % of its limit (below 60 %)
    the maximum 800Mi × 1.2 = 960Mi
    960Mi → request 960Mi
    limit 960Mi × 2 (limit to request as it is now) = 1920Mi
  autoscaler, CPU: 1000m × 70 % ÷ 495m = 141.414 %, which is no usable target: at 95 % it acts at 470.25m a pod instead of 700m, so more pods run

ml: an unknown number of 4,032 samples in 14d, one every 5m; usual rule: p95 + 20 %
  CPU: nothing is known of the CPU it uses
  memory: nothing is known of the memory it uses
  note: CPU p95, CPU p99: asking Prometheus: it cannot be reached (ECONNREFUSED)
`);
  });

  it('says when there is nothing', () => {
    expect(rightSizeTable('Shop', [])).toEqual(['Shop: there is no container to size']);
  });

  it('says that a number of pods stands in place of a size, and what was not sized', () => {
    const lines = rightSizeTable('Shop', [eitherOr], notSized);
    expect(lines).toContain('    10 → 7 pods, 365.00 → 255.50 USD/month');
    expect(lines).toContain('    either another size or another number of pods, not both at once');
    expect(lines.slice(-3)).toEqual([
      'Not sized:',
      '  mail: there is no Deployment "mail" in namespace shop; did you mean "mails"?',
      '  ledger*: reading StatefulSet shop/ledger: it did not answer in time',
    ]);
  });
});

it('the form for programs names units and leaves out what is not known', () => {
  expect(rightSizeJson(tooLarge)).toMatchObject({
    component: 'worker',
    windowSeconds: 1_209_600,
    before: now,
    after: { cpuRequestMillicores: 495, memoryRequestMi: 960 },
    cpu: { recommendation: 'lower', samplesSeen: 4000, samplesExpected: 4032 },
    costUsdPerMonth: { before: 365, after: 182.5 },
    autoscalerTargets: [{ resource: 'cpu', percentBefore: 70, percentAfter: 95, kept: false }],
  });
  const json = JSON.stringify(rightSizeJson(unknown));
  expect(json).not.toContain('null');
  expect(JSON.parse(json)).not.toHaveProperty('cpu.samplesSeen');
});
