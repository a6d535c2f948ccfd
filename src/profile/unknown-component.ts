// Says that a profile has no such component, with the one that was probably meant.
import { suggestion } from '../words/nearest.ts';
import type { Mistake, Places, YamlPath } from '../yaml/parse-yaml.ts';
import type { ProfileFile } from './schema/profile-file.ts';

/** A mistake when `id` is no component; `where` says whether it stands there as a key or as a value. */
export function unknownComponent(
  id: string,
  components: ProfileFile['components'],
  path: YamlPath,
  places: Places,
  where: 'key' | 'value' = 'value',
): readonly Mistake[] {
  if (Object.hasOwn(components, id)) return [];
  const message = `there is no component "${id}"${suggestion(id, Object.keys(components))}`;
  return [where === 'key' ? places.atKey(path, message) : places.at(path, message)];
}
