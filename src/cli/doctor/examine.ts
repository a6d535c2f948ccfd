// Looks at everything Headroom depends on, all at once: what the doctor knows in the end.

import { realClock } from '../../adapters/clock.ts';
import { createPool } from '../../adapters/postgres.ts';
import { serverIdentity } from '../../adapters/server-identity.ts';
import { loadConfig, loadProfiles, migrationsDir } from '../../load-files.ts';
import type { System, Systems } from '../../plan/system.ts';
import { Secret } from '../../secret.ts';
import { allowedIn } from '../../settings/allowed-in.ts';
import { type Environment, fileSettings, parseEnvironment } from '../../settings/environment.ts';
import { assembleSystems, type HeadroomConfig } from '../../settings/headroom-config.ts';
import { clusterFindings } from './cluster-checks.ts';
import { databaseFindings } from './database-checks.ts';
import { broken, fine, type Part, unknown } from './finding.ts';
import { metricFindings } from './metric-checks.ts';
import { slackFindings } from './slack-checks.ts';
import { targetParts } from './target-checks.ts';

/** Everything at once; what depends on a setting that is wrong is not known. */
export async function examine(env: Environment): Promise<readonly Part[]> {
  const environment = parseEnvironment(env);
  const wrong = environment.ok ? [] : environment.mistakes;
  /** The value of a variable that nothing is wrong with. */
  const usable = (variable: string): string | undefined =>
    wrong.some((mistake) => mistake.variable === variable)
      ? undefined
      : env[variable]?.trim() || undefined;
  const files = fileSettings(env);
  const profiles = await loadProfiles(files);
  const config = profiles.ok ? await loadConfig(files, profiles.value) : profiles;
  const systems =
    config.ok && profiles.ok ? assembleSystems(config.value, profiles.value) : undefined;
  const settings: Part = {
    title: 'Settings',
    findings: [
      ...wrong.map(({ variable, message }) =>
        broken(variable, message, `set ${variable}; README, "Settings", says what it holds`),
      ),
      ...(environment.ok ? [fine('environment', 'every variable can be used')] : []),
      ...(config.ok
        ? [fine(files.configFile, `${config.value.systems.size} systems`)]
        : config.mistakes.map((mistake) =>
            broken(
              files.configFile,
              mistake,
              'correct that line, or set HEADROOM_CONFIG and PROFILES_DIR',
            ),
          )),
    ],
  };
  const parts = await Promise.all([
    slackPart(usable, config.ok ? config.value : undefined),
    databasePart(usable('DATABASE_URL')),
    targets(systems, usable('DATABASE_URL')),
    ...(config.ok && systems !== undefined
      ? clusterParts(config.value, [...systems.values()], usable)
      : [notKnown('Clusters and metrics', 'headroom.yaml and the profiles cannot be used')]),
  ]);
  return [settings, ...parts.flat()];
}

function notKnown(title: string, because: string): readonly Part[] {
  return [{ title, findings: [unknown(title.toLowerCase(), because)] }];
}

type Usable = (variable: string) => string | undefined;

async function slackPart(
  usable: Usable,
  config: HeadroomConfig | undefined,
): Promise<readonly Part[]> {
  const [botToken, appToken] = [usable('SLACK_BOT_TOKEN'), usable('SLACK_APP_TOKEN')];
  if (botToken === undefined) return notKnown('Slack', 'SLACK_BOT_TOKEN cannot be used');
  const apiUrl = usable('SLACK_API_URL') ?? 'https://slack.com/api/';
  const findings = await slackFindings({
    botToken: new Secret(botToken),
    appToken: appToken === undefined ? undefined : new Secret(appToken),
    apiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`,
    systems: [...(config?.systems.values() ?? [])],
  });
  return [{ title: 'Slack', findings }];
}

async function databasePart(url: string | undefined): Promise<readonly Part[]> {
  if (url === undefined) return notKnown('Database', 'DATABASE_URL cannot be used');
  return [{ title: 'Database', findings: await databaseFindings(new Secret(url), migrationsDir) }];
}

/** Databases of headroom.yaml; whether one is on Headroom's own server is known where that one answers. */
async function targets(systems: Systems | undefined, url: string | undefined) {
  const all = [...(systems?.values() ?? [])];
  if (!all.some(({ databases }) => databases.size > 0)) return [];
  return targetParts({
    systems: all,
    ownServer: url === undefined ? undefined : await identityOf(url),
    now: realClock.now(),
  });
}

async function identityOf(url: string): Promise<string | undefined> {
  const pool = createPool(url, () => {});
  try {
    return await serverIdentity(pool);
  } catch {
    // That the database is away is a finding of its own.
    return undefined;
  } finally {
    await pool.end();
  }
}

function clusterParts(
  config: HeadroomConfig,
  systems: readonly System[],
  usable: Usable,
): readonly Promise<readonly Part[]>[] {
  const allowed = allowedIn(config, new Map(systems.map((system) => [system.id, system])));
  return [...config.clusters.values()].map(async (cluster) => {
    const here = systems.filter(
      (system) =>
        system.cluster === cluster.id ||
        [...system.workloads.values()].some((workload) => workload.cluster === cluster.id),
    );
    if (here.length === 0) return notKnown(`Cluster ${cluster.id}`, 'no system runs there');
    const [ofCluster, ofMetrics] = await Promise.all([
      clusterFindings({
        cluster,
        kubeconfig: usable('KUBECONFIG'),
        systems: here,
        allowed: allowed.get(cluster.id),
        isShipped: usable('PROFILES_DIR') === undefined,
      }),
      metricFindings({
        clusterId: cluster.id,
        url: cluster.prometheus ?? usable('PROMETHEUS_URL'),
        systems: here,
      }),
    ]);
    return [
      { title: `Cluster ${cluster.id}`, findings: ofCluster },
      { title: `Prometheus of ${cluster.id}`, findings: ofMetrics },
    ];
  });
}
