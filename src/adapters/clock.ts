// The real time, and names nobody can guess.

import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Clock, NewId } from '../ports.ts';

export const realClock: Clock = {
  now: () => new Date(),
  async sleep(ms, signal) {
    try {
      await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // A sleep that is cut short has done what it was asked.
      if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    }
  },
};

/** Without letters and digits that are mistaken for each other when read aloud. */
const alphabet = '23456789abcdefghjkmnpqrstuvwxyz';
const idCharacters = 8;

export const randomId: NewId = (prefix) =>
  `${prefix}-${[...randomBytes(idCharacters)].map((byte) => alphabet[byte % alphabet.length]).join('')}`;
