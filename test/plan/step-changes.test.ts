// What each kind of step writes, body for body, what it leaves alone, and why it refuses.

import { describe, expect, it } from 'vitest';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { objectsOfStep } from '../../src/plan/procedure-facts.ts';
import { type ClusterStep, changesForStep, objectOfStep } from '../../src/plan/step-changes.ts';
import type { StepFacts } from '../../src/plan/step-facts.ts';
import {
  componentOf,
  makeClusterState,
  makeDatabasePlace,
  makeProfile,
  makeSystem,
  makeWorkload,
  makeWorkloadState,
} from '../make.ts';
import {
  makeStepFacts,
  seen,
  seenAutoscaler,
  seenWorker,
  target,
  withAutoscaler,
} from './step-facts.ts';

const container = '/spec/template/spec/containers/1';
const own = { path: `${container}/name`, value: 'worker' };

/** Each request as "kind name: op path value", or why there is none. */
function written(step: ClusterStep, facts: StepFacts = makeStepFacts()): readonly string[] {
  const result = changesForStep(step, facts);
  if (result.kind !== 'changes') return [`${result.kind}: ${result.because}`];
  return result.changes.flatMap((change) => {
    const write = clusterWrite(change, 'v');
    const { kind, name } = write.object;
    if (write.how === 'remove') return ['a plan removes nothing'];
    if (write.how === 'apply') {
      const { apiVersion: _, kind: __, metadata: ___, ...fields } = write.body;
      return [`create ${kind} ${name} ${JSON.stringify(fields)}`];
    }
    const operations = write.patch.map((operation) => {
      const value = 'value' in operation ? ` ${JSON.stringify(operation.value)}` : '';
      return `${operation.op} ${operation.path}${value}`;
    });
    return [`patch ${kind} ${name}${write.subresource ? '/scale' : ''}`, ...operations];
  });
}

const test = ({ path, value }: { path: string; value: unknown }) =>
  `test ${path} ${JSON.stringify(value)}`;

describe('a count of pods', () => {
  const scale = (replicas: number, floor = true): ClusterStep => ({
    kind: 'scale',
    target,
    replicas,
    floor,
  });

  it('is written to the workload, and a floor that is reached is nothing', () => {
    expect(written(scale(8))).toEqual([
      'patch Deployment worker/scale',
      'test /spec/replicas 5',
      'add /spec/replicas 8',
    ]);
    expect(written(scale(4))).toEqual(['none: worker has 5 replicas already']);
    expect(written(scale(2, false))).toContain('add /spec/replicas 2');
  });

  it('is written to the autoscaler that owns it, its maximum in the same patch', () => {
    const facts = withAutoscaler(makeStepFacts());
    expect(written(scale(8), facts)).toEqual([
      'patch HorizontalPodAutoscaler worker-hpa',
      'test /spec/minReplicas 4',
      'replace /spec/minReplicas 8',
    ]);
    expect(written(scale(24), facts)).toEqual([
      'patch HorizontalPodAutoscaler worker-hpa',
      'test /spec/minReplicas 4',
      'replace /spec/minReplicas 24',
      'test /spec/maxReplicas 20',
      'replace /spec/maxReplicas 24',
    ]);
    expect(written(scale(3), facts)).toEqual([
      expect.stringMatching(/^none: autoscaler worker-hpa already keeps 4 to 20 replicas/),
    ]);
    expect(written(scale(3, false), facts)).toContain('replace /spec/minReplicas 3');
  });

  it('that is fewer than there are is no reason for a higher minimum, which would keep them', () => {
    const { state, ...facts } = withAutoscaler(makeStepFacts());
    const workload = makeWorkloadState({ replicas: 9 });
    expect(written(scale(6, false), { ...facts, state: { ...state, workload } })).toEqual([
      expect.stringMatching(/already keeps 4 to 20 replicas, and decides itself within that/),
    ]);
  });

  it('of none is written to the workload, which its autoscaler then leaves alone, and back', () => {
    const facts = withAutoscaler(makeStepFacts());
    expect(written(scale(0, false), facts)).toContain('add /spec/replicas 0');
    const { workload } = facts.state;
    if (workload === undefined) throw new Error('there is a workload');
    const asleep = { ...facts, state: { ...facts.state, workload: { ...workload, replicas: 0 } } };
    expect(written(scale(12), asleep)).toEqual([
      'patch HorizontalPodAutoscaler worker-hpa',
      'test /spec/minReplicas 4',
      'replace /spec/minReplicas 12',
      'patch Deployment worker/scale',
      'test /metadata/resourceVersion "v"',
      'add /spec/replicas 12',
    ]);
  });

  it('of a StatefulSet is refused unless its profile says that replicas join', () => {
    const workload = makeWorkload({ kind: 'StatefulSet' });
    const facts = makeStepFacts([], { workload });
    expect(written(scale(8), facts)).toEqual([
      expect.stringMatching(/^refused: .*may be a second, empty primary/),
    ]);
    expect(written(scale(8), { ...facts, mayScaleStatefulSet: true })).toContain(
      'add /spec/replicas 8',
    );
  });

  it('of a workload that is not there is refused', () => {
    const facts = makeStepFacts([], { state: makeClusterState({ workload: undefined }) });
    expect(written(scale(8), facts)).toEqual([
      expect.stringMatching(/^refused: there is no Deployment/),
    ]);
  });
});

