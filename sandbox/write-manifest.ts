// Writes the two manifest files of the Slack app from their one source.
import { writeFile } from 'node:fs/promises';
import { manifestFiles, renderManifest } from './manifest.ts';

for (const mode of ['socket', 'http'] as const) {
  await writeFile(new URL(`../${manifestFiles[mode]}`, import.meta.url), renderManifest(mode));
  console.log(`wrote ${manifestFiles[mode]}`);
}
