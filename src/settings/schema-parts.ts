// Parts of headroom.yaml that several of its sections share.
import { z } from 'zod';
import { isTimeZone } from '../schedule/schedule.ts';

export const userId = z
  .string()
  .regex(/^[UW][A-Z0-9]{2,20}$/, 'expected a Slack user id such as U0123ABCD');

export const timezone = z
  .string()
  .refine(isTimeZone, 'expected the name of a time zone such as Europe/Berlin');

export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of the day, such as 22:00');