describe('the size of pods', () => {
  const pods = (over: object): ClusterStep => ({ kind: 'pods', target, ...over });
  const resources = { requests: { cpu: '1', memory: '2Gi' } };

  it('is one patch of requests and stated limits, a map that is not there written whole', () => {
    const facts = makeStepFacts([seenWorker({ resources })]);
    const step = pods({
      cpuRequestMillicores: 2000,
      memoryRequestMi: 4096,
      cpuLimitMillicores: 4000,
      memoryLimitMi: 8192,
    });
    expect(written(step, facts)).toEqual([
      'patch Deployment worker',
      test(own),
      `test ${container}/resources/requests/cpu "1"`,
      `test ${container}/resources/requests/memory "2Gi"`,
      `test ${container}/resources/limits null`,
      `replace ${container}/resources/requests/cpu "2"`,
      `replace ${container}/resources/requests/memory "4Gi"`,
      `add ${container}/resources/limits {"cpu":"4","memory":"8Gi"}`,
    ]);
  });

  it('asks for other resources in requests and limits alike', () => {
    const limits = { cpu: '2', 'nvidia.com/gpu': '1' };
    const facts = makeStepFacts([seenWorker({ resources: { ...resources, limits } })]);
    expect(written(pods({ extended: { 'nvidia.com/gpu': 2 } }), facts)).toEqual([
      'patch Deployment worker',
      test(own),
      `test ${container}/resources/requests/nvidia.com~1gpu null`,
      `test ${container}/resources/limits/nvidia.com~1gpu "1"`,
      `add ${container}/resources/requests/nvidia.com~1gpu "2"`,
      `replace ${container}/resources/limits/nvidia.com~1gpu "2"`,
    ]);
  });

  it('moves what its autoscaler counts a pod: before the pods where it falls, after them where it rises', () => {
    const counted = { metric: { name: 'meters' }, target: { averageValue: '150' } };
    const facts = withAutoscaler(
      makeStepFacts([seenWorker({ resources })]),
      seenAutoscaler({ metrics: [{ type: 'Pods', pods: counted }] }),
    );
    const aim = '/spec/metrics/0/pods/target/averageValue';
    const rises = written(pods({ cpuRequestMillicores: 2000, averages: { meters: 214 } }), facts);
    expect(rises.slice(-4)).toEqual([
      'patch HorizontalPodAutoscaler worker-hpa',
      'test /spec/metrics/0/pods/metric/name "meters"',
      `test ${aim} "150"`,
      `replace ${aim} "214"`,
    ]);
    const falls = written(pods({ cpuRequestMillicores: 2000, averages: { meters: 100 } }), facts);
    expect(falls[0]).toBe('patch HorizontalPodAutoscaler worker-hpa');
    expect(written(pods({ cpuRequestMillicores: 1000, averages: { meters: 150 } }), facts)).toEqual(
      [expect.stringMatching(/^none: /)],
    );
  });

  it('that is there already is nothing, and a limit below the request is refused', () => {
    const facts = makeStepFacts([seenWorker({ resources })]);
    expect(written(pods({ cpuRequestMillicores: 1000 }), facts)).toEqual([
      expect.stringMatching(/^none: worker already has these requests/),
    ]);
    expect(written(pods({ cpuLimitMillicores: 500 }), facts)).toEqual([
      'refused: the cpu limit would be below what each pod of worker requests',
    ]);
  });
});

