// Finds what a command of the terminal is about: a system of headroom.yaml where there is one, else a profile by its name.

import { existsSync } from 'node:fs';
import { Exit } from '../exit.ts';
import { type Loaded, loadConfig, loadProfile, loadProfiles } from '../load-files.ts';
import type { System, Systems } from '../plan/system.ts';
import type { Profile } from '../profile/profile.ts';
import { fileSettings } from '../settings/environment.ts';
import { assembleSystems, type ClusterConfig } from '../settings/headroom-config.ts';
import type { Money } from '../sizing/what-if.ts';
import { suggestion } from '../words/nearest.ts';

export interface Target {
  readonly id: string;
  readonly title: string;
  readonly profile: Profile;
  readonly money: Money;
  /** Undefined: only the profile is known, not where it runs. */
  readonly system: System | undefined;
  /** The cluster of the system. */
  readonly cluster: ClusterConfig | undefined;
}

/** What `id` names. headroom.yaml is only read where it exists, so that sizing needs nothing but the profiles. */
export async function findTarget(id: string): Promise<Target> {
  const files = fileSettings(process.env);
  const isConfigured = process.env['HEADROOM_CONFIG'] !== undefined || existsSync(files.configFile);
  const own = isConfigured ? undefined : await loadProfile(files, id);
  if (own !== undefined) return targetOfProfile(id, orExit(own));
  const profiles = orExit(await loadProfiles(files));
  const config = isConfigured ? orExit(await loadConfig(files, profiles)) : undefined;
  const systems: Systems = config ? assembleSystems(config, profiles) : new Map<string, System>();
  const system = systems.get(id);
  if (system !== undefined) {
    const { title, profile, money } = system;
    const cluster = config?.clusters.get(system.cluster);
    return { id, title, profile, money: money ?? {}, system, cluster };
  }
  const profile = profiles.get(id);
  if (profile !== undefined) return targetOfProfile(id, profile);
  const known = [...systems.keys(), ...profiles.keys()];
  throw new Exit(2, `there is no system or profile "${id}"${suggestion(id, known)}`);
}

function targetOfProfile(id: string, profile: Profile): Target {
  const { title } = profile;
  return { id, title, profile, money: {}, system: undefined, cluster: undefined };
}

/** A profile where its own names say it runs, under the profile's name. */
export function systemOfProfile({
  id,
  title,
  profile,
}: Pick<Target, 'id' | 'title' | 'profile'>): System {
  const cluster = 'any';
  return {
    id,
    title,
    profile,
    mode: 'observe',
    cluster,
    channel: '',
    workloads: new Map(
      [...profile.components].map(([component, { workload }]) => [
        component,
        { cluster, ...workload },
      ]),
    ),
    endpoints: new Map(),
    addresses: new Map(),
    databases: new Map(),
    schedules: [],
    freezes: [],
    routes: [],
    rule: undefined,
  };
}

/** The systems, or profiles in their place, of these names; without any all of headroom.yaml, else all profiles. */
export async function findSystems(ids: readonly string[]): Promise<readonly System[]> {
  const files = fileSettings(process.env);
  const isConfigured = process.env['HEADROOM_CONFIG'] !== undefined || existsSync(files.configFile);
  if (ids.length === 0 && isConfigured) return [...(await loadSystems()).values()];
  const names = ids.length > 0 ? ids : [...orExit(await loadProfiles(files)).keys()];
  const targets = await Promise.all(names.map(findTarget));
  return targets.map((target) => target.system ?? systemOfProfile(target));
}

/** All systems of headroom.yaml. */
export async function loadSystems(): Promise<Systems> {
  const files = fileSettings(process.env);
  const profiles = orExit(await loadProfiles(files));
  return assembleSystems(orExit(await loadConfig(files, profiles)), profiles);
}

/** What was loaded, or the end of the command with every mistake. */
export function orExit<T>(loaded: Loaded<T>): T {
  if (loaded.ok) return loaded.value;
  throw new Exit(1, loaded.mistakes.join('\n'));
}

/** `key=value` words as a map; what is none, or is there twice, is misuse. */
export function pairsOf(words: readonly string[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw new Exit(2, `"${word}" should be key=value`);
    const key = word.slice(0, at);
    if (pairs.has(key)) throw new Exit(2, `"${key}" is there twice`);
    pairs.set(key, word.slice(at + 1));
  }
  return pairs;
}

export const print = (line: string) => process.stdout.write(`${line}\n`);
