// Reads a shipped profile the way the program does, and says every mistake in it.
import { parseProfile } from '../../src/profile/parse-profile.ts';
import type { Component, Profile, Trigger } from '../../src/profile/profile.ts';
import { sizeForTrigger, type TriggerSizing } from '../../src/profile/size-for-trigger.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';
import { readProfileFile } from './read-fixture.ts';

const profiles = new Map<string, Profile>();

/** Read once: each is a thousand lines. */
export function readProfile(id: string): Profile {
  const profile = profiles.get(id) ?? parsedProfile(id);
  profiles.set(id, profile);
  return profile;
}

function parsedProfile(id: string): Profile {
  const parsed = parseProfile(readProfileFile(`${id}.yaml`), `profiles/${id}.yaml`);
  if (!parsed.ok) throw new Error(parsed.mistakes.map(formatMistake).join('\n'));
  return parsed.value;
}

export function oneLine(promql: string): string {
  return promql.replaceAll(/\s+/g, ' ');
}

/** One row a trigger: alert, component, kind, where it fires and where it aims. */
export function triggerRow({ alert, component, kind, fireAt, target }: Trigger): string {
  return `${alert} ${component} ${kind} ${fireAt} ${target ?? '-'}`;
}

/** Answers the trigger `id` of a profile, with `value` measured just now. */
export function sizeFor(
  profile: Profile,
  id: string,
  facts: { readonly current: number; readonly value: number },
): TriggerSizing {
  const trigger = profile.triggers.get(id);
  const component: Component | undefined = profile.components.get(trigger?.component ?? '');
  if (trigger === undefined || component === undefined) throw new Error(`no trigger ${id}`);
  return sizeForTrigger({
    component,
    trigger,
    currentReplicas: facts.current,
    measured: {
      kind: 'value',
      value: facts.value,
      at: new Date(0),
      ageSeconds: 0,
      source: 'test',
    },
    bounds: component.replicas,
  });
}
