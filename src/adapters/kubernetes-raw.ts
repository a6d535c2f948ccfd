// Reads lists of a cluster as the text they are: the client's own models of thousands of pods would hold everything else up.

import { ApiException, type Configuration, HttpMethod } from '@kubernetes/client-node';
import { z } from 'zod';
import { OperationError } from '../errors.ts';

/** Small enough that one page is parsed within some tens of milliseconds. */
const pageSize = 500;
/** More than 20,000 pods are not counted: what is not counted is not known, and that is said. */
const pagesMax = 40;

const page = z.object({
  metadata: z.object({ continue: z.string().optional() }).optional(),
  items: z.array(z.unknown()),
});

interface ListOptions<Item> {
  /** `/api/v1/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** What was being read, for errors. */
  readonly doing: string;
  readonly item: z.ZodType<Item>;
  /** Called for each request, also of a list that cannot be read to its end. */
  readonly onRequest?: () => void;
}

/**
 * Every object of a list, page by page.
 * @throws ApiException and what a connection throws; OperationError for an answer that does not fit.
 */
export async function listAll<Item>(
  configuration: Configuration,
  { path, query = {}, doing, item, onRequest }: ListOptions<Item>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let next = '';
  for (let pages = 1; pages <= pagesMax; pages += 1) {
    onRequest?.();
    const answer = await readJson(configuration, path, {
      ...query,
      limit: String(pageSize),
      ...(next !== '' && { continue: next }),
    });
    const read = page.extend({ items: z.array(item) }).safeParse(answer);
    if (!read.success) throw misfit(doing, read.error);
    items.push(...read.data.items);
    next = read.data.metadata?.continue ?? '';
    if (next === '') return items;
  }
  throw new OperationError(
    `${doing}: there are more than ${pagesMax * pageSize}, which is too many to count`,
    {
      code: 'refused',
      retryable: false,
    },
  );
}

function misfit(doing: string, error: z.ZodError): OperationError {
  const [issue] = error.issues;
  const where = issue?.path.join('.') ?? '';
  return new OperationError(
    `${doing}: an answer that does not fit at ${where}: ${issue?.message ?? ''}`,
    {
      code: 'bad-answer',
      retryable: true,
      cause: error,
    },
  );
}

/** One GET. @throws ApiException for any answer but success. */
export function readJson(
  configuration: Configuration,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  return sendJson(configuration, { method: HttpMethod.GET, path, query });
}

interface JsonRequest {
  readonly method: HttpMethod;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Only with a body: its media type. */
  readonly type?: string;
  readonly body?: unknown;
}

/** One request without the client's models. @throws ApiException for any answer but success, and what a connection throws. */
export async function sendJson(
  { baseServer, authMethods, httpApi }: Configuration,
  { method, path, query = {}, type, body }: JsonRequest,
): Promise<unknown> {
  const request = baseServer.makeRequestContext(path, method);
  request.setHeaderParam('Accept', 'application/json');
  for (const [name, value] of Object.entries(query)) request.setQueryParam(name, value);
  if (type !== undefined) {
    request.setHeaderParam('Content-Type', type);
    request.setBody(JSON.stringify(body));
  }
  await authMethods.default?.applySecurityAuthentication(request);
  const { httpStatusCode, headers, body: answer } = await httpApi.send(request).toPromise();
  const text = await answer.text();
  const success = httpStatusCode >= 200 && httpStatusCode <= 299;
  if (!success) throw new ApiException(httpStatusCode, 'no success', text, headers);
  return JSON.parse(text);
}
