// The account page in somebody's language: profile, password, and ends with what they reach before
// and the receipt after; at last all of it without a script.

const PHRASES = {
  en: { now: 'just now', ended: 'The session was ended.' },
  de: { now: 'gerade eben', ended: 'Die Sitzung wurde beendet.' },
};
const NAME = 'ada@example.com';
const PASSWORD = 'correct horse battery';

const focused = (page) => page.evaluate(() => document.activeElement.id);
const logIn = async (page) => {
  await page.goto('/login');
  await page.fill('#identifier', NAME);
  await page.fill('#password', PASSWORD);
  await page.click('main > form > button');
  await page.waitForURL('**/account');
};

export default async ({ open, inspect, screenshot, axe, equal, check, input }) => {
  const words = PHRASES[input.language];
  const name = (page) => `${page}-${input.language}`;
  const page = await open({ locale: input.language });
  await logIn(page);
  await inspect(page, name('account'));
  equal(await page.locator('time[data-relative]').first().innerText(), words.now);
  check(/UTC/.test(await page.locator('time[data-relative]').first().getAttribute('title')), 'the exact moment is the title');
  await page.fill('#name', 'Ada "Countess" <Lovelace>');
  await page.locator('form[action="/account/profile"] > button').click();
  await page.waitForURL('**/account?notice=profile-saved');
  equal(await page.inputValue('#name'), 'Ada "Countess" <Lovelace>');
  await page.fill('#current', 'x');
  await page.fill('#password', PASSWORD);
  await page.fill('#repeat', 'another');
  await page.locator('form[action="/account/password"] > button').click();
  equal(await focused(page), 'error', 'the summary has the focus');
  await inspect(page, name('account-refused'));

  // The question is asked on the spot, and no is an answer.
  const other = await logInElsewhere(input.origin);
  await page.goto('/account');
  const link = page.locator(`a[href$="${other}"]`);
  await link.click();
  const dialog = page.locator('dialog[open]');
  await dialog.waitFor();
  check((await dialog.locator('.reach li').count()) === 3, 'what it reaches is said before');
  await axe(page);
  await screenshot(page, name('end-dialog'));
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  equal(await page.evaluate(() => document.activeElement.getAttribute('href')), await link.getAttribute('href'), 'the focus comes back');
  await link.click();
  await dialog.locator('button.danger').click();
  await page.waitForURL('**/account/receipt*');
  equal(await page.locator('.message').innerText(), words.ended);
  await inspect(page, name('receipt'));
  await logInElsewhere(input.origin);
  for (const [path, shot] of [['/account/sessions/end-others', 'end-others'], ['/logout', 'log-out']]) {
    await page.goto(path);
    await inspect(page, name(shot));
  }

  // All of it without a script.
  const plain = await open({ locale: input.language, javaScriptEnabled: false });
  await logIn(plain);
  await plain.click('a[href="/account/sessions/end-others"]');
  await plain.click('button.danger');
  await plain.waitForURL('**/account/receipt*');
  await plain.goto('/logout');
  await plain.click('main > form > button');
  await plain.waitForURL('**/login?notice=logged-out');
  await page.goto('/account');
  check(page.url().includes('/login'), 'the other browser was logged out');
};

// A log-in of an app, which has tokens; its session.
async function logInElsewhere(origin) {
  const answer = await fetch(`${origin}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'orders-cli/2.1' },
    body: JSON.stringify({ identifier: NAME, password: PASSWORD, credentials: ['tokens'] }),
  });
  return (await answer.json()).session.id;
}
