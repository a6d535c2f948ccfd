// Answers Prometheus' HTTP API version 1 with the shapes and mistakes that a real server was recorded with.
import { parseDurationMs } from '../../src/profile/duration.ts';
import { evaluate } from './evaluate.ts';
import { instantAnswer, matrixRow } from './format.ts';
import { parsePromql } from './parser.ts';
import type { Rules } from './rules.ts';
import { type Labels, labelKey, type Point, type SeriesStore } from './series-store.ts';
import { type Expression, typeOf } from './syntax.ts';
import { QueryFailure } from './tokens.ts';

/** An answer before it is written; a text is sent as text, everything else as JSON. */
export interface Answer {
  readonly status: number;
  readonly body: string | object;
}

export interface ApiParts {
  readonly store: SeriesStore;
  readonly rules: Rules;
  readonly nowMs: () => number;
}

/** More steps than this are refused by a real server, too. */
const rangeStepsMax = 11_000;

/** Answers a call. `params` are those of the address and of a posted form together. */
export function answerCall(path: string, params: URLSearchParams, parts: ApiParts): Answer {
  try {
    return callOf(path, params, parts);
  } catch (error) {
    if (!(error instanceof QueryFailure)) throw error;
    const status = error.errorType === 'execution' ? 422 : 400;
    return { status, body: { status: 'error', errorType: error.errorType, error: error.message } };
  }
}

function callOf(path: string, params: URLSearchParams, parts: ApiParts): Answer {
  const label = /^\/api\/v1\/label\/(\w+)\/values$/.exec(path)?.[1];
  if (label !== undefined) return success(labelValues(label, params, parts));
  switch (path) {
    case '/api/v1/query':
      return success(instant(params, parts));
    case '/api/v1/query_range':
      return success(range(params, parts));
    case '/api/v1/series':
      return success(series(params, parts));
    case '/api/v1/labels':
      return success(labelNames(params, parts));
    case '/api/v1/alerts':
      return success({ alerts: parts.rules.alerts() });
    case '/api/v1/rules':
      return success({ groups: parts.rules.groups() });
    case '/-/ready':
      return { status: 200, body: 'Prometheus Server is Ready.\n' };
    case '/-/healthy':
      return { status: 200, body: 'Prometheus Server is Healthy.\n' };
    default:
      return { status: 404, body: '404 page not found\n' };
  }
}

function success(content: unknown): Answer {
  return { status: 200, body: { status: 'success', data: content } };
}

function instant(params: URLSearchParams, { store, nowMs }: ApiParts): object {
  const atMs = params.get('time') === null ? nowMs() : timeParam(params, 'time');
  if (params.get('timeout') !== null) durationParam(params, 'timeout');
  const expression = queryParam(params);
  return instantAnswer(evaluate(expression, atMs, store), atMs);
}

function range(params: URLSearchParams, { store }: ApiParts): object {
  const startMs = timeParam(params, 'start');
  const endMs = timeParam(params, 'end');
  if (endMs < startMs) throw badParam('end', 'end timestamp must not be before start time');
  const stepMs = durationParam(params, 'step');
  if (stepMs <= 0) {
    const problem =
      'zero or negative query resolution step widths are not accepted. Try a positive integer';
    throw badParam('step', problem);
  }
  if ((endMs - startMs) / stepMs > rangeStepsMax) {
    throw new QueryFailure(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  const expression = queryParam(params);
  if (typeOf(expression) === 'matrix') {
    const problem =
      'invalid expression type "range vector" for range query, must be Scalar or instant Vector';
    throw badParam('query', problem);
  }
  const found = new Map<string, { labels: Labels; points: Point[] }>();
  for (let atMs = startMs; atMs <= endMs; atMs += stepMs) {
    for (const { labels, value } of rowsAt(expression, atMs, store)) {
      const key = labelKey(labels);
      const row = found.get(key) ?? { labels, points: [] };
      row.points.push([atMs, value]);
      found.set(key, row);
    }
  }
  const result = [...found.values()].map(({ labels, points }) => matrixRow(labels, points));
  return { resultType: 'matrix', result };
}

function rowsAt(expression: Expression, atMs: number, store: SeriesStore) {
  const value = evaluate(expression, atMs, store);
  if (value.type === 'scalar') return [{ labels: {}, value: value.value }];
  return value.type === 'vector' ? value.rows : [];
}

function series(params: URLSearchParams, parts: ApiParts): readonly Labels[] {
  if (params.getAll('match[]').length === 0)
    throw new QueryFailure('no match[] parameter provided');
  return matchedLabels(params, parts);
}

function labelNames(params: URLSearchParams, parts: ApiParts): readonly string[] {
  return [...new Set(matchedLabels(params, parts).flatMap(Object.keys))].toSorted();
}

function labelValues(label: string, params: URLSearchParams, parts: ApiParts): readonly string[] {
  const values = matchedLabels(params, parts).flatMap((labels) => labels[label] ?? []);
  return [...new Set(values)].toSorted();
}

function matchedLabels(params: URLSearchParams, { store }: ApiParts): readonly Labels[] {
  const selectors = params.getAll('match[]').map((text) => {
    const expression = parse(text, 'match[]');
    if (expression.kind !== 'selector') throw badParam('match[]', 'not a series selector');
    return expression;
  });
  if (selectors.length === 0) return store.select(undefined, []).map(({ labels }) => labels);
  const found = selectors.flatMap(({ name, matchers }) => store.select(name, matchers));
  return [...new Set(found)].map(({ labels }) => labels);
}

function queryParam(params: URLSearchParams): Expression {
  return parse(params.get('query') ?? '', 'query');
}

function parse(text: string, param: string): Expression {
  try {
    return parsePromql(text);
  } catch (error) {
    throw error instanceof QueryFailure ? badParam(param, error.message) : error;
  }
}

/** Unix seconds with a fraction, or RFC 3339. */
function timeParam(params: URLSearchParams, name: string): number {
  const text = params.get(name) ?? '';
  const seconds = text.trim() === '' ? Number.NaN : Number(text);
  const ms = Number.isFinite(seconds) ? Math.round(seconds * 1000) : Date.parse(text);
  if (Number.isNaN(ms)) throw badParam(name, `cannot parse "${text}" to a valid timestamp`);
  return ms;
}

/** Seconds with a fraction, or a duration such as `1m30s`. */
function durationParam(params: URLSearchParams, name: string): number {
  const text = params.get(name) ?? '';
  const seconds = text.trim() === '' ? Number.NaN : Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : parseDurationMs(text);
  if (ms === undefined) throw badParam(name, `cannot parse "${text}" to a valid duration`);
  return ms;
}

function badParam(name: string, problem: string): QueryFailure {
  return new QueryFailure(`invalid parameter "${name}": ${problem}`);
}