describe('the environment', () => {
  const env = (set: Record<string, string>, graceSeconds?: number): ClusterStep => ({
    kind: 'env',
    target,
    set,
    ...(graceSeconds !== undefined && { terminationGracePeriodSeconds: graceSeconds }),
  });
  const worker = (variables: readonly object[]) => makeStepFacts([seenWorker({ env: variables })]);

  it('replaces a variable where its name still stands, and appends another', () => {
    const facts = worker([
      { name: 'MODE', value: 'single' },
      { name: 'HOST', value: 'db' },
    ]);
    expect(written(env({ HOST: 'pgbouncer', PORT: '5432' }, 300), facts)).toEqual([
      'patch Deployment worker',
      test(own),
      `test ${container}/env/1/name "HOST"`,
      `test ${container}/env/1/value "db"`,
      'test /spec/template/spec/terminationGracePeriodSeconds null',
      `replace ${container}/env/1/value "pgbouncer"`,
      `add ${container}/env/- {"name":"PORT","value":"5432"}`,
      `test ${container}/env/2 {"name":"PORT","value":"5432"}`,
      'add /spec/template/spec/terminationGracePeriodSeconds 300',
    ]);
  });

  it('that is not there is written whole', () => {
    expect(written(env({ A: '1', B: '2' }))).toEqual([
      'patch Deployment worker',
      test(own),
      `test ${container}/env null`,
      `add ${container}/env [{"name":"A","value":"1"},{"name":"B","value":"2"}]`,
    ]);
  });

  it('is compared as text: 0.80 is not 0.8, and 1k not 1000', () => {
    const facts = worker([
      { name: 'RATIO', value: '0.80' },
      { name: 'MAX', value: '1000' },
    ]);
    expect(written(env({ RATIO: '0.8', MAX: '1k' }), facts)).toHaveLength(8);
    expect(written(env({ RATIO: '0.80', MAX: '1000' }), facts)).toEqual([
      'none: worker has these variables already',
    ]);
  });

  it('takes a value away where an empty one is wanted, which no server keeps', () => {
    const facts = worker([{ name: 'HOST', value: 'db' }]);
    expect(written(env({ HOST: '' }), facts).at(-1)).toBe(`remove ${container}/env/0/value`);
  });

  it('replaces a variable from elsewhere as a whole', () => {
    const valueFrom = { configMapKeyRef: { name: 'app', key: 'host' } };
    const facts = worker([{ name: 'HOST', valueFrom }]);
    expect(written(env({ HOST: 'pgbouncer' }), facts).slice(2)).toEqual([
      `test ${container}/env/0/name "HOST"`,
      `test ${container}/env/0 ${JSON.stringify({ name: 'HOST', valueFrom })}`,
      `replace ${container}/env/0 {"name":"HOST","value":"pgbouncer"}`,
    ]);
  });

  // biome-ignore format: a table
  it.each([
    ['a URL with a password', [{ name: 'DB_URL', value: 'postgresql://app:hunter2@db/app' }], { DB_URL: 'postgresql://pgbouncer/app' }],
    ['a password by its name', [{ name: 'DB_PASSWORD', value: 'hunter2' }], { DB_PASSWORD: 'x' }],
    ['a token by its name', [{ name: 'apiToken', value: 'hunter2' }], { apiToken: 'x' }],
    ['one that comes from a Secret', [{ name: 'DB', valueFrom: { secretKeyRef: { name: 'hunter2', key: 'k' } } }], { DB: 'x' }],
    ['one that is wanted', [], { DB_URL: 'postgresql://app:hunter2@db/app' }],
  ])('refuses %s, and does not say it', (_, variables, set) => {
    const [answer] = written(env(set), worker(variables));
    expect(answer).toMatch(/^refused: .*Secret/);
    expect(answer).not.toContain('hunter2');
  });

  it('has no part in what other variables hold', () => {
    const facts = worker([{ name: 'DB_PASSWORD', value: 'hunter2' }]);
    expect(written(env({ MODE: 'x' }), facts).join()).not.toContain('hunter2');
  });

  it('of a paused workload, a StatefulSet or another container is refused', () => {
    const paused = makeStepFacts([seenWorker({}, { spec: { paused: true } })]);
    expect(written(env({ A: '1' }), paused)).toEqual([expect.stringContaining('is paused')]);
    expect(written(env({ A: '1' }), makeStepFacts([], { container: 'main' }))).toEqual([
      'refused: Deployment worker has no container main, but proxy, worker',
    ]);
  });
});

describe('a restart', () => {
  const restart: ClusterStep = { kind: 'restart', target };
  const annotations = '/spec/template/metadata/annotations';

  it('writes the annotation that kubectl writes, whether or not there are others', () => {
    const at = '"2026-11-22T03:12:00.000Z"';
    expect(written(restart)).toEqual([
      'patch Deployment worker',
      `test ${annotations} null`,
      `add ${annotations} {"kubectl.kubernetes.io/restartedAt":${at}}`,
    ]);
    const noted = seenWorker({}, { template: { metadata: { annotations: { a: 'b' } } } });
    expect(written(restart, makeStepFacts([noted]))).toEqual([
      'patch Deployment worker',
      `test ${annotations}/kubectl.kubernetes.io~1restartedAt null`,
      `add ${annotations}/kubectl.kubernetes.io~1restartedAt ${at}`,
    ]);
  });
});

