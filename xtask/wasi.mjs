// Runs a WASI program in Node, as cargo's runner: node wasi.mjs PROGRAM [ARGUMENT]...
//
// The program sees the folder of vectors as /vectors, where there is one, and nothing else of the
// machine; its exit code is ours.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WASI } from 'node:wasi';

const beside = fileURLToPath(new URL('../../shared/vectors', import.meta.url));
const vectors = process.env.SYMBOLON_VECTORS ?? beside;
const env = { SYMBOLON_VECTORS: '/vectors' };
if (process.env.CI !== undefined) env.CI = process.env.CI;

const program = process.argv[2];
const wasi = new WASI({
  version: 'preview1',
  args: process.argv.slice(2),
  env,
  preopens: existsSync(vectors) ? { '/vectors': vectors } : {},
});
const module = await WebAssembly.compile(readFileSync(program));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
