// Admission policies in the sandbox cluster: which writes they mean, what their expressions see, and how a refusal reads.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compile } from '../../../sandbox/cluster/admission-cel.ts';
import { celValue } from '../../../sandbox/cluster/cel-language.ts';
import type { Json, JsonObject } from '../../../sandbox/cluster/json.ts';
import { object, text } from '../../../sandbox/cluster/json.ts';
import {
  adminToken,
  type Cluster,
  headroomToken,
  startCluster,
} from '../../../sandbox/cluster/server.ts';
import { clientOf } from './ask.ts';

const namespace = 'shop';
const apps = `/apis/apps/v1/namespaces/${namespace}/deployments`;
const api = `${apps}/api`;
const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';

let cluster: Cluster;
let headroom: ReturnType<typeof clientOf>;
let admin: ReturnType<typeof clientOf>;
beforeEach(async () => {
  cluster = await startCluster({ autoTick: false });
  headroom = clientOf(cluster, headroomToken);
  admin = clientOf(cluster, adminToken);
  cluster.control.seed([deployment('api')]);
});
afterEach(async () => {
  await cluster.stop();
});

function deployment(name: string, labels: JsonObject = {}): JsonObject {
  const app = { app: name };
  const containers = [{ name: 'api', image: 'shop:1', resources: { requests: { cpu: '500m' } } }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: app },
      template: { metadata: { labels: app }, spec: { containers } },
    },
  };
}

const deployments: JsonObject = {
  apiGroups: ['apps'],
  apiVersions: ['v1'],
  operations: ['*'],
  resources: ['deployments', 'deployments/scale'],
};

/** Binds a policy with these rules; parts of it and of its binding can be given. */
function bind(
  validations: readonly Json[],
  more: { readonly policy?: JsonObject; readonly binding?: JsonObject } = {},
): void {
  cluster.control.seed([
    {
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'pin' },
      spec: { matchConstraints: { resourceRules: [deployments] }, validations, ...more.policy },
    },
    {
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'pin' },
      spec: { policyName: 'pin', validationActions: ['Deny'], ...more.binding },
    },
  ]);
}

const by = "ValidatingAdmissionPolicy 'pin' with binding 'pin' denied request: ";
const refused = async (asked: Promise<{ readonly status: number; readonly body: JsonObject }>) => {
  const { status, body } = await asked;
  const message = text(body, 'message');
  return status < 400 ? `${status}` : `${status} ${message.slice(message.indexOf(by) + by.length)}`;
};
const scaleTo = (replicas: number): { readonly body: Json } => ({ body: { spec: { replicas } } });
const withImage = (image: string): { readonly body: Json; readonly type: string } => ({
  type: 'application/strategic-merge-patch+json',
  body: { spec: { template: { spec: { containers: [{ name: 'api', image }] } } } },
});

describe('a policy that pins one account to what it may write', () => {
  const pinned = [
    {
      expression:
        'object.spec.all(key, key == "replicas" || (key in oldObject.spec && object.spec[key] == oldObject.spec[key]))',
      message: 'only replicas may change',
      reason: 'Forbidden',
    },
    { expression: 'object.metadata.?labels == oldObject.metadata.?labels' },
  ];
  beforeEach(() => {
    bind(pinned, {
      policy: {
        matchConstraints: { resourceRules: [{ ...deployments, resources: ['deployments'] }] },
        matchConditions: [
          {
            name: 'headroom',
            expression:
              'request.userInfo.username == "system:serviceaccount:headroom:headroom" && request.operation == "UPDATE"',
          },
        ],
      },
    });
  });

  test('lets it scale, and nobody else is bound', async () => {
    expect(await refused(headroom('PATCH', api, scaleTo(3)))).toBe('200');
    expect(await refused(headroom('PATCH', `${api}/scale`, scaleTo(4)))).toBe('200');
    expect(await refused(admin('PATCH', api, withImage('shop:2')))).toBe('200');
  });

  test('refuses everything else, however it is written, dry runs too', async () => {
    const no = '403 only replicas may change';
    expect(await refused(headroom('PATCH', api, withImage('evil:1')))).toBe(no);
    expect(await refused(headroom('PATCH', `${api}?dryRun=All`, withImage('evil:1')))).toBe(no);
    const path = '/spec/template/spec/containers/0/image';
    const body = [{ op: 'replace', path, value: 'evil:1' }];
    const type = 'application/json-patch+json';
    expect(await refused(headroom('PATCH', api, { type, body }))).toBe(no);
    const current = cluster.control.get('Deployment', namespace, 'api') ?? {};
    object(current, 'spec')['paused'] = true;
    expect(await refused(headroom('PUT', api, { body: current }))).toBe(no);
    const apply = await refused(
      headroom('PATCH', `${api}?fieldManager=x&force=true`, {
        type: 'application/apply-patch+yaml',
        body: { apiVersion: 'apps/v1', kind: 'Deployment', spec: { minReadySeconds: 9 } },
      }),
    );
    expect(apply).toBe(no);
    const labels = { body: { metadata: { labels: { team: 'other' } } } };
    expect(await refused(headroom('PATCH', api, labels))).toBe(
      '422 failed expression: object.metadata.?labels == oldObject.metadata.?labels',
    );
    expect(
      text(cluster.control.get('Deployment', namespace, 'api'), 'metadata', 'generation'),
    ).toBe('');
    expect(
      object(cluster.control.get('Deployment', namespace, 'api'), 'metadata')['generation'],
    ).toBe(1);
  });
});

