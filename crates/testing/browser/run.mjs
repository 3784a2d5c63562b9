// Runs one browser test: node run.mjs SCRIPT CHROMIUM SCREENSHOTS, with the test's input as JSON on
// stdin, because what is secret there must not be seen in the list of processes.
//
// The last line on stdout is JSON: {"found": what the script returned} or {"failed": why}.

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { Harness } from './harness.mjs';

const [script, executablePath, screenshots] = process.argv.slice(2);
const input = JSON.parse(readFileSync(0, 'utf8'));

// Names other than these do not resolve: what a page wants from elsewhere fails, and is noticed.
const elsewhere = 'MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1';
const browser = await chromium.launch({ executablePath, args: [`--host-resolver-rules=${elsewhere}`] });
let answer;
try {
  const harness = new Harness(browser, input, screenshots);
  const { default: test } = await import(pathToFileURL(script));
  const found = await test(harness);
  await harness.conclude();
  answer = { found: found ?? null };
} catch (error) {
  answer = { failed: error?.stack ?? String(error) };
} finally {
  await browser.close();
}
console.log(JSON.stringify(answer));
