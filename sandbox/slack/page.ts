// What the web page asks for: its files, the workspace as one person sees it, and a stream that says when to look again.
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { openView } from './control.ts';
import { mimetypeOf } from './files.ts';
import type { JsonObject } from './json.ts';
import { slackbot, team } from './workspace.ts';
import type { World } from './world.ts';

const folder = new URL('./page/', import.meta.url);
const scripts = ['page', 'dom', 'mrkdwn', 'elements', 'blocks', 'modal', 'composer'];
const pageFiles: Readonly<Record<string, readonly [file: string, contentType: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  ...Object.fromEntries(
    scripts.map((name) => [`/${name}.js`, [`${name}.js`, 'text/javascript; charset=utf-8']]),
  ),
};

/** Nothing but our own files may run or be fetched, whatever a message says; only pictures may come from elsewhere. */
const policy =
  "default-src 'self'; img-src * data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Serves one of the page's own files; false when the path is none of them. */
export async function servePageFile(path: string, response: ServerResponse): Promise<boolean> {
  const known = Object.hasOwn(pageFiles, path) ? pageFiles[path] : undefined;
  if (known === undefined) return false;
  const [file, contentType] = known;
  const body = await readFile(new URL(file, folder));
  response.writeHead(200, {
    'content-type': contentType,
    'cache-control': 'no-store',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
  return true;
}

/** Sends an uploaded picture. Only kinds of pictures that cannot run anything. */
export function serveFile(id: string, response: ServerResponse, world: World): void {
  const file = world.files.byId(id);
  if (file?.bytes === undefined) {
    response.writeHead(404).end();
    return;
  }
  const safe = /^image\/(?:png|jpeg|gif)$/u.test(mimetypeOf(file));
  response.writeHead(200, {
    'content-type': safe ? mimetypeOf(file) : 'application/octet-stream',
    'x-content-type-options': 'nosniff',
  });
  response.end(file.bytes);
}

/** Everything one person sees now, in one channel. Other people's ephemeral messages never leave the server. */
export function pageState(user: string, channelId: string, world: World): JsonObject {
  const { workspace, views, manifest } = world;
  const people = [...workspace.people.values()];
  const me = workspace.people.get(user) ?? people[0];
  const mine = me?.id ?? '';
  const channels = [...workspace.channels.values()].filter((one) => one.members.has(mine));
  const own = workspace.ephemerals(mine).filter((one) => one.channel === channelId);
  const isMember = channels.some((one) => one.id === channelId);
  const shown = isMember ? [...workspace.messages(channelId), ...own] : [];
  const home = views.home(mine);
  return {
    team: team.name,
    app: { name: manifest.appName, botName: manifest.botName, homeTab: manifest.homeTabEnabled },
    me: mine,
    people: people.map(({ id, name, realName, tz, isBot }) => ({ id, name, realName, tz, isBot })),
    actors: people.filter((one) => !one.isBot && one.id !== slackbot).map((one) => one.id),
    channels: channels.map((one) => ({
      id: one.id,
      name: one.name,
      kind: one.kind,
      topic: one.topic,
      members: [...one.members],
      messages: workspace.messages(one.id).length,
    })),
    messages: shown.toSorted((a, b) => Number(a.ts) - Number(b.ts)),
    views: views.stack(mine).map(openView),
    home: home === undefined ? null : openView(home),
    commands: manifest.commands,
    groups: [...workspace.groups.values()].map(({ id, handle }) => ({ id, handle })),
  };
}

/** The open streams of the page. Each says only that something changed; the page then asks what. */
export class PageStreams {
  readonly #open = new Set<ServerResponse>();
  #isPending = false;

  constructor(world: Pick<World, 'workspace'>) {
    world.workspace.changes.on('changed', () => this.#announce());
  }

  add(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 500\n\ndata: changed\n\n');
    this.#open.add(response);
    response.on('close', () => this.#open.delete(response));
  }

  stop(): void {
    for (const response of this.#open) response.end();
    this.#open.clear();
  }

  /** Many changes in one turn of the event loop are one announcement. */
  #announce(): void {
    if (this.#isPending) return;
    this.#isPending = true;
    setImmediate(() => {
      this.#isPending = false;
      for (const response of this.#open) response.write('data: changed\n\n');
    });
  }
}
