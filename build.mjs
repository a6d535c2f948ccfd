// Bundles the app into dist/headroom.js and a few files beside it, which starts three times faster than a tree of a thousand.

import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { build } from 'esbuild';

// What an earlier build left under other names would never go.
await rm('dist', { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: { headroom: 'src/cli.ts' },
  outdir: 'dist',
  // A command reads only the parts that it needs; all lie side by side, so that paths beside them hold for each.
  splitting: true,
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

// Pictures are drawn by a WebAssembly program with fonts of its own. As files they cost nothing until the first picture;
// inside the bundle every start would read them. The font's licence goes where the font goes.
const require = createRequire(import.meta.url);
await mkdir('dist/picture', { recursive: true });
for (const file of [
  '@resvg/resvg-wasm/index_bg.wasm',
  '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
  '@expo-google-fonts/inter/700Bold/Inter_700Bold.ttf',
  '@expo-google-fonts/inter/LICENSE_FONT',
]) {
  await copyFile(require.resolve(file), `dist/picture/${basename(file)}`);
}
