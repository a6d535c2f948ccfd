// Holds the answers about rules to their kept words and to Slack's limits.

import { describe, expect, it } from 'vitest';
import { rulesMessage } from '../../src/message/rules-reply.ts';
import { validateBlocks } from '../../src/message/validate-blocks.ts';
import { emptyProfile } from '../../src/profile/empty-profile.ts';
import type { Trigger } from '../../src/profile/profile.ts';
import { expectGolden } from '../golden.ts';
import { componentOf, makeProfile, makeSystem, triggerOf } from '../make.ts';

const usual = makeProfile();
const backlog: Trigger = {
  ...triggerOf(usual, 'inspection-backlog'),
  warnAt: 300,
  source: 'Scaling Alerts',
};
const { autoscaling: _, ...worker } = componentOf(usual, 'worker');
const profile = makeProfile({ components: new Map([['worker', worker]]) });
const withTriggers = (...triggers: readonly Trigger[]) =>
  makeSystem({
    profile: { ...profile, triggers: new Map(triggers.map((each) => [each.id, each])) },
  });
const many = Array.from({ length: 200 }, (__, index) => ({
  ...backlog,
  id: `backlog-${index}`,
  alert: `InspectionQueueBacklog${index}`,
}));

const replies = {
  few: rulesMessage(withTriggers(backlog)),
  // As many alerts as the shipped profile has do not fit into one block, and neither do so many lines.
  many: rulesMessage(withTriggers(...many)),
  'no-profile': rulesMessage(makeSystem({ profile: emptyProfile, wholeNamespace: 'mail' })),
  'no-triggers': rulesMessage(withTriggers()),
};

describe.each(Object.entries(replies))('the answer about %s rules', (name, message) => {
  it('reads as it was last agreed', () => expectGolden(`rules/${name}`, message));
  it('is taken by Slack', () => expect(validateBlocks('message', message.blocks)).toEqual([]));
});

describe('the rules in the answer', () => {
  const textOf = (message: object) => JSON.stringify(message);

  it('are whole, with what Slack would read as markup made harmless', () => {
    expect(textOf(replies.few)).toContain('alert: HeadroomWatchdog');
    expect(textOf(replies.few)).toContain('&gt; 500');
  });

  it('are left out when one block cannot hold all of them, and the command is there', () => {
    expect(textOf(replies.many)).not.toContain('HeadroomWatchdog');
    expect(textOf(replies.many)).toContain('`headroom rules steam-traps`');
  });

  it('cannot end their block early', () => {
    const reply = rulesMessage(withTriggers({ ...backlog, source: 'a ``` *b*' }));
    expect(textOf(reply)).not.toContain('```');
  });

  it('name the adapter only where an autoscaler has metrics of its own', () => {
    expect(textOf(replies.few)).not.toContain('--part adapter');
    expect(textOf(rulesMessage(makeSystem()))).toContain('--part adapter');
  });
});
