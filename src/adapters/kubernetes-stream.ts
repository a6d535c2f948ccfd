// Opens one watch of the API server and hands on what it says, line by line: answers that stream, under deadlines of our own.

import { ApiException, type Configuration, HttpMethod } from '@kubernetes/client-node';
import { fetch, type Response } from 'undici';
import { z } from 'zod';
import { NotKubernetes } from './kubernetes-errors.ts';

/** An object as it comes: its own JSON, of which only the name and the version are known. */
export interface StreamedObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly resourceVersion: string;
  };
}

export type WatchEvent =
  | { readonly kind: 'put' | 'gone'; readonly object: StreamedObject }
  /** Everything up to this version has been told; `endsList` when that is all there was at the beginning. */
  | { readonly kind: 'mark'; readonly version: string; readonly endsList: boolean }
  | { readonly kind: 'error'; readonly code: number; readonly because: string };

export interface StreamRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The answer must begin within this time. */
  readonly deadlineMs: number;
  /** Nothing heard for this long is the end: a connection that is open on our side only stays open for ever. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  /** Called whenever anything is heard, also of an object that is not yet complete. */
  readonly onHeard: () => void;
}

/** The stream was silent for too long. */
export class SilentWatch extends Error {}

/** The largest object that etcd takes is about 1.5 MiB; what is ten times as long is no object. */
const lineMax = 16 * 1024 * 1024;
/** As much of a refusal as is worth reading. */
const refusalMax = 64 * 1024;

/**
 * Ends when the server ends it. Stopping to read closes the connection.
 * @throws ApiException for any answer but success, SilentWatch, NotKubernetes, and what a connection throws.
 */
export async function* streamEvents(
  configuration: Configuration,
  request: StreamRequest,
): AsyncGenerator<WatchEvent> {
  const { deadlineMs, silenceMs, onHeard } = request;
  const stop = new AbortController();
  const silent = () => stop.abort(new SilentWatch('nothing was heard'));
  const signal = AbortSignal.any([stop.signal, request.signal]);
  let timer = setTimeout(silent, deadlineMs);
  try {
    const response = await open(configuration, request, signal);
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(silent, silenceMs);
      timer.unref();
      onHeard();
    };
    heard();
    for await (const line of linesOf(response, heard)) yield eventOf(line);
  } catch (error) {
    // What the connection throws when it is cut by us says nothing of why.
    if (stop.signal.aborted) throw stop.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

async function open(
  { baseServer, authMethods }: Configuration,
  { path, query }: StreamRequest,
  signal: AbortSignal,
): Promise<Response> {
  const context = baseServer.makeRequestContext(path, HttpMethod.GET);
  context.setHeaderParam('Accept', 'application/json');
  for (const [name, value] of Object.entries(query)) context.setQueryParam(name, value);
  await authMethods.default?.applySecurityAuthentication(context);
  const dispatcher = context.getDispatcher();
  const response = await fetch(context.getUrl(), {
    headers: context.getHeaders(),
    signal,
    ...(dispatcher !== undefined && { dispatcher }),
  });
  if (response.ok) return response;
  const text = (await response.text()).slice(0, refusalMax);
  const headers = Object.fromEntries(response.headers);
  throw new ApiException(response.status, 'no success', text, headers);
}

async function* linesOf(response: Response, onHeard: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    onHeard();
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineMax) throw new NotKubernetes();
    for (const line of lines) if (line !== '') yield line;
  }
  // What is left was cut off in the middle; whoever goes on from the last version is told it again.
}

const named = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    resourceVersion: z.string().min(1),
  }),
});
const bookmark = z.object({
  metadata: z.object({
    resourceVersion: z.string().min(1),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});
const failure = z.object({ code: z.number(), message: z.string().optional() });
const event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ADDED'), object: named }),
  z.object({ type: z.literal('MODIFIED'), object: named }),
  z.object({ type: z.literal('DELETED'), object: named }),
  z.object({ type: z.literal('BOOKMARK'), object: bookmark }),
  z.object({ type: z.literal('ERROR'), object: failure }),
]);

/** The objects of a list, read as those of a watch are. */
export const listPage = z.object({
  metadata: z.object({
    resourceVersion: z.string().min(1),
    continue: z.string().optional(),
  }),
  items: z.array(named),
});

function eventOf(line: string): WatchEvent {
  const read = event.safeParse(parsed(line));
  if (!read.success) throw new NotKubernetes();
  const { type, object } = read.data;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'put', object };
    case 'DELETED':
      return { kind: 'gone', object };
    case 'BOOKMARK': {
      const { resourceVersion: version, annotations } = object.metadata;
      const endsList = annotations?.['k8s.io/initial-events-end'] === 'true';
      return { kind: 'mark', version, endsList };
    }
    case 'ERROR':
      return { kind: 'error', code: object.code, because: object.message ?? 'no reason given' };
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) throw new NotKubernetes();
    throw error;
  }
}
