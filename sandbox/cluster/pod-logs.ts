// Logs of pods: the rules of the server about asking for them; what stands in them is made up.
import type { JsonObject } from './json.ts';
import { nameOf, objects, text } from './json.ts';
import type { FieldError } from './status.ts';
import { badRequest, forbidden, invalid, invalidValue } from './status.ts';

function checkOptions(name: string, query: URLSearchParams): void {
  const errors: FieldError[] = [];
  const check = (key: string, least: number, because: string) => {
    const given = query.get(key);
    if (given !== null && Number(given) < least) {
      errors.push(invalidValue(key, Number(given), because));
    }
  };
  check('tailLines', 0, 'must be greater than or equal to 0');
  check('sinceSeconds', 1, 'must be greater than 0');
  check('limitBytes', 1, 'must be greater than 0');
  if (query.has('sinceSeconds') && query.has('sinceTime')) {
    const because = 'at most one of `sinceTime` or `sinceSeconds` may be specified';
    errors.push(forbidden('', because));
  }
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions', name }, errors);
}

function containerOf(held: JsonObject, asked: string): string {
  const names = objects(held, 'spec', 'containers').map((item) => text(item, 'name'));
  const [only = '', ...more] = names;
  if (asked === '' && more.length > 0) {
    throw badRequest(
      `a container name must be specified for pod ${nameOf(held)}, choose one of: [${names.join(' ')}]`,
    );
  }
  if (asked === '') return only;
  if (!names.includes(asked)) {
    throw badRequest(`container ${asked} is not valid for pod ${nameOf(held)}`);
  }
  return asked;
}

/** The log of a container; undefined for a pod without a node. Throws 400 and 422 for what cannot be asked. */
export function logOf(held: JsonObject, query: URLSearchParams): string | undefined {
  checkOptions(nameOf(held), query);
  const container = containerOf(held, query.get('container') ?? '');
  if (text(held, 'spec', 'nodeName') === '') return undefined;
  const status = objects(held, 'status', 'containerStatuses').find(
    (item) => item['name'] === container,
  );
  const waits = status === undefined || text(status, 'containerID') === '';
  if (waits) {
    const reason = text(status, 'state', 'waiting', 'reason') || 'ContainerCreating';
    throw badRequest(
      `container "${container}" in pod "${nameOf(held)}" is waiting to start: ${reason}`,
    );
  }
  const lines = [`${nameOf(held)}/${container}: started`, `${nameOf(held)}/${container}: ready`];
  const tail = query.get('tailLines');
  const shown = tail === null ? lines : lines.slice(Math.max(0, lines.length - Number(tail)));
  return shown.map((line) => `${line}\n`).join('');
}