describe('a ConfigMap', () => {
  const step: ClusterStep = {
    kind: 'config',
    target,
    configMap: 'app',
    set: { POOL: '20', 'redis.conf': 'maxmemory 4gb\n' },
  };
  const data = { POOL: '20', 'redis.conf': 'maxmemory 4gb\n' };

  it('that is not there is made', () => {
    expect(written(step)).toEqual([`create ConfigMap app ${JSON.stringify({ data })}`]);
  });

  it('that is there gets the keys that differ, and keeps all others', () => {
    const there = seen('ConfigMap', 'app', { metadata: {}, data: { POOL: '10', OTHER: 'x' } });
    expect(written(step, makeStepFacts([there]))).toEqual([
      'patch ConfigMap app',
      'test /data/POOL "10"',
      'test /data/redis.conf null',
      'replace /data/POOL "20"',
      'add /data/redis.conf "maxmemory 4gb\\n"',
    ]);
    const same = seen('ConfigMap', 'app', { metadata: {}, data: { ...data, OTHER: 'x' } });
    expect(written(step, makeStepFacts([same]))).toEqual(['none: ConfigMap app is so already']);
  });

  it('without any data gets its first', () => {
    const empty = seen('ConfigMap', 'app', { metadata: {}, spec: {} });
    expect(written(step, makeStepFacts([empty]))).toEqual([
      'patch ConfigMap app',
      'test /data null',
      `add /data ${JSON.stringify(data)}`,
    ]);
  });

  it('that is immutable, or holds a secret under a key that is written, is refused', () => {
    const fixed = seen('ConfigMap', 'app', { metadata: {}, data: {}, immutable: true });
    expect(written(step, makeStepFacts([fixed]))).toEqual([
      expect.stringContaining('ConfigMap app is immutable'),
    ]);
    const secret = seen('ConfigMap', 'app', {
      metadata: {},
      data: { 'redis.conf': 'requirepass hunter2\n' },
    });
    const [answer] = written(step, makeStepFacts([secret]));
    expect(answer).toMatch(/^refused: redis.conf of ConfigMap app looks like it holds a secret/);
    expect(answer).not.toContain('hunter2');
  });
});

describe('limits of an autoscaler', () => {
  const limits = (over: object): ClusterStep => ({
    kind: 'autoscaler',
    target,
    name: 'worker-hpa',
    ...over,
  });
  const facts = withAutoscaler(makeStepFacts());

  // biome-ignore format: a table
  it.each([
    [{ minReplicas: 8 },                   ['minReplicas 8']],
    [{ maxReplicas: 25 },                  ['maxReplicas 25']],
    [{ minReplicas: 30 },                  ['minReplicas 30', 'maxReplicas 30']],
    [{ maxReplicas: 2 },                   ['minReplicas 2', 'maxReplicas 2']],
    [{ minReplicas: 1, maxReplicas: 3 },   ['minReplicas 1', 'maxReplicas 3']],
  ])('%o are never the wrong way round', (over, moved) => {
    const replaced = written(limits(over), facts).filter((line) => line.startsWith('replace'));
    expect(replaced).toEqual(moved.map((each) => `replace /spec/${each}`));
  });

  it('that are so, that contradict each other, or of none', () => {
    expect(written(limits({ minReplicas: 4 }), facts)[0]).toMatch(/^none: /);
    expect(written(limits({ minReplicas: 9, maxReplicas: 8 }), facts)[0]).toMatch(/^refused: /);
    expect(written(limits({ maxReplicas: 25 }))[0]).toMatch(/^none: no autoscaler owns worker/);
    expect(written(limits({ minReplicas: 8 }))[0]).toMatch(/^refused: no autoscaler owns worker/);
  });
});

