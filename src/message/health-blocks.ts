// How databases fare, for a phone: what is bad first, all that is in order in one line, and what nobody knows.

import type { SectionBlock } from '@slack/types';
import {
  type DatabaseSeen,
  type HealthLine,
  healthLines,
  serverWords,
} from '../database/health-lines.ts';
import { literal, sections } from './message.ts';

export function healthBlocks(databases: readonly DatabaseSeen[]): readonly SectionBlock[] {
  return databases.flatMap((seen) => {
    const title = `*Database ${literal(seen.name, 63)}*`;
    if (seen.kind === 'unseen') {
      return sections([`${title}\n❔ Not known: ${literal(seen.because, 300)}`], 1);
    }
    const { health } = seen;
    const lines = shown(healthLines(health));
    return sections([`${title}: ${literal(serverWords(health.server), 80)}`, ...lines], 1);
  });
}

function shown(lines: readonly HealthLine[]): readonly string[] {
  const of = (level: HealthLine['level']) =>
    lines.filter((line) => line.level === level).map(({ text }) => literal(text, 300));
  const [fine, unknown] = [of('ok'), of('unknown')];
  return [
    ...of('critical').map((text) => `🛑 Critical: ${text}`),
    ...of('warning').map((text) => `⚠️ Warning: ${text}`),
    ...(fine.length === 0 ? [] : [`☑️ ${fine.join('; ')}`]),
    ...(unknown.length === 0 ? [] : [`❔ Not known: ${unknown.join('; ')}`]),
  ];
}
