// What a browser test works with. The one thing that must not be broken: whatever a page complains
// of on its console, and whatever it asks of any other machine, fails the test.

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isIP } from 'node:net';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };

export class Harness {
  #browser;
  #screenshots;
  #records = new Map();

  constructor(browser, input, screenshots) {
    this.#browser = browser;
    this.#screenshots = screenshots;
    // What the Rust side gave. `input.origin` is where relative URLs lead.
    this.input = input;
    for (const name of ['open', 'axe', 'inspect', 'screenshot', 'requests', 'weight', 'problems', 'check', 'equal']) {
      this[name] = this[name].bind(this);
    }
  }

  // A page in a browser profile of its own. Options are those of Playwright's newContext.
  async open(options = {}) {
    const context = await this.#browser.newContext({
      baseURL: this.input.origin,
      viewport: SIZES.desktop,
      locale: 'en-GB',
      timezoneId: 'UTC',
      colorScheme: 'light',
      reducedMotion: 'reduce',
      ...options,
    });
    const runsScripts = options.javaScriptEnabled !== false;
    const record = { runsScripts, requests: [], answers: [], problems: [], refusedPages: new Set() };
    this.#records.set(context, record);
    context.on('request', (request) => {
      const entry = { method: request.method(), type: request.resourceType(), url: request.url() };
      record.requests.push(entry);
      if (!isHere(entry.url)) record.problems.push(`asks another machine: ${entry.method} ${entry.url}`);
    });
    context.on('response', (response) => {
      record.answers.push(response);
      const isPage = response.request().resourceType() === 'document';
      if (isPage && response.status() >= 400) record.refusedPages.add(response.url());
    });
    context.on('console', (message) => {
      if (message.type() !== 'error') return;
      const { url } = message.location();
      // A form that is answered with 401 is a page, and Chromium reports it like a missing file.
      const isPage = message.text().startsWith('Failed to load resource') && record.refusedPages.has(url);
      if (!isPage) record.problems.push(`console: ${message.text()} (${url})`);
    });
    context.on('weberror', (error) => record.problems.push(`uncaught: ${error.error().stack}`));
    return context.newPage();
  }

  // What this page's profile has asked for so far: [{ method, type, url }].
  requests(page) {
    return [...this.#record(page).requests];
  }

  // How many answers came and what they weigh as sent, heads included.
  async weight(page) {
    const { answers } = this.#record(page);
    let bytes = 0;
    for (const answer of answers) {
      const sizes = await answer.request().sizes();
      bytes += sizes.responseHeadersSize + sizes.responseBodySize;
    }
    return { requests: answers.length, bytes };
  }

  // What went wrong so far, and forgets it: for a test that provokes it. The rest fails the test.
  problems(page) {
    return this.#record(page).problems.splice(0);
  }

  // axe-core on the page as it is. Serious and critical findings fail the test, the others come back.
  async axe(page) {
    this.check(this.#record(page).runsScripts, 'axe needs a page in which scripts run');
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { preload: false }));
    const findings = violations.map(({ id, impact, help, nodes }) => ({
      id, impact, help, where: nodes.map((node) => node.target.join(' ')),
    }));
    const grave = findings.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    this.check(grave.length === 0, `axe on ${page.url()}: ${JSON.stringify(grave, null, 2)}`);
    return findings;
  }

  // target/screenshots/NAME.png, the whole page.
  async screenshot(page, name) {
    mkdirSync(this.#screenshots, { recursive: true });
    await page.screenshot({ path: join(this.#screenshots, `${name}.png`), fullPage: true });
  }

  // The page on a desktop and on a phone, light and dark: a screenshot of each, axe's findings, and
  // nothing that makes the page wider than the screen.
  async inspect(page, name) {
    const findings = [];
    for (const [device, size] of Object.entries(SIZES)) {
      await page.setViewportSize(size);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        findings.push(...await this.axe(page));
        await this.screenshot(page, `${name}-${device}-${colorScheme}`);
      }
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      this.check(excess <= 0, `${page.url()} is ${excess} px wider than a ${device}`);
    }
    await page.setViewportSize(SIZES.desktop);
    await page.emulateMedia({ colorScheme: 'light' });
    return findings;
  }

  check(holds, otherwise) {
    if (!holds) throw new Error(otherwise);
  }

  equal(actual, expected, what = 'value') {
    const [is, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
    this.check(is === wanted, `${what}: ${is} instead of ${wanted}`);
  }

  // Called after the script: whatever a page complained of fails the test.
  async conclude() {
    // What a page said before it answered this has arrived.
    const pages = [...this.#records.keys()].flatMap((context) => context.pages());
    await Promise.all(pages.map((page) => page.evaluate(() => true).catch(() => false)));
    const problems = [...this.#records.values()].flatMap((record) => record.problems);
    this.check(problems.length === 0, `the pages had problems:\n${problems.join('\n')}`);
  }

  #record(page) {
    return this.#records.get(page.context());
  }
}

// Loopback, or no network at all (data:, blob:, about:).
function isHere(url) {
  const { protocol, hostname } = new URL(url);
  if (!/^(https?|wss?):$/.test(protocol)) return true;
  return hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));
}
