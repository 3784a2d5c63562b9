// What a token says is text, and the page may connect to nothing even if it wanted to.

export default async ({ open, screenshot, problems, requests, equal, check, input }) => {
  const page = await open();
  let dialogs = 0;
  page.on('dialog', (dialog) => {
    dialogs += 1;
    dialog.dismiss();
  });
  await page.goto('/tools/jwt');
  await page.locator('#loading').waitFor({ state: 'hidden' });
  const before = requests(page).length;
  for (const token of input.tokens) {
    await page.fill('#token', token);
    await page.fill('#issuer', '<img src=/x onerror=alert(1)>');
    await page.fill('#key', token);
    const made = await page.locator('#decoder').evaluate((root) =>
      root.querySelectorAll('img, script, iframe, a, svg, style, [onerror], [onload], [style]').length);
    equal(made, 0, 'elements that a token has made');
  }
  await page.fill('#token', input.tokens[0]);
  const text = await page.locator('#claims').innerText();
  check(text.includes('<script>alert(1)</script>'), text);
  check(text.includes('\\u{202e}'), 'what turns the direction of reading is an escape');
  await screenshot(page, 'decoder-hostile');
  equal(dialogs, 0, 'dialogs');
  equal(requests(page).length, before, 'requests');

  // What a script in this page could try, if there were one.
  const tried = await page.evaluate(async (elsewhere) => {
    const refused = (promise) => promise.then(() => 'sent', () => 'refused');
    const form = document.createElement('form');
    form.method = 'post';
    form.action = '/login';
    document.body.append(form);
    const form_blocked = new Promise((resolve) => addEventListener('securitypolicyviolation', (event) => {
      if (event.effectiveDirective === 'form-action') resolve('refused');
    }));
    form.submit();
    const image = new Image();
    const answered = new Promise((resolve, reject) => Object.assign(image, { onload: resolve, onerror: reject }));
    image.src = elsewhere;
    let markup = 'written';
    try {
      document.body.insertAdjacentHTML('beforeend', '<b>x</b>');
    } catch {
      markup = 'refused';
    }
    return {
      here: await refused(fetch('/login')),
      there: await refused(fetch(elsewhere)),
      image: await refused(answered),
      socket: await refused(new Promise((resolve, reject) => {
        const socket = new WebSocket(elsewhere.replace('http', 'ws'));
        Object.assign(socket, { onopen: resolve, onerror: reject });
      })),
      markup,
      form: await form_blocked,
    };
  }, input.elsewhere);
  // What the page complained of before it answered this has arrived.
  await page.evaluate(() => true);
  const complaints = problems(page).filter((problem) => !problem.startsWith('asks another machine'));
  return { tried, asked: requests(page).slice(before), complaints: complaints.length, url: page.url() };
};
