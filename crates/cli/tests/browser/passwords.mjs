// The strength of a password while it is typed, and the pages on which people get and erase their
// data.
export default async ({ open, inspect, screenshot, requests, check, equal, input }) => {
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
