// The token decoder, used as a person uses it: with a token and the keys of this very server.

const outcome = (page, check) => page.locator(`#checks li[data-check="${check}"] .state`).innerText();
const verdict = (page) => page.locator('#verdict strong').innerText();

// Everything that a page can leave behind in a browser.
const traces = (page) => page.evaluate(async () => ({
  local: localStorage.length,
  session: sessionStorage.length,
  databases: (await indexedDB.databases()).length,
  caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  cookie: document.cookie,
  state: history.state,
  name: window.name,
  query: location.search + location.hash,
}));

const drop = async (page, selector, text) => {
  const data = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'token.txt', { type: 'text/plain' }));
    return data;
  }, text);
  await page.dispatchEvent(selector, 'drop', { dataTransfer: data });
};

export default async ({ open, inspect, axe, requests, weight, equal, check, input }) => {
  const page = await open();
  const started = Date.now();
  await page.goto('/tools/jwt');
  await page.locator('#loading').waitFor({ state: 'hidden' });
  const ready = Date.now() - started;
  const loaded = requests(page).length;
  const sent = await weight(page);
  await inspect(page, 'decoder-empty');

  // Nothing but a token: it is shown, and no verdict is given.
  await page.fill('#token', input.token);
  equal(await verdict(page), 'Decoded, not verified');
  equal(await outcome(page, 'signature'), 'not checked', 'signature');
  equal(await outcome(page, 'exp'), 'passed', 'exp');
  const exp = await page.locator('#claims tr', { hasText: 'exp' }).locator('time').innerText();
  await inspect(page, 'decoder-decoded');

  // With this server's keys and the audience that was asked for.
  await page.click('#own');
  await page.fill('#audience', 'orders');
  equal(await verdict(page), 'Accepted');
  for (const name of ['algorithm', 'typ', 'key', 'signature', 'exp', 'iat', 'iss', 'aud']) {
    equal(await outcome(page, name), 'passed', name);
  }
  await inspect(page, 'decoder-accepted');

  // Another audience: refused, and what follows is still told.
  await page.fill('#audience', 'billing');
  equal(await verdict(page), 'Refused');
  equal(await outcome(page, 'aud'), 'failed', 'aud');
  await page.fill('#audience', 'orders');

  // Somebody makes the subject another one. Dropped as a file, with what people copy along.
  await drop(page, '#token', `Bearer ${input.tampered}\n`);
  await page.locator('#verdict strong', { hasText: 'Refused' }).waitFor();
  equal(await outcome(page, 'signature'), 'failed', 'signature');
  equal(await outcome(page, 'exp'), 'would pass', 'exp');
  check((await page.locator('#claims').innerText()).includes('somebody else'), 'the changed claim is shown');
  await inspect(page, 'decoder-tampered');

  // A key that is none, and PEM.
  await page.fill('#key', '-----BEGIN PUBLIC KEY-----');
  check((await page.locator('#key-state').innerText()).includes('JWK'), 'PEM is refused in words');
  await page.fill('#key', '{"kty":"RSA"}');
  check((await page.locator('#key-state').innerText()).startsWith('Not usable'), 'a broken key is refused');
  await axe(page);

  const asked = requests(page).slice(loaded);
  const left = await traces(page);

  // Who comes back finds nothing, neither by the button nor by a reload.
  await page.goto('/login');
  await page.goBack();
  await page.locator('#loading').waitFor({ state: 'hidden' });
  const kept = await page.evaluate(() =>
    [...document.querySelectorAll('textarea, input')].map((field) => field.value).join(''));
  return { ready, sent, exp, asked, left, kept };
};
