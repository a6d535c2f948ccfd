// Which names of its own a procedure adds to what its formulas may use, by where they stand in the file.
import type { YamlPath } from '../yaml/parse-yaml.ts';
import type { ProfileFile } from './schema/profile-file.ts';

/** The inputs of the procedure a path lies in; in the default of one of them, those before it. */
export function ownNames(
  file: ProfileFile,
  path: YamlPath,
  { texts }: { readonly texts: boolean },
): readonly string[] {
  const names = Object.entries(ownInputs(file, path))
    .filter(([, { type }]) => texts || type !== 'text')
    .map(([name]) => name);
  if (path[2] !== 'inputs') return names;
  const index = names.indexOf(String(path[3]));
  return index === -1 ? names : names.slice(0, index);
}

/** Numbers of the procedure at one end of what they may be, to try its formulas with. */
export function ownCorner(
  file: ProfileFile,
  path: YamlPath,
  end: 'min' | 'max',
): Readonly<Record<string, number>> {
  const corner: Record<string, number> = {};
  for (const [name, input] of Object.entries(ownInputs(file, path))) {
    if (input.type !== 'text') corner[name] = input[end];
  }
  return corner;
}

type OwnInputs = Exclude<ProfileFile['procedures'][string], readonly unknown[]>['inputs'];

function ownInputs(file: ProfileFile, [part, id]: YamlPath): OwnInputs {
  if (part !== 'procedures' || typeof id !== 'string') return {};
  const procedure = Object.hasOwn(file.procedures, id) ? file.procedures[id] : undefined;
  return procedure === undefined || Array.isArray(procedure) ? {} : procedure.inputs;
}
