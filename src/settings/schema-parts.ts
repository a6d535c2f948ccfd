// Parts of headroom.yaml that several of its sections share.
import { z } from 'zod';
import { durationMs } from '../profile/schema/parts.ts';
import { isTimeZone, weekdays } from '../schedule/schedule.ts';

export const userId = z
  .string()
  .regex(/^[UW][A-Z0-9]{2,20}$/, 'expected a Slack user id such as U0123ABCD');

export const timezone = z
  .string()
  .refine(isTimeZone, 'expected the name of a time zone such as Europe/Berlin');

export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of the day, such as 22:00');

/** A time of the day in which something may happen, or may not. */
export function windowOf({ maxHours }: { readonly maxHours: number }) {
  const most = maxHours > 24 ? `${maxHours / 24}d` : `${maxHours}h`;
  return z.strictObject({
    at: timeOfDay,
    for: durationMs.refine(
      (ms) => ms >= 10 * 60_000 && ms <= maxHours * 3_600_000,
      `expected a duration between 10m and ${most}`,
    ),
    timezone: timezone.optional().meta({ description: 'In place of the timezone of the file.' }),
    days: z.array(z.enum(weekdays)).max(7).default([]).meta({
      description: 'It opens on these days of the week only. (Default: every day)',
    }),
  });
}

export type HeadroomWindow = z.output<ReturnType<typeof windowOf>>;

/** A day and a time of it, on the clock of some time zone. */
export const localTime = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}[ T]([01]\d|2[0-3]):[0-5]\d$/,
    'expected a day and a time, such as 2026-12-20 18:00',
  )
  .refine(isOnCalendar, 'there is no such day');

function isOnCalendar(text: string): boolean {
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
}