describe('a whole autoscaler', () => {
  const component = componentOf(makeProfile(), 'worker');
  const step: ClusterStep = {
    kind: 'autoscaler',
    target,
    name: 'worker-hpa',
    minReplicas: 5,
    maxReplicas: 50,
    metrics: [
      { resource: 'cpu', percent: 70 },
      { pods: 'queue', average: 1.5 },
      { external: 'lag', average: 1000 },
    ],
  };
  const metrics = [
    {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
    },
    {
      type: 'Pods',
      pods: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '1500m' } },
    },
    {
      type: 'External',
      external: { metric: { name: 'lag' }, target: { type: 'AverageValue', averageValue: '1k' } },
    },
  ];

  it('is made where there is none, with what a server would fill in', () => {
    const up = { percent: 100, periodSeconds: 30, select: 'Max', windowSeconds: 0 } as const;
    const scaling = { source: 'test', up };
    const facts = makeStepFacts([], { component: { ...component, autoscaling: scaling } });
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'worker' };
    const spec = {
      scaleTargetRef,
      minReplicas: 5,
      maxReplicas: 50,
      metrics,
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          selectPolicy: 'Max',
          policies: [{ type: 'Percent', value: 100, periodSeconds: 30 }],
        },
        scaleDown: {
          selectPolicy: 'Max',
          policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
        },
      },
    };
    expect(written(step, facts)).toEqual([
      `create HorizontalPodAutoscaler worker-hpa ${JSON.stringify({ spec })}`,
    ]);
  });

  it('becomes what is there, metrics as one value', () => {
    const facts = withAutoscaler(makeStepFacts());
    expect(written(step, facts)).toEqual([
      'patch HorizontalPodAutoscaler worker-hpa',
      'test /spec/minReplicas 4',
      'test /spec/maxReplicas 20',
      `test /spec/metrics ${JSON.stringify([metrics[0]])}`,
      'replace /spec/minReplicas 5',
      'replace /spec/maxReplicas 50',
      `replace /spec/metrics ${JSON.stringify(metrics)}`,
    ]);
  });

  it('takes the place of another of the profile under that one’s name', () => {
    const hpa = { name: 'worker-hpa', min: 4, max: 20 };
    const facts = withAutoscaler(
      makeStepFacts([], { component: { ...component, autoscaling: { source: 'test', hpa } } }),
    );
    expect(written({ ...step, name: 'worker-by-queue' }, facts)[0]).toBe(
      'patch HorizontalPodAutoscaler worker-hpa',
    );
  });

  it('is refused beside one that nobody knows, KEDA’s, or a vertical one that acts', () => {
    const other = withAutoscaler(makeStepFacts());
    expect(written({ ...step, name: 'mine' }, other)[0]).toMatch(
      /^refused: autoscaler worker-hpa, which the profile does not know, scales worker already/,
    );
    const made = seenAutoscaler({}, { ownerReferences: [{ kind: 'ScaledObject', name: 'w' }] });
    expect(written(step, withAutoscaler(makeStepFacts(), made))[0]).toMatch(/^refused: .*w/);
    const { state } = makeStepFacts();
    const vertical = { kind: 'seen', name: 'vpa', mode: 'Auto' } as const;
    expect(written(step, makeStepFacts([], { state: { ...state, vertical } }))[0]).toMatch(
      /^refused: vertical autoscaler vpa \(mode Auto\)/,
    );
    const elsewhere = makeStepFacts([seenAutoscaler()]);
    expect(written(step, elsewhere)[0]).toMatch(/scales something else than worker/);
  });
});

