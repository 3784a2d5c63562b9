// What an administrator does in the console, and how soon it can be used.

const logIn = async (page, { name, password }) => {
  await page.goto('/login?next=/admin');
  await page.fill('#identifier', name);
  await page.fill('#password', password);
  await page.locator('form[action="/login"] button:not([type=button])').click();
  await page.waitForURL('**/admin');
};

const areDrawn = () => performance.getEntriesByName('charts-drawn').length === 1;

// The median of several loads, in milliseconds from the start of the navigation.
const timeToInteractive = async (page, path, isReady) => {
  const times = [];
  for (let load = 0; load < 5; load += 1) {
    await page.goto(path);
    await page.waitForFunction(isReady);
    times.push(await page.evaluate(() => {
      const [navigation] = performance.getEntriesByType('navigation');
      const drawn = performance.getEntriesByName('charts-drawn').map((mark) => mark.startTime);
      return Math.max(navigation.domContentLoadedEventEnd, ...drawn);
    }));
  }
  times.sort((a, b) => a - b);
  return Math.round(times[2] * 10) / 10;
};

export default async ({ open, inspect, screenshot, weight, check, equal, input }) => {
  const page = await open();
  await logIn(page, input);
  const loaded = await weight(page);

  // The picture shows what the table says.
  await page.waitForFunction(areDrawn);
  equal(await page.locator('[data-chart] canvas').count(), 2, 'charts');
  const legend = await page.locator('#refused ~ [data-chart] .u-label').allTextContents();
  const columns = await page.locator('#refused ~ .scroll thead th').allTextContents();
  equal(legend.slice(1), columns.slice(1), 'series of the chart');
  const isInked = await page.locator('#refused ~ [data-chart] canvas').evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value) => value > 0);
  });
  check(isInked, 'nothing is drawn');

  const interactive = {
    overview: await timeToInteractive(page, '/admin', areDrawn),
    audit: await timeToInteractive(page, '/admin/audit', () => document.readyState === 'complete'),
  };
  equal(await page.locator('tbody tr').count(), 100, 'events on a page');

  // One account: a question in a dialog, then who has applied it.
  await page.goto('/admin/accounts?search=alice');
  await page.getByRole('link', { name: 'alice' }).click();
  const findings = await inspect(page, 'console-account');
  const account = page.url();
  await page.getByRole('link', { name: 'Disable the account' }).click();
  await page.getByRole('heading', { name: 'Disable alice?' }).waitFor();
  equal(page.url(), account, 'where the question is asked');
  await screenshot(page, 'console-question-dialog');
  await page.locator('dialog [data-cancel]').click();
  equal(await page.locator('dialog').count(), 0, 'dialogs after Cancel');
  await page.goto(`${account}/disable`);
  findings.push(...await inspect(page, 'console-question'));
  await page.getByRole('button', { name: 'Disable the account' }).click();
  await page.waitForURL('**/admin/receipt?*');
  findings.push(...await inspect(page, 'console-receipt'));

  // Without a script there is the table, and the question is a page.
  const plain = await open({ javaScriptEnabled: false, locale: 'de-DE' });
  await logIn(plain, input);
  check(await plain.locator('table.counts').first().isVisible(), 'no table without a script');
  await screenshot(plain, 'console-plain-german');
  await plain.goto(account);
  await plain.getByRole('button', { name: 'Konto freigeben' }).click();
  await plain.getByText('Das Konto ist wieder freigegeben.').waitFor();
  await plain.getByRole('link', { name: 'Konto sperren' }).click();
  await plain.getByRole('heading', { name: 'alice sperren?' }).waitFor();

  return { findings, interactive, weight: loaded };
};
