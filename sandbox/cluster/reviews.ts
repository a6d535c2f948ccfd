// Reviews: who am I, may I, and what may I at all.

import type { Access, Caller } from './auth.ts';
import { decodeBody, type Expected } from './bodies.ts';
import { timestamp } from './clock.ts';
import type { Json, JsonObject } from './json.ts';
import { isObject, list, object, show, text } from './json.ts';
import type { Authorizer } from './rbac.ts';
import type { ApiRequest } from './request.ts';
import { parseObjectBody, parseWriteQuery } from './request.ts';
import { objectMeta, typeMeta } from './resources/shapes.ts';
import * as s from './schema.ts';
import type { ClusterState } from './state.ts';
import { badRequest, invalid, invalidValue, methodNotAllowed } from './status.ts';

const resourceAttributes = s.struct('ResourceAttributes', {
  namespace: s.string,
  verb: s.string,
  group: s.string,
  version: s.string,
  resource: s.string,
  subresource: s.string,
  name: s.string,
  fieldSelector: s.any,
  labelSelector: s.any,
});
const nonResourceAttributes = s.struct('NonResourceAttributes', { path: s.string, verb: s.string });
const selfSpec = { resourceAttributes, nonResourceAttributes };
const subjectSpec = {
  ...selfSpec,
  user: s.string,
  groups: s.list(s.string),
  extra: s.any,
  uid: s.string,
};

function expected(group: string, kind: string, spec: Readonly<Record<string, s.Schema>>): Expected {
  const fields = {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(s.struct(`${kind}Spec`, spec)),
  };
  return { group, version: 'v1', kind, schema: s.struct(kind, fields) };
}

/** What answering a review needs. */
interface Asked {
  readonly state: ClusterState;
  readonly caller: Caller;
  readonly authorizer: Authorizer;
  readonly spec: JsonObject;
  readonly kind: Expected;
}

interface Review {
  readonly expected: Expected;
  readonly answer: (asked: Asked) => JsonObject;
}

function whoAmI({ caller, state }: Asked): JsonObject {
  const { name, uid, groups, extra } = caller;
  const userInfo = {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups: [...groups],
    ...(extra === undefined
      ? {}
      : {
          extra: Object.fromEntries(
            Object.entries(extra).map(([key, values]) => [key, [...values]]),
          ),
        }),
  };
  return {
    metadata: { creationTimestamp: timestamp(state.clock.now()) },
    status: { userInfo },
  };
}

function accessAsked(caller: Caller, spec: JsonObject): Access {
  const about = spec['resourceAttributes'];
  const asked = (key: string) => text(about, key);
  if (!isObject(about)) {
    const nothing = { group: '', resource: '', subresource: '', namespace: '', name: '' };
    const path = text(spec, 'nonResourceAttributes', 'path');
    return { caller, ...nothing, verb: text(spec, 'nonResourceAttributes', 'verb'), path };
  }
  return {
    caller,
    verb: asked('verb'),
    group: asked('group'),
    resource: asked('resource'),
    subresource: asked('subresource'),
    namespace: asked('namespace'),
    name: asked('name'),
  };
}

function answerAccess({ caller, authorizer, spec, kind }: Asked): JsonObject {
  const count = ['resourceAttributes', 'nonResourceAttributes'].filter((key) =>
    isObject(spec[key]),
  );
  if (count.length !== 1) {
    const because =
      count.length === 0
        ? 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
        : 'cannot be specified in combination with resourceAttributes';
    const field = count.length === 0 ? 'resourceAttributes' : 'nonResourceAttributes';
    const value: Json = spec['nonResourceAttributes'] ?? null;
    throw invalid({ group: kind.group, kind: kind.kind, name: '' }, [
      invalidValue(`spec.${field}`, value, because),
    ]);
  }
  const { allowed, reason } = authorizer.decide(accessAsked(caller, spec));
  return {
    metadata: {},
    spec,
    status: { allowed, ...(reason === '' ? {} : { reason }) },
  };
}

function answerForSomebody(asked: Asked): JsonObject {
  const { spec } = asked;
  const name = text(spec, 'user');
  const groups = list(spec, 'groups').map(show);
  if (name === '' && groups.length === 0) {
    throw invalid({ group: asked.kind.group, kind: asked.kind.kind, name: '' }, [
      invalidValue('spec.user', name, 'at least one of user or group must be specified'),
    ]);
  }
  return answerAccess({ ...asked, caller: { name, groups } });
}

function answerRules({ caller, authorizer, spec }: Asked): JsonObject {
  const namespace = text(spec, 'namespace');
  if (namespace === '') throw badRequest('no namespace on request');
  const { rules, problems } = authorizer.rightsOf(caller, namespace);
  return {
    metadata: {},
    spec: {},
    status: {
      resourceRules: rules.filter((rule) => list(rule, 'resources').length > 0),
      nonResourceRules: rules.filter((rule) => list(rule, 'nonResourceURLs').length > 0),
      incomplete: problems.length > 0,
      ...(problems.length > 0 ? { evaluationError: problems.join(', ') } : {}),
    },
  };
}

const authorization = 'authorization.k8s.io';
const authentication = 'authentication.k8s.io';

/** The reviews served, by group and plural. */
const reviews: Readonly<Record<string, Review>> = {
  [`${authentication}/selfsubjectreviews`]: {
    expected: expected(authentication, 'SelfSubjectReview', {}),
    answer: whoAmI,
  },
  [`${authorization}/selfsubjectaccessreviews`]: {
    expected: expected(authorization, 'SelfSubjectAccessReview', selfSpec),
    answer: answerAccess,
  },
  [`${authorization}/selfsubjectrulesreviews`]: {
    expected: expected(authorization, 'SelfSubjectRulesReview', { namespace: s.string }),
    answer: answerRules,
  },
  [`${authorization}/subjectaccessreviews`]: {
    expected: expected(authorization, 'SubjectAccessReview', subjectSpec),
    answer: answerForSomebody,
  },
  [`${authorization}/localsubjectaccessreviews`]: {
    expected: expected(authorization, 'LocalSubjectAccessReview', subjectSpec),
    answer: answerForSomebody,
  },
};

const reviewPath = /^\/apis\/([a-z.0-9]+)\/v1\/(?:namespaces\/([^/]+)\/)?([a-z]*reviews)$/;

/** The review at a path; undefined for other paths. */
function reviewAt(path: string): Review | undefined {
  const [, group = '', namespace, plural = ''] = reviewPath.exec(path) ?? [];
  const isLocal = plural.startsWith('local');
  return isLocal === (namespace !== undefined) ? reviews[`${group}/${plural}`] : undefined;
}

/** The answer to a review; undefined for requests that are none. Throws 405 for anything but POST. */
export function answerReview(
  state: ClusterState,
  request: ApiRequest,
  authorizer: Authorizer,
): JsonObject | undefined {
  const review = reviewAt(request.path);
  if (review === undefined) return undefined;
  if (request.method !== 'POST') throw methodNotAllowed();
  const kind = review.expected;
  const query = parseWriteQuery(request, false);
  const { value } = decodeBody(parseObjectBody(request, kind.kind), kind, query);
  const { caller } = request;
  const spec = object(value, 'spec');
  return {
    kind: kind.kind,
    apiVersion: `${kind.group}/${kind.version}`,
    ...review.answer({ state, caller, authorizer, spec, kind }),
  };
}
