// Finds rules for sizes by use that would contradict themselves: a pod that is both too large and too small, a factor of nothing.
import type { Mistake, Places } from '../yaml/parse-yaml.ts';
import type { ProfileFile } from './schema/profile-file.ts';
import { unknownComponent } from './unknown-component.ts';

/** All mistakes in the rule, if there is one. */
export function checkRightSize(
  { rightSize: rule, components }: ProfileFile,
  places: Places,
): readonly Mistake[] {
  if (rule === undefined) return [];
  const mistakes: Mistake[] = [];
  const at = (key: string, message: string) =>
    void mistakes.push(places.at(['rightSize', ...key.split('.')], message));
  const {
    lowerBelow,
    lowerOf,
    raiseAbove,
    utilisationTarget: target,
    limitFactor,
    replicas,
  } = rule;
  // Of a limit and of a request both may hold at once: then the raise wins.
  if (lowerOf === 'request' && lowerBelow > raiseAbove) {
    at(
      'lowerBelow',
      `lowerBelow ${lowerBelow} is above raiseAbove ${raiseAbove}, both of the request`,
    );
  }
  if (target !== undefined && target > raiseAbove) {
    at(
      'utilisationTarget',
      `a target of ${target} is above raiseAbove ${raiseAbove}, which is too much`,
    );
  }
  if (
    limitFactor !== undefined &&
    limitFactor.cpu === undefined &&
    limitFactor.memory === undefined
  ) {
    at('limitFactor', 'a limit factor needs cpu, memory or both');
  }
  if (replicas !== undefined && replicas.lowerBelow >= replicas.raiseAbove) {
    const { lowerBelow: below, raiseAbove: above } = replicas;
    at('replicas.lowerBelow', `lowerBelow ${below} is not below raiseAbove ${above}`);
  }
  const most = Math.max(1, ...Object.values(components).map(({ replicas: { max } }) => max));
  if (replicas !== undefined && replicas.min > most) {
    at('replicas.min', `min ${replicas.min} is more than any component may have (${most})`);
  }
  if (replicas?.component !== undefined) {
    const path = ['rightSize', 'replicas', 'component'];
    mistakes.push(...unknownComponent(replicas.component, components, path, places));
  }
  return mistakes;
}
