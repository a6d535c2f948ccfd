// The doctor at a database of headroom.yaml: reachable without a pooler, the server that is meant, and with the grants for what is allowed.

import { createDatabases } from '../../adapters/databases.ts';
import { refusePooler } from '../../adapters/pooler.ts';
import { readSecret } from '../../adapters/secret-source.ts';
import type { ServerFacts } from '../../database/drawing.ts';
import { grantsFor, missingGrants, neededOfOwner } from '../../database/grants.ts';
import type { Platform } from '../../database/platform.ts';
import type { Answers } from '../../database/query.ts';
import { serverFacts, serverQueries } from '../../database/server-facts.ts';
import { OperationError } from '../../errors.ts';
import { readsOf } from '../../plan/database-reads.ts';
import type { DatabasePlace, SecretSource, System } from '../../plan/system.ts';
import type { Databases } from '../../ports.ts';
import { broken, type Finding, fine, look, type Part, unknown } from './finding.ts';

export interface TargetsAsked {
  readonly systems: readonly System[];
  /** The system_identifier of the server Headroom keeps its own state on; undefined where that is not known. */
  readonly ownServer: string | undefined;
  readonly now: Date;
}

/** One part for each database that has a connection. */
export async function targetParts(asked: TargetsAsked): Promise<readonly Part[]> {
  const { systems, ownServer = '' } = asked;
  const databases = createDatabases({
    systems: new Map(systems.map((system) => [system.id, system])),
    secretOf: readSecret,
    ownServer: async () => ownServer,
  });
  const all = systems.flatMap((system) =>
    [...system.databases].flatMap(([name, place]) =>
      place.connection === undefined ? [] : [{ system, name, place, source: place.connection }],
    ),
  );
  return Promise.all(
    all.map(async (each) => ({
      title: `Database ${each.name} of ${each.system.id}`,
      findings: await look('connection', () => targetFindings(each, databases, asked)),
    })),
  );
}

interface Named {
  readonly system: System;
  readonly name: string;
  readonly place: DatabasePlace;
  readonly source: SecretSource;
}

async function targetFindings(
  named: Named,
  databases: Databases,
  { ownServer, now }: TargetsAsked,
): Promise<readonly Finding[]> {
  const { system, name, place, source } = named;
  const reached = await reach('connection', source, `${pathOf(named)}.connection`);
  if (reached.state !== 'fine') return [reached, unknown('server and grants', 'it is not reached')];
  const address = { system: system.id, name };
  let answers: Answers;
  try {
    answers = await databases.read(address, serverQueries);
  } catch (error) {
    if (!(error instanceof OperationError) || error.code !== 'forbidden') throw error;
    return [reached, broken('grants', error.message, grantsCommand(named))];
  }
  const detected = serverFacts(answers, { now });
  const facts = { ...detected, platform: place.platform ?? detected.platform };
  const standbys = await Promise.all(
    [...place.standbys].map(([standby, from]) =>
      look(`standby ${standby}`, () => standbyFindings(standby, from, { named, facts, databases })),
    ),
  );
  return [
    reached,
    serverFinding(facts, named, ownServer),
    platformFinding(detected.platform, place.platform),
    ...(await grantFindings(facts, named, databases)),
    ...standbys.flat(),
  ];
}

function pathOf({ system, name }: Named): string {
  return `systems.${system.id}.databases.${name}`;
}

function grantsCommand({ system, name }: Named): string {
  return `headroom grants ${system.id}/${name}, and run that SQL as a superuser in the database`;
}

/** Whether an address answers and leads to a server itself. */
async function reach(what: string, source: SecretSource, path: string): Promise<Finding> {
  const correct = `correct what ${path} of headroom.yaml names: postgresql://user:password@host/name of the server itself`;
  try {
    await refusePooler((await readSecret(source)).reveal(), 'its address');
    return fine(what, 'answers, and no pooler in transaction mode is in the way');
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return broken(what, error.message, correct);
  }
}

function serverFinding(
  { version, server, isStandby, role }: ServerFacts,
  named: Named,
  ownServer: string | undefined,
): Finding {
  const called = `PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}, as ${role}`;
  if (server === ownServer) {
    return broken(
      'server',
      'it is the server that Headroom keeps its own state on, which it never changes',
      `move Headroom's state to a server of its own (DATABASE_URL), or take ${pathOf(named)} out of headroom.yaml`,
    );
  }
  if (isStandby) {
    return broken(
      'server',
      `${called}: it is a standby`,
      `give ${pathOf(named)}.connection the address of the primary`,
    );
  }
  return fine('server', `${called}, the primary`);
}

/** What headroom.yaml says of the platform counts; what the server looks like may tell that it is wrong. */
function platformFinding(detected: Platform, stated: Platform = detected): Finding {
  if (stated === detected) return fine('platform', stated);
  const says = `headroom.yaml says ${stated}, which counts; the server looks like ${detected}`;
  return unknown('platform', says);
}

async function grantFindings(
  { version, platform }: ServerFacts,
  named: Named,
  databases: Databases,
): Promise<readonly Finding[]> {
  const { system, name, place } = named;
  // Who keeps the server writes its settings; before 15 nobody but a superuser could.
  const isWriting = platform === 'plain' && version >= 150_000;
  const allow = place.allow.filter((each) => each !== 'settings' || isWriting);
  const reads = readsOf(system, name);
  const { role: owner } = place;
  const grants = grantsFor({ allow, reads, ...(owner !== undefined && { owner }) });
  const queries = grants.map(({ query }) => query);
  const missing = missingGrants(grants, await databases.read({ system: system.id, name }, queries));
  const [ofOwner] = neededOfOwner(allow);
  return [
    missing.length === 0
      ? fine('grants', `enough for ${allow.join(', ') || 'looking'}`)
      : broken('grants', `missing: ${missing.join('; ')}`, grantsCommand(named)),
    ...(ofOwner !== undefined && place.role === undefined
      ? [
          unknown(
            'role',
            `${ofOwner} and the like work on tables of the user itself only, because no role is named`,
            `name the owner of the tables as ${pathOf(named)}.role in headroom.yaml`,
          ),
        ]
      : []),
  ];
}

async function standbyFindings(
  standby: string,
  source: SecretSource,
  asked: { readonly named: Named; readonly facts: ServerFacts; readonly databases: Databases },
): Promise<readonly Finding[]> {
  const { named, facts, databases } = asked;
  const what = `standby ${standby}`;
  const path = `${pathOf(named)}.standbys.${standby}`;
  const reached = await reach(what, source, path);
  if (reached.state !== 'fine') return [reached];
  const address = { system: named.system.id, name: named.name, standby };
  const there = serverFacts(await databases.read(address, serverQueries), { now: facts.now });
  const correct = `correct the address that ${path} of headroom.yaml names`;
  if (there.server !== facts.server) {
    return [broken(what, 'it is no copy of the primary', correct)];
  }
  return [
    there.isStandby
      ? fine(what, 'a copy of the primary')
      : broken(what, 'its address leads to a primary', correct),
  ];
}
