// Rights in the sandbox cluster: a service account may do what its roles say and nothing else, whatever it asks for.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../sandbox/cluster/json.ts';
import { object, text } from '../../../sandbox/cluster/json.ts';
import {
  adminToken,
  type Cluster,
  headroomToken,
  startCluster,
} from '../../../sandbox/cluster/server.ts';
import { clientOf } from './ask.ts';
import { HandClock } from './hand-clock.ts';

const namespace = 'shop';
const apps = `/apis/apps/v1/namespaces/${namespace}/deployments`;
const group = 'rbac.authorization.k8s.io';
const rbac = `/apis/${group}/v1`;
const account = { kind: 'ServiceAccount', name: 'scaler', namespace };

let clock: HandClock;
let cluster: Cluster;
let admin: ReturnType<typeof clientOf>;
beforeEach(async () => {
  clock = new HandClock();
  cluster = await startCluster({ autoTick: false, clock });
  admin = clientOf(cluster, adminToken);
  const labels = { app: 'api' };
  cluster.control.seed(
    ['api', 'web'].map((name) => ({
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'api', image: 'shop:1' }] },
        },
      },
    })),
  );
});
afterEach(async () => {
  await cluster.stop();
});

const rule = (verbs: string[], resources: string[], more: JsonObject = {}): JsonObject => ({
  verbs,
  apiGroups: ['apps'],
  resources,
  ...more,
});

/** Gives the account a role of the namespace. */
function give(rules: readonly JsonObject[], name = 'scaler'): void {
  const roleRef = { apiGroup: group, kind: 'Role', name };
  cluster.control.seed([
    { kind: 'Role', metadata: { name, namespace }, rules },
    { kind: 'RoleBinding', metadata: { name, namespace }, subjects: [account], roleRef },
  ]);
}

/** Gives the account a role of the whole cluster. */
function giveEverywhere(rules: readonly JsonObject[]): void {
  const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'scaler' };
  cluster.control.seed([
    { kind: 'ClusterRole', metadata: { name: 'scaler' }, rules },
    { kind: 'ClusterRoleBinding', metadata: { name: 'scaler' }, subjects: [account], roleRef },
  ]);
}

const scaler = () => clientOf(cluster, cluster.control.accountToken(namespace, 'scaler'));
const messageOf = (body: JsonObject) => text(body, 'message');

