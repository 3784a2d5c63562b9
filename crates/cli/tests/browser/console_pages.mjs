// How every page of the console looks, on a desktop and on a phone, light and dark.

const PAGES = {
  overview: '/admin',
  accounts: '/admin/accounts?search=user',
  clients: '/admin/clients',
  keys: '/admin/keys',
  emergency: '/admin/keys/emergency',
  verifiers: '/admin/verifiers',
  revocations: '/admin/revocations',
  audit: '/admin/audit?action=account_created',
};

export default async ({ open, inspect, input }) => {
  const page = await open();
  const [name, value] = input.cookie.split('=');
  await page.context().addCookies([{ name, value, url: input.origin }]);
  const findings = [];
  for (const [title, path] of Object.entries(PAGES)) {
    await page.goto(path);
    findings.push(...await inspect(page, `console-${title}`));
  }
  return { findings };
};
