// TokenRequests: a service account's token for a while.

import { decodeBody, type Expected } from './bodies.ts';
import { timestamp } from './clock.ts';
import type { Json, JsonObject } from './json.ts';
import { nameOf, namespaceOf, object, uidOf } from './json.ts';
import type { Tokens } from './rbac-tokens.ts';
import type { ApiRequest } from './request.ts';
import { parseObjectBody, parseWriteQuery } from './request.ts';
import { objectMeta, typeMeta } from './resources/shapes.ts';
import * as s from './schema.ts';
import type { ClusterState } from './state.ts';
import { invalid, invalidValue } from './status.ts';

const expected: Expected = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  schema: s.struct('TokenRequest', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(
      s.struct('TokenRequestSpec', {
        audiences: s.list(s.string),
        expirationSeconds: s.pointer(s.int64),
        boundObjectRef: s.any,
      }),
    ),
  }),
};

const usualSeconds = 3600;
const secondsMin = 600;
const secondsMax = 2 ** 32;
const usualAudience = 'https://kubernetes.default.svc.cluster.local';

function secondsOf(spec: JsonObject): number {
  const seconds = Number(spec['expirationSeconds'] ?? usualSeconds);
  const refuse = (because: string) =>
    invalid({ group: expected.group, kind: expected.kind, name: '' }, [
      invalidValue('spec.expirationSeconds', seconds, because),
    ]);
  if (seconds < secondsMin) throw refuse('may not specify a duration less than 10 minutes');
  if (seconds > secondsMax) throw refuse('may not specify a duration larger than 2^32 seconds');
  return seconds;
}

/** Gives out a token for a service account. Throws 422 for a time that is too short or too long. */
export function answerTokenRequest(
  state: ClusterState,
  request: ApiRequest,
  account: JsonObject,
  tokens: Tokens,
): JsonObject {
  const query = parseWriteQuery(request, false);
  const { value } = decodeBody(parseObjectBody(request, expected.kind), expected, query);
  const spec = object(value, 'spec');
  const expirationSeconds = secondsOf(spec);
  const now = state.clock.now();
  const expiresAt = new Date(now.getTime() + expirationSeconds * 1000);
  const name = nameOf(account);
  const namespace = namespaceOf(account);
  const audiences: Json = spec['audiences'] ?? [usualAudience];
  return {
    kind: expected.kind,
    apiVersion: `${expected.group}/${expected.version}`,
    metadata: { name, namespace, uid: uidOf(account), creationTimestamp: timestamp(now) },
    spec: { audiences, expirationSeconds, boundObjectRef: spec['boundObjectRef'] ?? null },
    status: {
      token: tokens.issue({ namespace, name }, uidOf(account), expiresAt),
      expirationTimestamp: timestamp(expiresAt),
    },
  };
}
