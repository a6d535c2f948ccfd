// A stage on which every procedure that ships can be played: its guide's objects on the sandbox cluster, all five systems in one headroom.yaml.

import { stringify } from 'yaml';
import { profileObjects } from '../../sandbox/profile-objects.ts';
import { objectKinds } from '../../src/change/kinds.ts';
import { valueAt } from '../../src/change/pointer.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { clusterSteps, type Shipped, seed, shippedProcedures } from '../plan/shipped-procedures.ts';
import { changesOf } from '../profile/plan-of.ts';
import type { SimulatedDatabase } from './database.ts';
import { channel, people, type Rules } from './scene.ts';
import { World } from './world.ts';

/** Labels that guides choose nodes by. */
const chosen = {
  'cloud.google.com/gke-preemptible': 'true',
  'node-role.kubernetes.io/worker': 'true',
};
const regions = ['us-east-1', 'us-west-2'];

/** Nodes on which the greatest plan of the guides finds room: it asks for fifty pods of eight cores. */
const nodes = { count: 6, cpu: '256', memory: '1024Gi', pods: '500' };

/** All systems that ship, in one world that many procedures are played in, one after the other. */
export async function startStage(database: SimulatedDatabase): Promise<World> {
  const profiles = new Map(shippedProcedures().map(({ profile }) => [profile.id, profile]));
  return World.start({ seed: 1, database, profiles, nodes, text: textFor(profiles) });
}

/** What the guide takes for granted, and time for its pods to be ready. */
export function setScene(world: World, { profile, id, given }: Shipped): void {
  const { control } = world.cluster;
  const steps = clusterSteps(changesOf(profile.id, id, given));
  seed(world.cluster, profile, steps);
  if (steps.length === 0) control.seed(profileObjects(profile));
  for (const { workload } of profile.components.values()) {
    control.ensureNamespace(workload.namespace);
    // What autoscalers aim at: none of them wants more or fewer pods than there are.
    control.setUtilization(workload.namespace, workload.name, { cpu: 70 });
  }
  for (const [index, { metadata }] of control.list('Node').entries()) {
    const region = regions[index % regions.length] ?? '';
    const labels = { ...chosen, 'topology.kubernetes.io/region': region };
    const name = String(valueAt(metadata, '/name'));
    control.patch({ kind: 'Node', namespace: '', name }, { metadata: { labels } });
  }
  control.settle();
  world.time.advance(5_000);
  control.settle();
}

/** What a stage with a schedule has. */
const night = {
  system: 'gl-008',
  schedule: { procedure: 'off-peak', at: '22:00', timezone: 'Europe/Berlin' },
};

function textFor(profiles: ReadonlyMap<string, Profile>) {
  return ({ mode, required, connected, scheduled, frozen }: Rules): string => {
    const namespaces = [...profiles.values()].flatMap(({ components }) =>
      [...components.values()].map(({ workload }) => workload.namespace),
    );
    return stringify({
      clusters: {
        production: {
          allow: { namespaces: [...new Set(namespaces)], kinds: Object.keys(objectKinds) },
        },
      },
      systems: Object.fromEntries(
        [...profiles.values()].map((profile) => [
          profile.id,
          {
            mode,
            ...systemOf(profile, connected === true),
            ...(profile.id === night.system &&
              scheduled && { schedules: { night: night.schedule } }),
          },
        ]),
      ),
      policy: {
        rules: [
          {
            name: 'everyone',
            systems: ['*'],
            approvers: [people.ann, people.bob],
            required,
            oncall: { users: [people.oncall], mayApproveOwnWithReason: true },
            stricter: { required: 2 },
            scheduled: scheduled ?? 'ask',
          },
        ],
      },
      freezes: frozen ? { 'year-end': { from: frozen[0], until: frozen[1] } } : {},
    });
  };
}

function systemOf(profile: Profile, connected: boolean) {
  return {
    profile: profile.id,
    cluster: 'production',
    channel,
    endpoints: { health: 'http://health.invalid/health' },
    workloads: Object.fromEntries(
      [...profile.components.keys()].map((id) => [id, { address: `http://${id}.invalid` }]),
    ),
    databases: {
      main: {
        ...(connected && { connection: { env: 'DATABASE_URL_OF_NOBODY' } }),
        pooler: {
          host: 'postgres.invalid',
          port: 5432,
          image: 'registry.example/pgbouncer:1.24.1',
          userlist: 'pgbouncer-users',
        },
      },
    },
  };
}
