// Bundles the app into dist/headroom.js: one file starts three times faster than a tree of a thousand.

import { chmod, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const { metafile } = await build({
  entryPoints: ['src/cli.ts'],
  outfile: 'dist/headroom.js',
  bundle: true,
  platform: 'node',
  target: 'node20.20',
  format: 'esm',
  sourcemap: 'linked',
  metafile: true,
  logLevel: 'warning',
  // Optional parts of libraries that are not installed.
  external: ['ioredis', 'redis', 'pg-native', 'bullmq-otel', 'pino-pretty'],
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as createRequireHere } from 'node:module';\nimport { fileURLToPath as pathHere } from 'node:url';\nconst require = createRequireHere(import.meta.url);\nconst __filename = pathHere(import.meta.url);\nconst __dirname = pathHere(new URL('.', import.meta.url));",
  },
});
await chmod('dist/headroom.js', 0o755);
await writeFile('dist/inputs.json', JSON.stringify(Object.keys(metafile.inputs)));
