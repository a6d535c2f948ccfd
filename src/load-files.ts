// Reads the profiles and headroom.yaml from disk; all mistakes in all of them come back together.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseProfile } from './profile/parse-profile.ts';
import type { Profile } from './profile/profile.ts';
import {
  type Environment,
  type FileSettings,
  fileSettings,
  formatSettingMistake,
  parseEnvironment,
  type Settings,
} from './settings/environment.ts';
import { type HeadroomConfig, parseHeadroomConfig } from './settings/headroom-config.ts';
import { formatMistake } from './yaml/parse-yaml.ts';

/** Folders that ship beside the program, whether it runs from its sources or from its bundle. */
const shipped = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
export const migrationsDir = shipped('migrations');
const shippedProfilesDir = shipped('profiles');

export type Loaded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly mistakes: readonly string[] };

export interface Everything {
  readonly settings: Settings;
  readonly config: HeadroomConfig;
  readonly profiles: ReadonlyMap<string, Profile>;
}

/** All that the app needs from the environment and its files, or every mistake in them at once. */
export async function loadEverything(env: Environment): Promise<Loaded<Everything>> {
  const environment = parseEnvironment(env);
  const mistakes = environment.ok ? [] : environment.mistakes.map(formatSettingMistake);
  const files = fileSettings(env);
  const profiles = await loadProfiles(files);
  const config = profiles.ok ? await loadConfig(files, profiles.value) : profiles;
  if (!config.ok) mistakes.push(...config.mistakes);
  // The client is large, and most commands do without it.
  const { kubeconfigMistakes } = await import('./adapters/kubernetes-config.ts');
  const clusters = config.ok ? [...config.value.clusters.values()] : [];
  mistakes.push(...kubeconfigMistakes(clusters, env['KUBECONFIG']?.trim() || undefined));
  if (!environment.ok || !profiles.ok || !config.ok || mistakes.length > 0) {
    return { ok: false, mistakes };
  }
  const { settings } = environment;
  return { ok: true, value: { settings, config: config.value, profiles: profiles.value } };
}

/** Every profile in the folder, by id. */
export async function loadProfiles({
  profilesDir,
}: FileSettings): Promise<Loaded<ReadonlyMap<string, Profile>>> {
  const directory = profilesDir ?? shippedProfilesDir;
  const files = await readOr(directory, () => readdir(directory));
  if (typeof files !== 'object')
    return { ok: false, mistakes: [`PROFILES_DIR ${directory}: ${files}`] };
  const profiles = new Map<string, Profile>();
  const mistakes: string[] = [];
  for (const file of files.filter((name) => /\.ya?ml$/.test(name)).toSorted()) {
    const path = join(directory, file);
    const text = await readOr(path, async () => [await readFile(path, 'utf8')]);
    if (typeof text !== 'object') {
      mistakes.push(`${path}: ${text}`);
      continue;
    }
    const parsed = parseProfile(text[0] ?? '', path);
    if (!parsed.ok) mistakes.push(...parsed.mistakes.map(formatMistake));
    else if (profiles.has(parsed.value.id))
      mistakes.push(`${path}:1:1: profile ${parsed.value.id} is there twice`);
    else profiles.set(parsed.value.id, parsed.value);
  }
  return mistakes.length === 0 ? { ok: true, value: profiles } : { ok: false, mistakes };
}

/** The profile of the file that has its name, so that nobody waits for the others; undefined where there is none such. */
export async function loadProfile(
  { profilesDir }: FileSettings,
  id: string,
): Promise<Loaded<Profile> | undefined> {
  if (!/^[a-z0-9][a-z0-9.-]{0,62}$/.test(id)) return undefined;
  const path = join(profilesDir ?? shippedProfilesDir, `${id}.yaml`);
  const text = await readOr(path, async () => [await readFile(path, 'utf8')]);
  if (typeof text !== 'object') return undefined;
  const parsed = parseProfile(text[0] ?? '', path);
  if (!parsed.ok) return { ok: false, mistakes: parsed.mistakes.map(formatMistake) };
  return parsed.value.id === id ? parsed : undefined;
}

/** headroom.yaml, checked against the profiles. */
export async function loadConfig(
  { configFile }: FileSettings,
  profiles: ReadonlyMap<string, Profile>,
): Promise<Loaded<HeadroomConfig>> {
  const text = await readOr(configFile, async () => [await readFile(configFile, 'utf8')]);
  if (typeof text !== 'object')
    return { ok: false, mistakes: [`HEADROOM_CONFIG ${configFile}: ${text}`] };
  const parsed = parseHeadroomConfig(text[0] ?? '', configFile, profiles);
  return parsed.ok ? parsed : { ok: false, mistakes: parsed.mistakes.map(formatMistake) };
}

/** What was read, or in words why it could not be. */
async function readOr<T>(
  path: string,
  read: () => Promise<readonly T[]>,
): Promise<readonly T[] | string> {
  try {
    return await read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return 'there is no such file or folder';
    if (code === 'EACCES') return 'it may not be read by this user';
    if (code === 'EISDIR' || code === 'ENOTDIR')
      return 'a file was expected where there is a folder, or the other way round';
    throw new Error(`reading ${path}`, { cause: error });
  }
}