test('a deletion is judged by what was there', async () => {
  bind([
    {
      expression:
        "request.operation != 'DELETE' || (object == null && oldObject.spec.replicas == 0)",
      messageExpression: "'scale ' + oldObject.metadata.name + ' to 0 first'",
    },
  ]);
  expect(await refused(headroom('DELETE', api))).toBe('422 scale api to 0 first');
  expect((await headroom('DELETE', apps)).status).toBe(422);
  cluster.control.patch({ kind: 'Deployment', namespace, name: 'api' }, { spec: { replicas: 0 } });
  expect(await refused(headroom('DELETE', api))).toBe('200');
});

describe('an expression that fails while it runs', () => {
  const broken = [{ expression: 'object.spec.replica <= 10' }];

  test('refuses the write and says why', async () => {
    bind(broken);
    expect(await refused(headroom('PATCH', api, scaleTo(3)))).toBe(
      "422 expression 'object.spec.replica <= 10' resulted in error: no such key: replica",
    );
  });

  test('lets it pass when the policy says so', async () => {
    bind(broken, { policy: { failurePolicy: 'Ignore' } });
    expect(await refused(headroom('PATCH', api, scaleTo(3)))).toBe('200');
  });

  test('as scaling to zero does, where the Scale has no replicas', async () => {
    bind([{ expression: 'object.spec.replicas >= 0' }]);
    expect(await refused(headroom('PATCH', `${api}/scale`, scaleTo(0)))).toMatch(
      /no such key: replicas$/,
    );
  });
});

test('variables are worked out from each other, and their mistakes are named', async () => {
  bind(
    [
      {
        expression: 'variables.cpu.isLessThan(variables.most)',
        messageExpression: "'above ' + string(variables.limit)",
      },
    ],
    {
      policy: {
        variables: [
          { name: 'limit', expression: "'2'" },
          { name: 'most', expression: 'quantity(variables.limit)' },
          {
            name: 'cpu',
            expression: 'quantity(object.spec.template.spec.containers[0].resources.requests.cpu)',
          },
        ],
      },
    },
  );
  expect(await refused(headroom('PATCH', api, scaleTo(3)))).toBe('200');
  const path = '/spec/template/spec/containers/0/resources/requests';
  const type = 'application/json-patch+json';
  const more = [{ op: 'replace', path: `${path}/cpu`, value: '2500m' }];
  expect(await refused(headroom('PATCH', api, { type, body: more }))).toBe('422 above 2');
  expect(await refused(headroom('PATCH', api, { type, body: [{ op: 'remove', path }] }))).toMatch(
    /resulted in error: composited variable "cpu" fails to evaluate: no such key: requests$/,
  );
});

test('parameters come from an object, and without it the write is refused', async () => {
  bind([{ expression: 'object.spec.replicas <= int(params.data.most)' }], {
    policy: { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } },
    binding: { paramRef: { name: 'limits', namespace, parameterNotFoundAction: 'Deny' } },
  });
  expect(await refused(headroom('PATCH', api, scaleTo(3)))).toBe(
    '422 failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
  );
  cluster.control.seed([
    { kind: 'ConfigMap', metadata: { name: 'limits', namespace }, data: { most: '5' } },
  ]);
  expect(await refused(headroom('PATCH', api, scaleTo(5)))).toBe('200');
  expect(await refused(headroom('PATCH', api, scaleTo(6)))).toMatch(/^422 failed expression/);
});

