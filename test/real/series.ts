// Series as cadvisor, kube-state-metrics and programs expose them, for promtool's unit tests: one number holds over all of the time.

/** The workload that series are about. */
export interface Place {
  readonly namespace: string;
  readonly workload: string;
  readonly container: string;
}

/** One input series of promtool: its labels, and its values in promtool's notation. */
export interface Series {
  readonly series: string;
  readonly values: string;
}

/** The series that make a measurement answer `level`. */
export type Row = (level: number, place: Place) => readonly Series[];

type Labels = Readonly<Record<string, string>>;

/** A value a minute for an hour and a half. */
const steps = 90;
export const stepSeconds = 60;

/** The pods of a Deployment, as its ReplicaSet calls them. */
export function podsOf({ workload }: Place): readonly string[] {
  return ['x2k9p', 'q8w4z'].map((end) => `${workload}-7d9f8b6c5d-${end}`);
}

export function gauge(name: string, labels: Labels, value: number): Series {
  return { series: seriesText(name, labels), values: `${number(value)}+0x${steps}` };
}

/** A counter that grows by so much a second. */
export function counter(name: string, labels: Labels, perSecond: number): Series {
  return {
    series: seriesText(name, labels),
    values: `0+${number(perSecond * stepSeconds)}x${steps}`,
  };
}

/** A series as PromQL writes it. */
export function seriesText(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${pairs.join(',')}}`;
}

/** As promtool writes numbers: without an exponent. */
function number(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, '');
}

/** What a program in a pod exposes; Prometheus adds where it was scraped. */
export function podLabels(place: Place, pod: string): Labels {
  const { namespace, container, workload } = place;
  return { namespace, pod, container, instance: `${pod}:8080`, job: workload, endpoint: 'http' };
}

/** What something beside the workload exposes about it, such as an exporter. */
export function exporterLabels({ namespace }: Place, job: string): Labels {
  const pod = `${job}-5c6b7d8f9-m4n5b`;
  return { namespace, pod, container: job, instance: `${pod}:9187`, job, endpoint: 'metrics' };
}

/** A gauge that every pod of the workload exposes with this value. */
export function gaugePerPod(name: string, labels: Labels = {}): Row {
  return (level, place) =>
    podsOf(place).map((pod) => gauge(name, { ...podLabels(place, pod), ...labels }, level));
}

/** A gauge that exists once, whoever exposes it. */
export function gaugeOf(name: string, labels: Labels = {}, job = 'exporter'): Row {
  return (level, place) => [gauge(name, { ...exporterLabels(place, job), ...labels }, level)];
}

/** What cadvisor and kube-state-metrics say of a workload that uses this share of what its pods request. */
export function cpuUse(requestCores = 2): Row {
  return (level, place) =>
    podsOf(place).flatMap((pod) => [
      ...cadvisor(place, pod, (labels, share) =>
        counter(
          'container_cpu_usage_seconds_total',
          { ...labels, cpu: 'total' },
          share * level * requestCores,
        ),
      ),
      ...resources(place, pod, { resource: 'cpu', unit: 'core' }, requestCores),
    ]);
}

export function memoryUse(requestBytes = 4 * 1024 ** 3): Row {
  return (level, place) =>
    podsOf(place).flatMap((pod) => [
      ...cadvisor(place, pod, (labels, share) =>
        gauge('container_memory_working_set_bytes', labels, share * level * requestBytes),
      ),
      ...resources(place, pod, { resource: 'memory', unit: 'byte' }, requestBytes),
    ]);
}

/** cadvisor counts the container, a sidecar, the pause container and the whole pod once more. */
function cadvisor(
  place: Place,
  pod: string,
  write: (labels: Labels, share: number) => Series,
): readonly Series[] {
  const { namespace, container } = place;
  const kubelet = {
    endpoint: 'https-metrics',
    instance: 'node-1:10250',
    job: 'kubelet',
    metrics_path: '/metrics/cadvisor',
    namespace,
    node: 'node-1',
    pod,
    service: 'kubelet',
  };
  const cgroup = `/kubepods.slice/kubepods-burstable.slice/${pod}`;
  const named = (name: string) => ({
    ...kubelet,
    container: name,
    id: `${cgroup}/${name}`,
    image: `registry.example/${name}:1.0.0`,
    name: `cri-${pod}-${name}`,
  });
  return [
    write(named(container), 1),
    write(named('istio-proxy'), 0.5),
    write({ ...named('POD'), image: 'registry.k8s.io/pause:3.9' }, 0.01),
    write({ ...kubelet, id: cgroup }, 1.51),
  ];
}

/** Requests and limits of each container, as kube-state-metrics says them with honored labels. */
function resources(
  { namespace, container }: Place,
  pod: string,
  kind: { readonly resource: string; readonly unit: string },
  request: number,
): readonly Series[] {
  const labels = {
    ...kind,
    endpoint: 'http',
    instance: 'kube-state-metrics:8080',
    job: 'kube-state-metrics',
    namespace,
    node: 'node-1',
    pod,
    service: 'kube-state-metrics',
    uid: `6c1f-${pod}`,
  };
  return [
    gauge('kube_pod_container_resource_requests', { ...labels, container }, request),
    gauge('kube_pod_container_resource_limits', { ...labels, container }, 2 * request),
    gauge(
      'kube_pod_container_resource_requests',
      { ...labels, container: 'istio-proxy' },
      request / 10,
    ),
  ];
}

/** A histogram of requests of which `share` take no longer than the level: its quantile `share` is the level. */
export function histogram(name: string, share: number): Row {
  return (level, place) =>
    podsOf(place).flatMap((pod) => {
      const bucket = (le: string, perSecond: number) =>
        counter(`${name}_bucket`, { ...podLabels(place, pod), le }, perSecond);
      // Prometheus interpolates from 0 to the first bucket's end.
      return [bucket(number(level / share), 100), bucket('+Inf', 100)];
    });
}

/** Requests of which this share has failed. */
export function failures(name: string, failed: Labels, fine: Labels): Row {
  return (level, place) =>
    podsOf(place).flatMap((pod) => [
      counter(name, { ...podLabels(place, pod), ...failed }, 50 * level),
      counter(name, { ...podLabels(place, pod), ...fine }, 50 * (1 - level)),
    ]);
}

/** All of these; for a measure of several metrics. */
export function together(...rows: readonly Row[]): Row {
  return (level, place) => rows.flatMap((row) => row(level, place));
}

/** A row for another level than the one asked for. */
export function at(row: Row, levelOf: (level: number) => number): Row {
  return (level, place) => row(levelOf(level), place);
}
