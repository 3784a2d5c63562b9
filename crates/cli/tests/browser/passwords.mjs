// The strength of a password while it is typed, and the pages on which people get and erase their
// data.
export default async ({ open, inspect, screenshot, requests, problems, check, equal, input }) => {
  const page = await open();
  await page.goto('/register');
  await page.fill('#identifier', 'ada');
  const place = page.locator('[data-strength-for=password]');
  check(await place.isHidden(), 'nothing is said before anything is typed');
  await page.fill('#password', 'abcdefgh1');
  await place.getByText('not enough here').waitFor();
  await inspect(page, 'register-weak');
  await page.fill('#password', input.password);
  await place.getByText('good').waitFor();
  check(!(await place.textContent()).includes('not enough'), 'a good one is enough');
  await inspect(page, 'register-good');
  const asked = requests(page).filter(({ url }) => url.endsWith('/api/v1/password/score'));
  equal(asked.length, 2, 'questions');
  await page.fill('#password', '');
  await place.waitFor({ state: 'hidden' });

  // What was said of one password is not said of the next, when that cannot be judged.
  const score = '**/api/v1/password/score';
  for (const refuse of [(route) => route.fulfill({ status: 429 }), (route) => route.abort()]) {
    await page.fill('#password', input.password);
    await place.getByText('good').waitFor();
    await page.route(score, refuse);
    await page.fill('#password', `${input.password}!`);
    await place.waitFor({ state: 'hidden' });
    await page.unroute(score);
    equal(problems(page).length, 1, 'questions that failed');
  }
  // Nor when the answer comes after the password has gone.
  await page.evaluate(() => {
    const { fetch } = window;
    window.fetch = () => {
      window.fetch = fetch;
      return new Promise((resolve) => { window.answerLate = resolve; });
    };
  });
  await page.fill('#password', input.password);
  await page.waitForFunction(() => window.answerLate);
  const isHidden = await page.evaluate(async () => {
    const password = document.getElementById('password');
    password.value = '';
    password.dispatchEvent(new Event('input'));
    window.answerLate({ ok: true, json: async () => ({ score: 4, acceptable: true }) });
    await new Promise((done) => setTimeout(done));
    return document.querySelector('[data-strength-for=password]').hidden;
  });
  check(isHidden, 'a late answer says nothing');

  // Without a script the form does the same, and the server says what is wrong.
  const plain = await open({ javaScriptEnabled: false, locale: 'de-DE' });
  await plain.goto('/register');
  await plain.fill('#identifier', 'ada');
  await plain.fill('#password', 'password1');
  await plain.fill('#repeat', 'password1');
  await plain.click('main button');
  await plain.getByText('zuerst ausprobiert').waitFor();
  await screenshot(plain, 'register-refused-de');

  await page.fill('#password', input.password);
  await page.fill('#repeat', input.password);
  await page.click('main form > button');
  await page.fill('#identifier', 'ada');
  await page.fill('#password', input.password);
  await page.click('main form > button');
  await page.waitForURL('**/account');
  await inspect(page, 'account-data');
  await page.getByRole('link', { name: 'Download your data' }).click();
  await inspect(page, 'account-export');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download' }).click(),
  ]);
  equal(download.suggestedFilename(), 'account-export.json', 'name of the file');
  await page.goto('/account');
  await page.getByRole('link', { name: 'Erase your account' }).click();
  await page.waitForURL('**/account/erase');
  await inspect(page, 'account-erase');
  await page.getByRole('button', { name: 'Erase my account for ever' }).click();
  await page.getByText('Your account is erased.').waitFor();
  await inspect(page, 'account-erased');
  return page.url();
};
