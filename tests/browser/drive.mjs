// Drives a real browser through one scenario: JSON on stdin, one JSON line for each step on stdout.
//
//   {"hosts": {"gate.test": "127.0.0.1"}, "timeout": 15000, "steps": [ … ]}
//
// Each step is an object with `do` and what it needs; README.md lists them. Its line is
//   {"step": 0, "do": "goto", "ok": true, "url": "…", "status": 200, "title": "…", "text": "…", …}
// The first step that fails says {"ok": false, "error": "…"} with the page as it stands, and ends the run with exit
// code 1. Nothing waits for a length of time: every step waits for what it names, at most `timeout` milliseconds.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { chromium } from 'playwright-core';

const MOST_TEXT = 20_000;
/** A page on which so many presses of Tab do not lead somewhere cannot be used by keyboard. */
const MOST_TABS = 200;
const axe = () => readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const steps = {
  goto: async ({ page }, { url }) => void (await page.goto(url)),
  fill: async ({ page }, { label, name, value }) => {
    const field = label ? page.getByLabel(label, { exact: true }) : page.locator(`[name=${JSON.stringify(name)}]`);
    await field.fill(value);
  },
  click: async ({ page }, { role, text, selector }) => {
    const target = selector ? page.locator(selector) : role ? page.getByRole(role, { name: text }) : page.getByText(text);
    await target.click();
  },
  submit: async ({ page }, { selector = 'form' }) => {
    const buttons = page.locator(selector).locator('button:not([type=button]), input[type=submit]');
    await buttons.filter({ visible: true }).first().click();
  },
  waitForURL: async ({ page }, { prefix }) => void (await page.waitForURL((url) => url.href.startsWith(prefix))),
  waitForFrame: async ({ page }, { prefix }) => {
    const arrived = () => page.frames().some((frame) => frame !== page.mainFrame() && frame.url().startsWith(prefix));
    while (!arrived()) await page.waitForEvent('framenavigated');
  },
  expectText: async ({ page }, { text, selector = 'body' }) => {
    await page.locator(selector).filter({ hasText: text }).first().waitFor();
  },
  expectNoText: async ({ page }, { text }) => {
    if ((await page.locator('body').innerText()).includes(text)) throw new Error(`the page says ${JSON.stringify(text)}`);
  },
  screenshot: async ({ page }, { path }) => void (await page.screenshot({ path })),
  readCookies: async ({ context }, { url }) => ({
    cookies: (await context.cookies(url)).map(({ value, ...flags }) => flags), // names and flags, never what they hold
  }),
  clearCookies: async ({ context }, { host }) => void (await context.clearCookies(host ? { domain: host } : {})),
  newPage: async (stage) => void watch(stage, await stage.context.newPage()),
  setJavaScriptEnabled: async (stage, { enabled }) => {
    const session = await stage.context.newCDPSession(stage.page);
    await session.send('Emulation.setScriptExecutionDisabled', { value: !enabled });
  },
  // What has the focus is asked for what a screen reader would call it.
  tabTo: async ({ page }, { text, backwards = false }) => {
    const first = await page.evaluate(() => document.activeElement?.tagName);
    for (let pressed = 0; pressed < MOST_TABS; pressed++) {
      await page.keyboard.press(backwards ? 'Shift+Tab' : 'Tab');
      const focused = page.locator(':focus');
      if ((await focused.count()) !== 1) continue;
      const seen = await focused.evaluate((element) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const labels = [...(element.labels ?? [])].map((label) => label.innerText);
        const names = [element.getAttribute('aria-label'), ...labels, element.innerText, element.value];
        return { name: names.find((name) => name?.trim())?.trim() ?? '', shows: outlineStyle !== 'none' && outlineWidth !== '0px' };
      });
      if (!seen.name.startsWith(text)) continue;
      if (!seen.shows) throw new Error(`${JSON.stringify(text)} does not show that it has the focus`);
      return { pressed: pressed + 1 };
    }
    throw new Error(`no Tab leads from ${first} to ${JSON.stringify(text)}`);
  },
  key: async ({ page }, { keys }) => void (await page.keyboard.press(keys)),
  type: async ({ page }, { text }) => void (await page.keyboard.type(text)),
  viewport: async ({ page }, { width, height }) => {
    await page.setViewportSize({ width, height });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) throw new Error(`the page is ${wide} wide in a window of ${width}`);
  },
  scheme: async ({ page }, { colors }) => void (await page.emulateMedia({ colorScheme: colors })),
  // By WCAG 2.2 AA. The debugger puts the judge in, past the page's own policy.
  judge: async ({ page }) => {
    await page.evaluate(`${axe()};0`);
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await page.evaluate((values) => axe.run({ runOnly: { type: 'tag', values } }), tags);
    const faults = violations.map(({ id, impact, help, nodes }) => `${impact}: ${id} (${help}) at ${nodes[0].html.slice(0, 200)}`);
    if (faults.length > 0) throw new Error(faults.join('; '));
  },
  violations: async (stage) => ({ violations: stage.violations.splice(0) }),
};

/** Makes `page` the one that the steps act on, and notes its last document's status and what its policy forbade. */
function watch(stage, page) {
  stage.page = page;
  stage.status = null;
  page.on('response', (response) => {
    const request = response.request();
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) stage.status = response.status();
  });
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) stage.violations.push(message.text());
  });
}

async function look({ page, status }) {
  await page.waitForLoadState();
  const body = await page.locator('body').innerText();
  return { url: page.url(), status, title: await page.title(), text: body.slice(0, MOST_TEXT) };
}

async function play(stage, scenario) {
  for (const [step, { do: name, ...needs }] of scenario.steps.entries()) {
    const line = { step, do: name, ok: true };
    try {
      if (!Object.hasOwn(steps, name)) throw new Error(`there is no step "${name}"`);
      Object.assign(line, await steps[name](stage, needs));
      Object.assign(line, await look(stage));
    } catch (error) {
      Object.assign(line, { ok: false, error: error.message.split('\n')[0] }, await look(stage).catch(() => ({})));
    }
    console.log(JSON.stringify(line));
    if (!line.ok) return false;
  }
  return true;
}

const scenario = JSON.parse(await readAll(process.stdin));
const rules = Object.entries(scenario.hosts ?? {}).map(([host, address]) => `MAP ${host} ${address}`);
const profile = mkdtempSync(join(tmpdir(), 'gatehouse-browser-'));
let done = false;
try {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    viewport: { width: 1000, height: 700 },
    colorScheme: 'light',
    ignoreHTTPSErrors: true, // the gateway's certificate is of the run's own authority
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--ignore-certificate-errors',
      ...(rules.length > 0 ? [`--host-resolver-rules=${rules.join(', ')}`] : []),
    ],
  });
  try {
    context.setDefaultTimeout(scenario.timeout ?? 15_000);
    const stage = { context, violations: [] };
    watch(stage, context.pages()[0] ?? (await context.newPage()));
    done = await play(stage, scenario);
  } finally {
    await context.close();
  }
} finally {
  rmSync(profile, { recursive: true, force: true });
}
process.exitCode = done ? 0 : 1;
