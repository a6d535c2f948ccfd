// Access reviews: a caller asks what it may do.

import type { Prohibition } from './auth.ts';
import { isAllowed } from './auth.ts';
import type { JsonObject } from './json.ts';
import { text } from './json.ts';

const accessPath = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const subjectPath = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

/** True for the paths this file answers. */
export const isReview = (path: string): boolean => path === accessPath || path === subjectPath;

/** The answer to a review. */
export function answerReview(
  path: string,
  user: string,
  body: JsonObject,
  prohibitions: readonly Prohibition[],
): JsonObject {
  if (path === subjectPath) {
    return {
      kind: 'SelfSubjectReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: {},
      status: { userInfo: { username: user, groups: ['system:authenticated'] } },
    };
  }
  const asked = (key: string) => text(body, 'spec', 'resourceAttributes', key);
  const allowed = isAllowed(
    {
      user,
      verb: asked('verb'),
      group: asked('group'),
      resource: asked('resource'),
      subresource: asked('subresource'),
      namespace: asked('namespace'),
      name: asked('name'),
    },
    prohibitions,
  );
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: body['spec'] ?? {},
    status: allowed ? { allowed, reason: 'allowed by the sandbox' } : { allowed },
  };
}
