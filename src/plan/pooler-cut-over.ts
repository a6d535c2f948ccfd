// Says before a pooler is set up what of an application would be lost behind it, and what nobody could see.

import { poolerFitness } from '../database/pooler-fitness.ts';
import type { BesideLook } from './beside-deed.ts';
import type { ClusterDeed } from './database-deed-changes.ts';
import { keepsNoSessions } from './pooler-settings.ts';
import type { PersonsPart } from './sql-changes.ts';

interface CutOver {
  readonly notes: readonly string[];
  /** Somebody says that what was found goes past the pooler; a plan cannot know which application will go through it. */
  readonly first?: PersonsPart;
}

/** Only where sessions are not kept; in session mode nothing is lost. */
export function fitnessPart(
  { settings }: Extract<ClusterDeed, { deed: 'pooler' }>,
  look: BesideLook | undefined,
): CutOver {
  if (!keepsNoSessions(settings)) return { notes: [] };
  const what =
    'LISTEN, session advisory locks, PREPARE, SET, temporary tables or cursors WITH HOLD';
  if (look?.kind !== 'seen') {
    const why = look === undefined ? '' : ` (${look.because})`;
    return {
      notes: [
        `Whether applications use ${what}, which do not work through such a pooler, was not looked at${why}.`,
      ],
    };
  }
  const { found, unseen } = poolerFitness(look.answers);
  const blind = `Not seen: ${unseen.join('; ')}.`;
  if (found.length === 0) return { notes: [`Nobody was seen to use ${what}. ${blind}`] };
  return {
    notes: [blind],
    first: {
      what: `See that what uses these goes to the server itself or to a pool in session mode, because they do not work through the pooler: ${found.join(', ')}`,
      who: 'whoever deploys the applications',
      say: 'They were seen in the database; which of the applications will go through the pooler is not known here.',
    },
  };
}

/**
 * Before the application is pointed to a new pooler somebody sees that it gets in: the users and their secrets are in a
 * Secret that Headroom never reads, and nobody waits at a pooler that lets nobody in.
 */
export function loginPart(userlist: string): PersonsPart {
  return {
    what: `Log in through the pooler as each user of the applications, up to a SELECT: userlist.txt in Secret ${userlist} needs what pg_authid has of them (SCRAM-SHA-256$…), because an md5 hash opens neither the pooler nor the server`,
    who: 'somebody for databases',
    say: 'Nothing depends on the pooler before the next step.',
  };
}
