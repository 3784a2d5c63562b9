// The front door as people go through it, in their language: set-up, register, log in.

const PHRASES = {
  en: { wrong: 'The name or the password is wrong.', show: 'Show', hide: 'Hide' },
  de: { wrong: 'Der Name oder das Passwort ist falsch.', show: 'Anzeigen', hide: 'Verbergen' },
};
const NAME = 'ada@example.com';
const PASSWORD = 'correct horse battery';

const submit = (page) => page.locator('main > form > button').click();
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.className);

export default async ({ open, inspect, requests, weight, equal, check, input }) => {
  const words = PHRASES[input.language];
  const name = (page) => `${page}-${input.language}`;
  const page = await open({ locale: input.language });

  // Nobody administers yet.
  await page.goto('/');
  equal(await focused(page), 'code', 'the first field has the focus');
  await inspect(page, name('set-up'));
  await page.fill('#code', input.code);
  await page.fill('#identifier', NAME);
  await page.fill('#password', PASSWORD);
  await page.fill('#repeat', 'something else');
  await submit(page);
  equal(await focused(page), 'error', 'the summary has the focus');
  await inspect(page, name('set-up-refused'));
  await page.click('#error a');
  equal(await focused(page), 'password', 'the summary leads to the field');
  for (const [field, text] of [['code', input.code], ['password', PASSWORD], ['repeat', PASSWORD]]) {
    await page.fill(`#${field}`, text);
  }
  await submit(page);
  await page.waitForURL('**/login?notice=set-up');

  const fresh = await open({ locale: input.language });
  await fresh.goto('/login', { waitUntil: 'networkidle' });
  const login = { ...(await weight(fresh)), asked: requests(fresh).map(({ url }) => new URL(url).pathname) };
  await inspect(fresh, name('log-in'));
  await fresh.goto('/register');
  await inspect(fresh, name('register'));
  await fresh.goto('/nowhere');
  await inspect(fresh, name('not-found'));

  // The keyboard gets everywhere, in the order in which things are read.
  await page.goto('/login');
  const order = [];
  for (let step = 0; step < 4; step += 1) {
    order.push(await focused(page));
    await page.keyboard.press('Tab');
  }
  equal(order.slice(0, 3), ['identifier', 'password', 'reveal'], 'focus order');

  // A wrong password, looked at while it is typed.
  await page.fill('#identifier', NAME);
  await page.fill('#password', 'wrong');
  const reveal = page.locator('.reveal');
  equal(await reveal.innerText(), words.show);
  await reveal.click();
  equal([await reveal.innerText(), await page.getAttribute('#password', 'type')], [words.hide, 'text']);
  await submit(page);
  check((await page.locator('#error').innerText()).includes(words.wrong), 'the refusal is said');
  equal(await page.inputValue('#password'), '', 'no password comes back');
  equal(await page.getAttribute('#identifier', 'aria-invalid'), 'true');
  await inspect(page, name('log-in-refused'));

  // However often the button is pressed, the form is sent once.
  await page.fill('#password', PASSWORD);
  const before = requests(page).filter(({ method }) => method === 'POST').length;
  await page.route('**/login', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await route.continue();
  });
  await page.locator('main form > button').dblclick({ noWaitAfter: true });
  await page.waitForURL('**/account');
  await page.unroute('**/login');
  const sent = requests(page).filter(({ method }) => method === 'POST').length - before;
  equal(sent, 1, 'forms sent');

  return { login };
};