describe('an object', () => {
  const apply = (kind: string, apiVersion: string, spec: object, name = 'worker'): ClusterStep => ({
    kind: 'apply',
    target,
    object: {
      apiVersion,
      kind,
      metadata: { name, namespace: target.namespace },
      spec: JSON.parse(JSON.stringify(spec)),
    },
  });
  const pdb = apply('PodDisruptionBudget', 'policy/v1', { minAvailable: 2 }, 'worker-pdb');
  const template = (pod: object) => apply('Deployment', 'apps/v1', { template: { spec: pod } });

  it('that is not there is made', () => {
    expect(written(pdb)).toEqual([
      'create PodDisruptionBudget worker-pdb {"spec":{"minAvailable":2}}',
    ]);
  });

  it('that is there gets the fields that differ', () => {
    const there = seen('PodDisruptionBudget', 'worker-pdb', {
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'worker' } } },
    });
    expect(written(pdb, makeStepFacts([there]))).toEqual([
      'patch PodDisruptionBudget worker-pdb',
      'test /spec/minAvailable 1',
      'replace /spec/minAvailable 2',
    ]);
  });

  it('is merged by the names of containers, with amounts as the server keeps them', () => {
    const resources = { requests: { cpu: '2000m', memory: '4096Mi' } };
    const step = template({
      nodeSelector: { pool: 'spot' },
      containers: [{ name: 'worker', image: 'worker:2', resources }],
    });
    expect(written(step)).toEqual([
      'patch Deployment worker',
      test(own),
      'test /spec/template/spec/nodeSelector null',
      `test ${container}/image "worker:1"`,
      `test ${container}/resources/requests null`,
      'add /spec/template/spec/nodeSelector {"pool":"spot"}',
      `replace ${container}/image "worker:2"`,
      `add ${container}/resources/requests {"cpu":"2","memory":"4Gi"}`,
    ]);
  });

  it('has lists as one value, and none that only lacks a server’s defaults is written', () => {
    const toleration = { key: 'spot', operator: 'Exists' };
    const there = seenWorker({}, { template: { tolerations: [{ ...toleration, effect: 'X' }] } });
    const facts = makeStepFacts([there]);
    expect(written(template({ tolerations: [toleration] }), facts)).toEqual([
      'none: Deployment worker is so already',
    ]);
    expect(written(template({ tolerations: [toleration, { key: 'gpu' }] }), facts)).toHaveLength(3);
  });

  it('gets items as a server keeps them, so that the undo finds what was written', () => {
    const volume = { name: 'config', configMap: { name: 'app' } };
    expect(written(template({ volumes: [volume] })).at(-1)).toBe(
      'add /spec/template/spec/volumes [{"name":"config","configMap":{"defaultMode":420,"name":"app"}}]',
    );
    const ports = [{ port: 80, targetPort: 8080, protocol: 'TCP' }];
    const there = seen('Service', 'web', { spec: { ports } });
    const more = [{ port: 80, targetPort: 8080 }, { port: 81 }];
    const step = apply('Service', 'v1', { ports: more }, 'web');
    expect(written(step, makeStepFacts([there])).at(-1)).toBe(
      'replace /spec/ports [{"protocol":"TCP","port":80,"targetPort":8080},{"protocol":"TCP","port":81}]',
    );
  });

  it('that selects pods by a label they do not have is said', () => {
    const selector = { matchLabels: { 'app.kubernetes.io/name': 'worker' } };
    const budget = apply('PodDisruptionBudget', 'policy/v1', { selector }, 'worker-pdb');
    expect(changesForStep(budget, makeStepFacts())).toMatchObject({
      notes: [
        expect.stringMatching(/^No pod of worker has the label app.kubernetes.io.name=worker/),
      ],
    });
    const right = { matchExpressions: [{ key: 'app', operator: 'In', values: ['worker'] }] };
    const spread = apply('PodDisruptionBudget', 'policy/v1', { selector: right }, 'worker-pdb');
    expect(changesForStep(spread, makeStepFacts())).toMatchObject({ notes: [] });
  });

  it('leaves replicas to the autoscaler that owns them', () => {
    const facts = withAutoscaler(makeStepFacts());
    expect(written(apply('Deployment', 'apps/v1', { replicas: 9 }), facts)).toEqual([
      'none: Deployment worker is so already',
    ]);
  });

  // biome-ignore format: a table
  it.each([
    ['a kind nobody writes', apply('DaemonSet', 'apps/v1', {}), [], /Headroom does not write DaemonSet/],
    ['a version that is gone', apply('RedisCluster', 'redis.redis.opstreelabs.in/v1beta1', {}), [], /does not write RedisCluster/],
    ['part of a workload that is not there', apply('Deployment', 'apps/v1', { replicas: 1 }, 'other'), [], /there is no Deployment other/],
    ['another selector', apply('Deployment', 'apps/v1', { selector: { matchLabels: { app: 'x' } } }), [], /another selector, which can never change/],
    ['a Job that has run', apply('Job', 'batch/v1', { parallelism: 4 }, 'reports'), [seen('Job', 'reports', { spec: {} })], /a Job runs once/],
    ['storage of another class', apply('PersistentVolumeClaim', 'v1', { storageClassName: 'slow' }, 'buffer'), [seen('PersistentVolumeClaim', 'buffer', { spec: { storageClassName: 'fast' } })], /another storageClassName/],
    ['a container that is not there', template({ containers: [{ name: 'sidecar', image: 'x' }] }), [], /has no container sidecar, but proxy, worker/],
    ['the template of a StatefulSet', apply('StatefulSet', 'apps/v1', { template: { spec: { nodeSelector: { a: 'b' } } } }, 'store'), [seen('StatefulSet', 'store', { spec: { template: { spec: {} } } })], /store is a StatefulSet/],
    ['pods that are paused', template({ nodeSelector: { a: 'b' } }), [seenWorker({}, { spec: { paused: true } })], /is paused/],
    ['a secret', apply('Deployment', 'apps/v1', { selector: {}, template: { spec: { containers: [{ name: 'a', env: [{ name: 'DB_PASSWORD', value: 'x' }] }] } } }, 'other'), [], /looks like it holds a secret/],
  ])('is refused: %s', (_, step, objects, words) => {
    expect(written(step, makeStepFacts(objects))).toEqual([expect.stringMatching(words)]);
  });

  it('that scales is refused beside an autoscaler, and a vertical one unless it is off', () => {
    const facts = withAutoscaler(makeStepFacts());
    const keda = apply('ScaledObject', 'keda.sh/v1alpha1', { scaleTargetRef: { name: 'worker' } });
    expect(written(keda, facts)[0]).toMatch(/^refused: autoscaler worker-hpa scales worker/);
    expect(written(keda)[0]).toMatch(/^create ScaledObject/);
    const vertical = (updateMode: string) =>
      apply('VerticalPodAutoscaler', 'autoscaling.k8s.io/v1', { updatePolicy: { updateMode } });
    expect(written(vertical('Auto'), facts)[0]).toMatch(/^refused: .*its mode must be Off/);
    expect(written(vertical('Off'), facts)[0]).toMatch(/^create VerticalPodAutoscaler/);
    expect(written(vertical('Auto'))[0]).toMatch(/^create VerticalPodAutoscaler/);
  });

  it('that scales by what a vertical autoscaler sets is refused, whichever of the two came first', () => {
    const facts = makeStepFacts();
    const vertical = { kind: 'seen', name: 'worker-vpa', mode: 'Auto' } as const;
    const beside = { ...facts, state: { ...facts.state, vertical } };
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'worker' };
    const keda = (type: string) =>
      apply('ScaledObject', 'keda.sh/v1alpha1', { scaleTargetRef, triggers: [{ type }] });
    const metric = (of: string) => ({ type: 'Resource', [of]: { name: 'memory' } });
    const hpa = (of: string) =>
      apply('HorizontalPodAutoscaler', 'autoscaling/v2', {
        scaleTargetRef,
        maxReplicas: 9,
        metrics: [metric(of)],
      });
    for (const step of [keda('cpu'), keda('memory'), hpa('resource'), hpa('containerResource')]) {
      expect(written(step, beside)[0]).toMatch(
        /^refused: vertical autoscaler worker-vpa \(mode Auto\) sets the requests .*set it to Off/,
      );
      expect(written(step)[0]).toMatch(/^create /);
    }
    expect(written(keda('kafka'), beside)[0]).toMatch(/^create ScaledObject/);
    expect(written(hpa('pods'), beside)[0]).toMatch(/^create HorizontalPodAutoscaler/);
  });

  it('that scales another workload than that of its step is refused, because nobody looked there', () => {
    const scaleTargetRef = { name: 'api' };
    expect(written(apply('ScaledObject', 'keda.sh/v1alpha1', { scaleTargetRef }))[0]).toMatch(
      /^refused: ScaledObject .* is for api, but this step is about worker.*`workload: api`$/,
    );
  });
});