describe('a service account', () => {
  test('may do nothing to objects before it has a role, but may ask what it may', async () => {
    const ask = scaler();
    expect((await ask('GET', apps)).status).toBe(403);
    expect((await ask('GET', '/version')).status).toBe(200);
    expect((await ask('GET', '/apis')).status).toBe(200);
    expect((await ask('GET', '/metrics')).body['message']).toBe(
      'forbidden: User "system:serviceaccount:shop:scaler" cannot get path "/metrics"',
    );
    const review = await ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      body: { spec: { nonResourceAttributes: { path: '/apis/apps', verb: 'get' } } },
    });
    expect(object(review.body, 'status')).toEqual({
      allowed: true,
      reason:
        'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
    });
  });

  test('is refused before it is said whether the kind or the object is there', async () => {
    const { status, body } = await scaler()(
      'GET',
      '/apis/shops.example.com/v1/namespaces/x/carts/y',
    );
    expect(status).toBe(403);
    expect(messageOf(body)).toContain(
      'cannot get resource "carts" in API group "shops.example.com" in the namespace "x"',
    );
  });

  test('with a role for names may only list by that name', async () => {
    give([rule(['get', 'list', 'watch', 'patch'], ['deployments'], { resourceNames: ['api'] })]);
    const ask = scaler();
    expect((await ask('GET', `${apps}/api`)).status).toBe(200);
    expect((await ask('GET', `${apps}/web`)).status).toBe(403);
    expect((await ask('GET', apps)).status).toBe(403);
    expect((await ask('GET', `${apps}?fieldSelector=metadata.name%3Dapi`)).status).toBe(200);
    expect((await ask('GET', `${apps}?fieldSelector=metadata.name%3Dweb`)).status).toBe(403);
    expect((await ask('PATCH', `${apps}/api`, { body: {} })).status).toBe(200);
    expect((await ask('PATCH', `${apps}/api/scale`, { body: {} })).status).toBe(403);
  });

  test('may use a subresource of every kind when the rule says so', async () => {
    giveEverywhere([rule(['get'], ['*/scale'])]);
    const ask = scaler();
    expect((await ask('GET', `${apps}/api/scale`)).status).toBe(200);
    expect((await ask('GET', `${apps}/api`)).status).toBe(403);
  });

  test('bound to a cluster role inside one namespace has it only there', async () => {
    const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'reader' };
    cluster.control.seed([
      { kind: 'ClusterRole', metadata: { name: 'reader' }, rules: [rule(['list'], ['*'])] },
      {
        kind: 'RoleBinding',
        metadata: { name: 'reader', namespace },
        subjects: [account],
        roleRef,
      },
    ]);
    const ask = scaler();
    expect((await ask('GET', apps)).status).toBe(200);
    expect((await ask('GET', '/apis/apps/v1/deployments')).status).toBe(403);
    expect((await ask('GET', '/apis/apps/v1/namespaces/default/deployments')).status).toBe(403);
  });

  test('is told which role of its binding is missing', async () => {
    give([rule(['list'], ['deployments'])]);
    cluster.control.remove('Role', namespace, 'scaler');
    const { body } = await scaler()('GET', apps);
    expect(messageOf(body)).toMatch(
      /in the namespace "shop": RBAC: role\.rbac\.authorization\.k8s\.io "scaler" not found$/,
    );
  });

  test('loses its token when the time it was given for is over', async () => {
    give([rule(['list'], ['deployments'])]);
    scaler();
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/scaler/token`;
    const { body } = await admin('POST', path, { body: { spec: { expirationSeconds: 900 } } });
    const ask = clientOf(cluster, text(body, 'status', 'token'));
    clock.advance(899_000);
    expect((await ask('GET', apps)).status).toBe(200);
    clock.advance(1000);
    expect((await ask('GET', apps)).status).toBe(401);
  });

  test('does not get an old token back by being made again', async () => {
    const ask = scaler();
    cluster.control.remove('ServiceAccount', namespace, 'scaler');
    const again = scaler();
    expect((await ask('GET', '/version')).status).toBe(401);
    expect((await again('GET', '/version')).status).toBe(200);
  });
});

describe('Headroom', () => {
  test('may do everything until a test limits it, and then only what its roles say', async () => {
    const ask = clientOf(cluster, headroomToken);
    expect((await ask('GET', apps)).status).toBe(200);
    cluster.control.limitHeadroom();
    expect((await ask('GET', apps)).status).toBe(403);
    cluster.control.reset();
    expect((await ask('GET', '/apis/apps/v1/deployments')).status).toBe(200);
  });
});

describe('nobody gives away rights they do not hold', () => {
  const manage = {
    verbs: ['create', 'update', 'patch', 'get'],
    apiGroups: [group],
    resources: ['roles', 'rolebindings', 'clusterroles'],
  };
  const more = (rules: readonly JsonObject[]) => ({ body: { metadata: { name: 'more' }, rules } });
  const roles = `${rbac}/namespaces/${namespace}/roles`;
  const bindings = `${rbac}/namespaces/${namespace}/rolebindings`;

  test('but what they hold, they may give', async () => {
    give([manage, rule(['get', 'patch'], ['deployments/scale'], { resourceNames: ['api'] })]);
    const ask = scaler();
    const narrow = rule(['patch'], ['deployments/scale'], { resourceNames: ['api'] });
    expect((await ask('POST', roles, more([narrow]))).status).toBe(201);
    const wide = await ask('PATCH', `${roles}/more`, {
      body: { rules: [narrow, rule(['get', 'patch', 'list'], ['deployments/scale'])] },
    });
    expect(wide.status).toBe(403);
    expect(messageOf(wide.body)).toContain(
      'is attempting to grant RBAC permissions not currently held:\n{APIGroups:["apps"], Resources:["deployments/scale"], Verbs:["get" "patch" "list"]}',
    );
    const dryRun = await ask('POST', `${roles}?dryRun=All`, more([rule(['*'], ['*'])]));
    expect(dryRun.status).toBe(403);
  });

  test('not even to themselves through a binding', async () => {
    give([manage]);
    const bind = (name: string) => ({
      body: {
        metadata: { name },
        subjects: [account],
        roleRef: { apiGroup: group, kind: 'ClusterRole', name },
      },
    });
    const ask = scaler();
    const all = await ask('POST', bindings, bind('cluster-admin'));
    expect(all.status).toBe(403);
    expect(messageOf(all.body)).toContain(
      '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}',
    );
    expect((await ask('POST', bindings, bind('nobody-made-this'))).status).toBe(404);
    const verb = { verbs: ['bind'], apiGroups: [group], resources: ['clusterroles'] };
    give([{ ...verb, resourceNames: ['cluster-admin'] }], 'binder');
    expect((await ask('POST', bindings, bind('cluster-admin'))).status).toBe(201);
  });

  test('unless they may escalate', async () => {
    give([manage, { verbs: ['escalate'], apiGroups: [group], resources: ['roles'] }]);
    expect((await scaler()('POST', roles, more([rule(['*'], ['*'])]))).status).toBe(201);
  });
});

test('acting as somebody else needs the right to it, for the user and for each group', async () => {
  const self = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const as = { 'impersonate-user': 'jane', 'impersonate-group': 'admins' };
  const ask = scaler();
  const refused = await ask('POST', self, { body: {}, headers: as });
  expect(messageOf(refused.body)).toBe(
    'users "jane" is forbidden: User "system:serviceaccount:shop:scaler" cannot impersonate resource "users" in API group "" at the cluster scope',
  );
  giveEverywhere([
    {
      verbs: ['impersonate'],
      apiGroups: [''],
      resources: ['users', 'groups'],
      resourceNames: ['jane', 'admins'],
    },
  ]);
  const { body } = await ask('POST', self, { body: {}, headers: as });
  expect(object(body, 'status', 'userInfo')).toEqual({
    username: 'jane',
    groups: ['admins', 'system:authenticated'],
  });
  const other = { ...as, 'impersonate-group': 'system:masters' };
  expect((await ask('POST', self, { body: {}, headers: other })).status).toBe(403);
});

test.each([
  [
    'a rule without verbs',
    { rules: [{ apiGroups: [''], resources: ['pods'] }] },
    'rules[0].verbs: Required value: verbs must contain at least one value',
  ],
  [
    'a rule without groups',
    { rules: [{ verbs: ['get'], resources: ['pods'] }] },
    'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
  ],
  [
    'paths in a namespace',
    { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] },
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
  ],
])('a role with %s is refused', async (_title, role, because) => {
  const path = `${rbac}/namespaces/${namespace}/roles`;
  const { status, body } = await admin('POST', path, {
    body: { metadata: { name: 'odd' }, ...role },
  });
  expect(status).toBe(422);
  expect(messageOf(body)).toBe(`Role.rbac.authorization.k8s.io "odd" is invalid: ${because}`);
});

test('a secret takes texts, keeps them in base64 and refuses what is not base64', async () => {
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  const made = await admin('POST', path, {
    body: { metadata: { name: 'db' }, stringData: { user: 'app' }, data: { password: 'cHc=' } },
  });
  expect(object(made.body, 'data')).toEqual({ password: 'cHc=', user: 'YXBw' });
  const broken = await admin('POST', path, {
    body: { metadata: { name: 'x' }, data: { a: 'no base64' } },
  });
  expect(broken.status).toBe(400);
  expect(messageOf(broken.body)).toContain('illegal base64 data at input byte');
  const other = await admin('PATCH', `${path}/db`, { body: { type: 'example.com/other' } });
  expect(messageOf(other.body)).toContain(
    'type: Invalid value: "example.com/other": field is immutable',
  );
});
