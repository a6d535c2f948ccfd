// Checks that the JSON Schema beside the profiles is the one the program follows.
import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { profileJsonSchemaText } from '../../src/profile/json-schema.ts';
import { readProfileFile } from './read-fixture.ts';

it('profiles/schema.json is generated from the schema (UPDATE_GOLDEN=1 writes it)', () => {
  if (process.env['UPDATE_GOLDEN'] === '1') {
    writeFileSync(new URL('../../profiles/schema.json', import.meta.url), profileJsonSchemaText());
  }
  expect(readProfileFile('schema.json')).toBe(profileJsonSchemaText());
});

it('knows every key, needs none that has a default, and allows no others', () => {
  expect(JSON.parse(profileJsonSchemaText())).toMatchObject({
    $schema: 'http://json-schema.org/draft-07/schema#',
    required: ['profile', 'title', 'guide', 'components'],
    additionalProperties: false,
  });
});
