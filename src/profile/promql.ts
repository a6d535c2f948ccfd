// Fills a workload's names into the PromQL of a profile, so that one profile serves several environments.

/** The names a profile's PromQL may use as `$namespace`, `$workload` and `$container`. */
export interface PromqlNames {
  readonly namespace: string;
  readonly workload: string;
  readonly container: string;
}

const KNOWN = ['namespace', 'workload', 'container'] as const;
const PLACEHOLDER = /\$([A-Za-z_]\w*)/g;

/** The same with braces, as dashboards have it, is filled in by nobody: such a query would match nothing, in silence. */
const PLACEHOLDER_LIKE = /\$(\{[^}]*\}?|[A-Za-z_]\w*)/g;

/** The names in `promql` that nothing fills in. */
export function unknownPromqlNames(promql: string): readonly string[] {
  const names = [...promql.matchAll(PLACEHOLDER_LIKE)].map((match) => match[1] ?? '');
  return names.filter((name) => !KNOWN.some((known) => known === name));
}

/** Replaces the names; anything else is left as it is. Kubernetes names need no escaping inside PromQL's quotes. */
export function fillPromql(promql: string, names: PromqlNames): string {
  return promql.replaceAll(PLACEHOLDER, (whole, name: string) => {
    const known = KNOWN.find((candidate) => candidate === name);
    return known === undefined ? whole : names[known];
  });
}

/** A pattern for the names of a workload's pods that no neighbour with a longer name matches. */
export function podPattern(kind: 'Deployment' | 'StatefulSet'): string {
  return kind === 'Deployment' ? '$workload-[a-z0-9]+-[a-z0-9]+' : '$workload-[0-9]+';
}

/** What `unknownPromqlNames` measures against, for suggestions. */
export const promqlNames: readonly string[] = KNOWN;
