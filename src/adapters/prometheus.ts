// Asks Prometheus for one number, or for one over time, and says plainly when there is none, because a made-up number would size a system.
import axios, { type AxiosResponse, isAxiosError, isCancel } from 'axios';
import { z } from 'zod';
import { OperationError, type TroubleCode } from '../errors.ts';
import type { MetricAnswer, Metrics, ReadSeries, SeriesAnswer } from '../ports.ts';

export interface PrometheusOptions {
  /** Where Prometheus answers, with its path prefix and, if it wants them, user and password. */
  readonly url: string;
  /** How long one query may take, in milliseconds. (Default: 5000.) */
  readonly deadlineMs?: number;
}

const deadlineMsDefault = 5_000;
/** Weeks of samples take longer, and nobody waits at a card for them. */
const seriesDeadlineMsDefault = 30_000;
/** One number needs some hundred bytes; a query that returns every series must not fill the memory. */
const answerBytesMax = 4 * 1024 * 1024;
/** Prometheus repeats the whole query in some errors. */
const reasonCharactersMax = 300;

const sample = z.tuple([z.number(), z.string()]);
const answerSchema = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: sample })) }),
  z.object({ resultType: z.literal('scalar'), result: sample }),
  z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ values: z.array(sample) })),
  }),
  z.object({ resultType: z.literal('string') }),
]);
const successSchema = z.object({ status: z.literal('success'), data: answerSchema });
const failureSchema = z.object({ status: z.literal('error'), error: z.string() });

type Answer = z.infer<typeof answerSchema>;

/**
 * The metrics of one Prometheus. The time of an answer is the time Prometheus evaluated it at: a value it still returns may be up to
 * its lookback (5 minutes) old.
 */
export function createMetrics(options: PrometheusOptions): Metrics {
  const { endpoint, auth } = parseAddress(options.url);
  const deadlineMs = options.deadlineMs ?? deadlineMsDefault;
  return {
    async query(promql) {
      const response = await ask(`${endpoint}/query`, {
        params: { query: promql },
        auth,
        deadlineMs,
      });
      return readAnswer(parseAnswer(response));
    },
  };
}

/** The series of one Prometheus. The deadline is 30 seconds by default. */
export function createSeriesReader(options: PrometheusOptions): ReadSeries {
  const { endpoint, auth } = parseAddress(options.url);
  const deadlineMs = options.deadlineMs ?? seriesDeadlineMsDefault;
  return async (promql, { from, to, stepMs }) => {
    const params = {
      query: promql,
      start: from.getTime() / 1000,
      end: to.getTime() / 1000,
      step: stepMs / 1000,
    };
    const response = await ask(`${endpoint}/query_range`, { params, auth, deadlineMs });
    return readSeries(parseAnswer(response));
  };
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Takes user and password out of the address, so that no error can repeat them. */
function parseAddress(address: string): { endpoint: string; auth: Credentials | undefined } {
  const url = new URL(address);
  const auth =
    url.username === ''
      ? undefined
      : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  const prefix = url.pathname.replace(/\/+$/, '');
  return { endpoint: `${url.origin}${prefix}/api/v1`, auth };
}

async function ask(
  endpoint: string,
  query: {
    readonly params: Readonly<Record<string, string | number>>;
    readonly auth: Credentials | undefined;
    readonly deadlineMs: number;
  },
): Promise<AxiosResponse<string>> {
  try {
    return await axios.get<string>(endpoint, {
      params: query.params,
      ...(query.auth === undefined ? {} : { auth: query.auth }),
      // The signal bounds the whole exchange; axios's own timeout stops counting when the headers are there.
      signal: AbortSignal.timeout(query.deadlineMs),
      headers: { accept: 'application/json' },
      responseType: 'text',
      transformResponse: (text: unknown) => text,
      maxContentLength: answerBytesMax,
      maxRedirects: 0,
      validateStatus: () => true,
    });
  } catch (error) {
    throw transportFailure(error, query.deadlineMs);
  }
}

/** Names the failure and drops the rest: axios's error carries the request with its credentials. */
function transportFailure(error: unknown, deadlineMs: number): unknown {
  if (!isAxiosError(error)) return error;
  if (isCancel(error) || error.code === 'ECONNABORTED' || error.code === 'ETIMEDOUT') {
    return trouble('timeout', `it did not answer within ${deadlineMs} ms`);
  }
  if (error.code === 'ERR_BAD_RESPONSE') {
    return trouble('bad-answer', 'its answer is too large for one number');
  }
  return trouble('unreachable', `it cannot be reached (${error.code ?? 'unknown reason'})`);
}

function parseAnswer({ status, data: body }: AxiosResponse<string>): Answer {
  const content = parseJson(body);
  const failure = failureSchema.safeParse(content);
  const reason = failure.success ? shorten(failure.data.error) : `HTTP ${status}`;
  if (status >= 500) throw trouble('unavailable', `it is not available: ${reason}`);
  if (status === 429) throw trouble('rate-limited', 'it asks to be asked less often');
  if (status === 401) throw trouble('unauthorized', 'it does not accept our credentials');
  if (status === 403) throw trouble('forbidden', 'it does not let us query');
  if (failure.success) throw trouble('refused', `it refuses the query: ${reason}`);
  const success = successSchema.safeParse(content);
  if (status !== 200 || !success.success) {
    throw trouble('bad-answer', `it does not answer like Prometheus (HTTP ${status})`);
  }
  return success.data.data;
}

function readAnswer(answer: Answer): MetricAnswer {
  if (answer.resultType === 'scalar') return readSample(answer.result);
  if (answer.resultType !== 'vector') {
    throw trouble('refused', `the query gives a ${answer.resultType}, not a number`);
  }
  const [row, ...others] = answer.result;
  if (row === undefined) return { kind: 'missing', because: 'Prometheus has no such series now' };
  if (others.length > 0) {
    return { kind: 'missing', because: `${answer.result.length} series, expected one` };
  }
  return readSample(row.value);
}

function readSeries(answer: Answer): SeriesAnswer {
  if (answer.resultType !== 'matrix') {
    throw trouble('bad-answer', 'it does not answer like Prometheus: a series was asked for');
  }
  const [row, ...others] = answer.result;
  if (row === undefined) return { kind: 'missing', because: 'Prometheus has no such series' };
  if (others.length > 0) {
    return { kind: 'missing', because: `${answer.result.length} series, expected one` };
  }
  const samples = row.values.map(([seconds, text]) => ({
    atMs: Math.round(seconds * 1000),
    value: Number(text),
  }));
  return { kind: 'samples', samples: samples.filter(({ value }) => Number.isFinite(value)) };
}

function readSample([seconds, text]: readonly [number, string]): MetricAnswer {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value)
    ? { kind: 'value', value, at: new Date(seconds * 1000) }
    : {
        kind: 'missing',
        because: `Prometheus answered ${shorten(text)}, which is no number to plan with`,
      };
}

function trouble(code: TroubleCode, what: string): OperationError {
  const retryable = ['timeout', 'unreachable', 'unavailable', 'rate-limited'].includes(code);
  return new OperationError(`asking Prometheus: ${what}`, { code, retryable });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > reasonCharactersMax ? `${line.slice(0, reasonCharactersMax - 1)}…` : line;
}
