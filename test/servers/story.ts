// What every story on a real server begins with: the server, its address where headroom.yaml looks for it, and the app of one story.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { Bot, type BotOptions, channel } from '../bot.ts';
import { startTarget, type Target, type TargetOptions } from './target.ts';

export interface Story {
  /** Database `shop` on it has its address in SHOP_MAIN_URL. */
  readonly target: Target;
  /** Of the story at hand; stopped after it. */
  readonly bot: Bot;
  /** With `procedures` the system is `shop`, whose profile has these besides its own. */
  begin(options: BotOptions & { readonly procedures?: string }): Promise<Bot>;
}

/** The shop in headroom.yaml, with its database and what is allowed there; lines of that database may follow. */
export function shopAllowing(allowed: string): string {
  return `
  shop:
    profile: shop
    mode: apply
    cluster: production
    channel: ${channel}
    databases:
      main:
        connection: { env: SHOP_MAIN_URL }
        allow: [${allowed}]
`;
}

/** One server for all stories of a file. */
export function withStories(options: TargetOptions = {}): Story {
  let target: Target | undefined;
  let bot: Bot | undefined;
  beforeAll(async () => {
    target = await startTarget(options);
    process.env['SHOP_MAIN_URL'] = target.server.url('shop');
  });
  afterAll(async () => {
    delete process.env['SHOP_MAIN_URL'];
    await target?.close();
  });
  afterEach(async () => {
    await bot?.stop();
    bot = undefined;
  });
  return {
    get target() {
      return begun(target);
    },
    get bot() {
      return begun(bot);
    },
    begin: async ({ procedures, ...rest }) => {
      if (procedures === undefined) return (bot = await Bot.start(rest));
      const profilesDir = await profilesWith(procedures);
      try {
        return (bot = await Bot.start({ ...rest, profilesDir }));
      } finally {
        await rm(profilesDir, { recursive: true });
      }
    },
  };
}

function begun<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it has not begun');
  return value;
}

/** The shop of other tests with procedures of its own. */
async function profilesWith(procedures: string): Promise<string> {
  const shop = new URL('../fixtures/profile/small.yaml', import.meta.url);
  const folder = await mkdtemp(join(tmpdir(), 'headroom-story-'));
  const text = `${await readFile(shop, 'utf8')}procedures:\n${procedures.replace(/^/gm, '  ')}`;
  await writeFile(join(folder, 'shop.yaml'), text);
  return folder;
}
