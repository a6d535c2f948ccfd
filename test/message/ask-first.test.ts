// Which buttons ask before they do something, and what: nobody makes production smaller by a tap on the wrong card.

import type { Button, KnownBlock } from '@slack/types';
import { expect, it } from 'vitest';
import { actionIds } from '../../src/message/action-ids.ts';
import type { Message } from '../../src/message/message.ts';
import { messages } from './samples.ts';

const buttonsOf = ({ blocks }: Message): readonly Button[] =>
  blocks.flatMap((block: KnownBlock) =>
    block.type === 'actions' ? block.elements.filter((each) => each.type === 'button') : [],
  );

function asked(name: string, actionId: string): string | undefined {
  const message = messages[name];
  const found = message && buttonsOf(message).find((each) => each.action_id === actionId);
  if (found === undefined) throw new Error(`${name} has no button ${actionId}`);
  return found.confirm?.text.text;
}

it('Give back now says what goes from what to what, wherever it stands', () => {
  const all = Object.values(messages)
    .flatMap(buttonsOf)
    .filter((each) => each.action_id === actionIds.giveBackLease);
  expect(all.length).toBeGreaterThan(3);
  for (const { confirm } of all) expect(confirm?.text.text).toMatch(/minReplicas \d+ → \d+\. /);
  expect(asked('lease-lent', actionIds.extendLease)).toBeUndefined();
});

it('Approve asks about what takes capacity away or cannot be undone, and about nothing else', () => {
  expect(asked('card-proposed', actionIds.approve)).toBeUndefined();
  expect(asked('card-proposed-decrease', actionIds.approve)).toBe(
    'It takes capacity away: worker: 5 → 4 replicas.',
  );
  expect(asked('card-irreversible', actionIds.approve)).toContain('It cannot be undone: ');
  expect(asked('card-proposed-decrease', actionIds.deny)).toBeUndefined();
});

it('Done asks, because the plan goes on from it', () => {
  expect(asked('progress-asking', actionIds.done)).toContain('that cannot be taken back');
});
