// Makes the JSON Schema of profile files, so that editors complete and check them while they are written.
import { z } from 'zod';
import { profileSchema } from './schema/profile-file.ts';

/** The text of profiles/schema.json (JSON Schema draft 7). */
export function profileJsonSchemaText(): string {
  return `${JSON.stringify(z.toJSONSchema(profileSchema, { target: 'draft-7', io: 'input' }), undefined, 2)}\n`;
}