describe('a volume', () => {
  const grow = (gib: number): ClusterStep => ({ kind: 'storage', target, claim: 'pg', gib });
  const claim = (storage: string, metadata: object = {}) =>
    seen('PersistentVolumeClaim', 'pg', {
      metadata,
      spec: { resources: { requests: { storage } } },
    });

  it('grows, which cannot be taken back', () => {
    const result = changesForStep(grow(1024), makeStepFacts([claim('500Gi')]));
    expect(result).toMatchObject({
      kind: 'changes',
      changes: [{ undo: 'none', rollout: false, decrease: false }],
      notes: [expect.stringContaining('is not known')],
    });
    expect(written(grow(1024), makeStepFacts([claim('500Gi')]))).toEqual([
      'patch PersistentVolumeClaim pg',
      'test /spec/resources/requests/storage "500Gi"',
      'replace /spec/resources/requests/storage "1Ti"',
    ]);
  });

  it('of a StatefulSet grows alone: its template cannot be changed, so new pods get the old size, and that is said', () => {
    const grown = seen('PersistentVolumeClaim', 'data-store-0', {
      spec: { resources: { requests: { storage: '10Gi' } } },
    });
    const template = { metadata: { name: 'data' }, spec: {} };
    const set = seen('StatefulSet', 'store', { spec: { volumeClaimTemplates: [template] } });
    const workload = makeWorkload({ kind: 'StatefulSet', name: 'store' });
    const facts = makeStepFacts([grown, set], { workload, mayGrow: true });
    const step: ClusterStep = { kind: 'storage', target, claim: 'data-store-0', gib: 20 };
    expect(changesForStep(step, facts)).toMatchObject({
      kind: 'changes',
      notes: [
        'Template data of StatefulSet store keeps its size: the volume of a new pod would be smaller until the StatefulSet is made anew.',
      ],
    });
  });

  it('never shrinks', () => {
    for (const gib of [100, 500]) {
      expect(written(grow(gib), makeStepFacts([claim('500Gi')]))).toEqual([
        'none: claim pg has 500Gi already, and a volume never shrinks',
      ]);
    }
  });

  it('of CloudNativePG grows by its Cluster, with those of all instances', () => {
    const owned = claim('100Gi', { ownerReferences: [{ kind: 'Cluster', name: 'main' }] });
    const keptBy = (storage: object) =>
      makeStepFacts([owned, seen('Cluster', 'main', { spec: { storage } })]);
    const facts = keptBy({ size: '100Gi' });
    expect(written(grow(200), facts)).toEqual([
      'patch Cluster main',
      'test /spec/storage/size "100Gi"',
      'replace /spec/storage/size "200Gi"',
    ]);
    expect(changesForStep(grow(200), facts)).toMatchObject({ changes: [{ undo: 'none' }] });
    expect(written(grow(50), facts)[0]).toMatch(/^none: Cluster main has volumes of 100Gi already/);
    const still = keptBy({ size: '100Gi', resizeInUseVolumes: false });
    expect(written(grow(200), still)[0]).toMatch(/^refused: .*does not grow volumes in use/);
    expect(written(grow(200), { ...facts, mayGrow: false })[0]).toMatch(/^refused: .*allowVolume/);
    expect(written(grow(200), keptBy({}))[0]).toMatch(/^refused: .*does not say how large/);
  });

  it('that was asked to grow before and did not says so, and is not asked again where it cannot', () => {
    const asked = (status: object) =>
      makeStepFacts(
        [
          seen('PersistentVolumeClaim', 'pg', {
            spec: { resources: { requests: { storage: '20Gi' } } },
            status: { capacity: { storage: '10Gi' }, ...status },
          }),
        ],
        { mayGrow: true },
      );
    const waits = asked({ conditions: [{ type: 'FileSystemResizePending', status: 'True' }] });
    expect(changesForStep(grow(40), waits)).toMatchObject({
      notes: [expect.stringMatching(/^Of an earlier growth, claim pg asked 20Gi, has 10Gi: file/)],
    });
    expect(written(grow(20), waits)[0]).toMatch(/^none: claim pg asked 20Gi, has 10Gi: file/);
    const resize = { storage: 'ControllerResizeInfeasible' };
    const fails = asked({ allocatedResourceStatuses: resize });
    for (const gib of [15, 20, 40]) {
      expect(written(grow(gib), fails)[0]).toMatch(
        /^refused: .* has 10Gi: its storage cannot grow/,
      );
    }
  });

  it('of CloudNativePG that holds no data is not what its Cluster’s storage is about', () => {
    const cluster = seen('Cluster', 'main', { spec: { storage: { size: '100Gi' } } });
    const labelled = (role: string) =>
      claim('10Gi', {
        ownerReferences: [{ kind: 'Cluster', name: 'main' }],
        labels: { 'cnpg.io/pvcRole': role },
      });
    const of = (role: string) => written(grow(200), makeStepFacts([labelled(role), cluster]))[0];
    expect(of('PG_DATA')).toBe('patch Cluster main');
    expect(of('PG_WAL')).toMatch(/^refused: claim pg is none of the data .* spec.walStorage.size/);
    expect(of('PG_TABLESPACE')).toMatch(/^refused: .* spec.tablespaces there/);
  });

  it('that cannot grow, is an operator’s that nobody named, or is not there is refused', () => {
    const fixed = makeStepFacts([claim('1Gi')], { mayGrow: false });
    expect(written(grow(2), fixed)[0]).toMatch(/^refused: .*allowVolumeExpansion/);
    const operated = claim('1Gi', { ownerReferences: [{ kind: 'Cluster', name: 'main' }] });
    expect(written(grow(2), makeStepFacts([operated]))[0]).toMatch(/^refused: .*Cluster main/);
    expect(written(grow(2))[0]).toMatch(/^refused: there is no PersistentVolumeClaim pg/);
  });
});

