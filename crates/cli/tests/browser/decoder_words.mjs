// The decoder's page in German, and without JavaScript.

export default async ({ open, inspect, screenshot, equal, input }) => {
  const german = await open({ locale: 'de-DE' });
  await german.goto('/tools/jwt');
  await german.locator('#loading').waitFor({ state: 'hidden' });
  await german.fill('#token', input.token);
  const words = {
    title: await german.title(),
    verdict: await german.locator('#verdict strong').innerText(),
    exp: await german.locator('#claims tr', { hasText: 'exp' }).locator('time').innerText(),
    signature: await german.locator('#checks li[data-check="signature"]').innerText(),
  };
  await inspect(german, 'decoder-de');

  const plain = await open({ javaScriptEnabled: false });
  await plain.goto('/tools/jwt');
  const without = await plain.locator('noscript').innerText();
  equal(await plain.locator('#decoder').isVisible(), false, 'the tool without scripts');
  await screenshot(plain, 'decoder-without-scripts');
  return { words, without };
};
