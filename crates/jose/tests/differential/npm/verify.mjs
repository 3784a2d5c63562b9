// Reads one JSON object a line, {jwk, alg, token}, after a first line of settings, and answers
// each with a line: "ok", or "no" and jose's error code.

import { readFileSync } from 'node:fs';
import { importJWK, jwtVerify } from 'jose';

const [settings, ...cases] = readFileSync(0, 'utf8').split('\n').filter(Boolean).map(JSON.parse);
const keys = new Map();
const answers = [];
for (const { jwk, alg, token } of cases) {
  if (!keys.has(alg)) keys.set(alg, await importJWK(jwk, alg));
  try {
    await jwtVerify(token, keys.get(alg), {
      algorithms: [alg],
      issuer: settings.issuer,
      audience: settings.audience,
      typ: 'JWT',
      requiredClaims: ['exp'],
      clockTolerance: settings.leeway,
      currentDate: new Date(settings.now * 1000),
    });
    answers.push('ok');
  } catch (error) {
    answers.push(`no ${error.code ?? error.name}`);
  }
}
console.log(answers.join('\n'));