describe('a policy does not mean', () => {
  const never = [{ expression: 'false' }];
  const rules = (match: JsonObject) => ({
    policy: { matchConstraints: { resourceRules: [deployments], ...match } },
  });
  test.each<[string, { readonly policy?: JsonObject; readonly binding?: JsonObject }]>([
    ['what it excludes', rules({ excludeResourceRules: [{ ...deployments, resources: ['*/*'] }] })],
    ['other objects', rules({ resourceRules: [{ ...deployments, resourceNames: ['web'] }] })],
    ['other verbs', rules({ resourceRules: [{ ...deployments, operations: ['CREATE'] }] })],
    [
      'kinds without namespace only',
      rules({ resourceRules: [{ ...deployments, scope: 'Cluster' }] }),
    ],
    ['other labels', rules({ objectSelector: { matchLabels: { pinned: 'yes' } } })],
    [
      'other namespaces',
      { binding: { matchResources: { namespaceSelector: { matchLabels: { team: 'x' } } } } },
    ],
  ])('%s', async (_title, more) => {
    bind(never, more);
    expect(await refused(headroom('PATCH', api, scaleTo(3)))).toBe('200');
  });

  test('subresources it does not name', async () => {
    bind(never, rules({ resourceRules: [{ ...deployments, resources: ['*'] }] }));
    expect(await refused(headroom('PATCH', `${api}/scale`, scaleTo(3)))).toBe('200');
    expect(await refused(headroom('PATCH', api, scaleTo(3)))).toMatch(/^422/);
  });

  test('what controllers and the hand of a test do', () => {
    bind(never);
    cluster.control.patch(
      { kind: 'Deployment', namespace, name: 'api' },
      { spec: { replicas: 4 } },
    );
    cluster.control.settle();
    expect(cluster.control.list('ReplicaSet', namespace)).toHaveLength(1);
  });
});

describe('a mistake in an expression is refused with its place', () => {
  test.each([
    ['foo > 1', "undeclared reference to 'foo' (in container '')", 0],
    ['request.user == "x"', "undefined field 'user'", 7],
    ['variables.most > 1', "undefined field 'most'", 9],
    ['1 < "a"', "found no matching overload for '_<_' applied to '(int, string)'", 2],
    ["['a', 1].size() > 1", "expected type 'string' but found 'int'", 6],
    ['params.data.x == "1"', "undeclared reference to 'params' (in container '')", 0],
  ])('%s', async (expression, because, column) => {
    const { status, body } = await admin('POST', policies, {
      body: {
        metadata: { name: 'odd' },
        spec: { matchConstraints: { resourceRules: [deployments] }, validations: [{ expression }] },
      },
    });
    expect(status).toBe(422);
    expect(text(body, 'details', 'causes', 0, 'message')).toBe(
      `Invalid value: ${JSON.stringify(expression)}: compilation failed: ERROR: <input>:1:${column + 1}: ${because}\n | ${expression}\n | ${'.'.repeat(column)}^`,
    );
  });

  test('one that does not come to true or false', async () => {
    const { body } = await admin('POST', policies, {
      body: {
        metadata: { name: 'odd' },
        spec: {
          matchConstraints: { resourceRules: [deployments] },
          validations: [{ expression: 'object.spec.paused' }],
        },
      },
    });
    expect(text(body, 'message')).toMatch(/"object.spec.paused": must evaluate to bool$/);
  });
});

test('a policy and a binding say all that is wrong with them', async () => {
  const policy = await admin('POST', policies, { body: { metadata: { name: 'odd' }, spec: {} } });
  expect(text(policy.body, 'message')).toContain('spec.matchConstraints: Required value');
  expect(text(policy.body, 'message')).toContain(
    'validations or auditAnnotations must contain at least one item',
  );
  const binding = await admin('POST', policies.replace(/policies$/, 'policybindings'), {
    body: { metadata: { name: 'odd' }, spec: { validationActions: ['Deny', 'Warn'] } },
  });
  expect(text(binding.body, 'message')).toContain('spec.policyName: Required value');
  expect(text(binding.body, 'message')).toContain('must not contain both Deny and Warn');
});

describe('the language has what the server adds to it', () => {
  test.each([
    "quantity('1Gi').isGreaterThan(quantity('500Mi')) && quantity('1').compareTo(quantity('1000m')) == 0",
    "quantity('50k').add(20) == quantity('50020') && quantity('50k').add(20).asInteger() == 50020",
    "isQuantity('1Gi') && !isQuantity('much')",
    '[1, 2, 3].sum() == 6 && [3, 1].min() == 1 && [3, 1].max() == 3 && [1, 2].isSorted()',
    "['a', 'b'].indexOf('b') == 1 && ['a'].indexOf('z') == -1",
    "'a-b-c'.replace('-', '.') == 'a.b.c' && 'a-b-c'.replace('-', '.', 1) == 'a.b-c'",
    "'abc 123'.find('[0-9]+') == '123' && '1 2 3'.findAll('[0-9]', 2) == ['1', '2']",
    "'%s has %d, %.2f'.format(['api', dyn(3), dyn(0.5)]) == 'api has 3, 0.50'",
    'object.?spec.?nothing.orValue(7) == 7 && object.?spec.?nothing == object.?other',
    'has(object.spec) && !has(object.nothing) && object.spec.list.exists_one(x, x == 2)',
    "object.spec.list.map(x, x * 2) == [2, 4] && 'list' in object.spec",
  ])('%s', (expression) => {
    const { program, mistake } = compile(expression, 'bool', { hasParams: false, variables: [] });
    expect(mistake).toBeUndefined();
    expect(program?.({ object: celValue({ spec: { list: [1, 2] } }) })).toBe(true);
  });
});