it('has the operators’ Clusters looked at where a volume may be kept by one', () => {
  const databases = new Map([['main', makeDatabasePlace({ operated: 'shop-db' })]]);
  const step: ClusterStep = { kind: 'storage', target, claim: 'pg', gib: 1 };
  const all = objectsOfStep(step, makeWorkload(), makeSystem({ databases }));
  expect(all.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'PersistentVolumeClaim pg',
    'Cluster shop-db',
  ]);
});

it('says which object has to be looked at before', () => {
  const workload = makeWorkload();
  const of = (step: ClusterStep) => {
    const ref = objectOfStep(step, workload);
    return ref && `${ref.kind} ${ref.name}`;
  };
  const metadata = { name: 'x', namespace: target.namespace };
  const object = { apiVersion: 'v1', kind: 'Service', metadata };
  expect([
    of({ kind: 'config', target, configMap: 'app', set: {} }),
    of({ kind: 'storage', target, claim: 'pg', gib: 1 }),
    of({ kind: 'autoscaler', target, name: 'h', metrics: [] }),
    of({ kind: 'autoscaler', target, name: 'h', minReplicas: 1 }),
    of({ kind: 'apply', target, object }),
    of({ kind: 'apply', target, object: { ...object, kind: 'Secret' } }),
    of({ kind: 'restart', target }),
  ]).toEqual([
    'ConfigMap app',
    'PersistentVolumeClaim pg',
    'HorizontalPodAutoscaler h',
    undefined,
    'Service x',
    undefined,
    undefined,
  ]);
});
