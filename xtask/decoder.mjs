// Tries the decoder's module in Node: node decoder.mjs MODULE, which may be gzipped.
//
// The token is RFC 8037's, appendix A.4; its payload is no JSON, which the decoder has to say.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';

const bytes = readFileSync(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'symbolon-decoder-'));
const file = join(folder, 'module.mjs');
writeFileSync(file, process.argv[2].endsWith('.gz') ? gunzipSync(bytes) : bytes);
const module = await import(pathToFileURL(file));
rmSync(folder, { recursive: true });
await module.load();

const key = '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}';
const signed = 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc';
const signature = 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';
const check = (token, name) => {
  const report = JSON.parse(module.examine(token, key, 'https://id.example', 'orders', 'JWT', 1_800_000_000));
  return report.checks.find((line) => line.check === name).outcome;
};

for (const [token, name, expected] of [
  [`${signed}.${signature}`, 'signature', 'passed'],
  [`${signed}.${signature}`, 'claims', 'failed'],
  [`${signed}.${signature.replace('hgyY', 'hgyZ')}`, 'signature', 'failed'],
]) {
  const outcome = check(token, name);
  if (outcome !== expected) throw new Error(`${name}: ${outcome} instead of ${expected}`);
}
