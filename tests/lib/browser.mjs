// What the tests of tests/browser use: a visitor's browser, what the database holds, and comparisons.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

const { chromium } = await import(`${process.env.PLAYWRIGHT_CORE}/index.mjs`);
export const { WEB_URL, SHOP_URL, SHOP_DIR, WORKDIR } = process.env;
export const SHOP = `${SHOP_URL}/shop.html`;

const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

/** A visitor: a browser with an empty profile of its own, which it keeps when it is closed and opened again; or that is left to
 *  a page which does all by itself, until it is ended. */
export async function visitor(options = {}) {
  const profile = mkdtempSync(`${WORKDIR}/visitor.`);
  const open = async () => {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: '/usr/bin/chromium', headless: true, args, viewport: { width: 1240, height: 760 },
      screen: { width: 1920, height: 1080 }, locale: 'de-DE', timezoneId: 'Europe/Berlin', ...options
    });
    context.setDefaultTimeout(60000);
    return context;
  };
  let left;
  const leave = (url) => { left = spawn('setpriv', ['--pdeathsig', 'TERM', '/usr/bin/chromium', '--headless=new', ...args, `--user-data-dir=${profile}`, url], { stdio: 'ignore' }); };
  const end = () => left.kill();
  return { open, leave, end };
}

/** The shop's page, in a new tab. The tab's requests to /track are in `requests`, the console's warnings in `warnings`. */
export async function shop(context, url = SHOP) {
  const page = await context.newPage();
  page.requests = [];
  page.warnings = [];
  page.on('request', (request) => { if (request.url().endsWith('/track') && request.method() === 'POST') page.requests.push(request); });
  page.on('console', (message) => {
    console.log(`  the page says: ${message.text()}`);
    if (message.type() === 'warning') page.warnings.push(message.text());
  });
  page.on('pageerror', (error) => check(`an error on the page: ${error}`, false));
  await page.goto(url);
  return page;
}

/** The rows of a query, as objects; $1, $2, … stand for values. */
export function query(sql, ...values) {
  const statement = sql.replace(/\$(\d)/g, (_, n) => `'${String(values[n - 1]).replaceAll("'", "''")}'`);
  const told = execFileSync(process.env.PSQL, ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-c',
    `SELECT coalesce(json_agg(to_json(r)), '[]') FROM (${statement}) r`], { encoding: 'utf8' });
  return JSON.parse(told);
}

/** Waits until something is so. */
export async function until(what, is, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    if (await is()) return true;
    await sleep(100);
  }
  return check(`${what}: not within ${seconds} s`, false);
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The events of a session, those of users: how often each type is stored. */
export function counts(session) {
  return Object.fromEntries(query(
    `SELECT type, count(*)::int AS n FROM tracardi.event WHERE session_id = $1 AND kind <> 'system' GROUP BY type`, session)
    .map(({ type, n }) => [type, n]));
}

/** Has the server behind nginx stopped, or started again: 'stop', 'start'. */
export async function rest(word) {
  writeFileSync(`${WORKDIR}/rest_${word}`, '');
  await until(`the server: ${word}`, () => !existsSync(`${WORKDIR}/rest_${word}`));
}

/** What stands in the queue of the page's origin. */
export const queued = (page) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('tracardi-queue/')).length);

let failures = 0;
export function check(what, holds) {
  if (!holds) { failures++; console.log(what); }
  return holds;
}
export function expect(what, got, wanted) {
  return check(`${what}\n  wanted: ${JSON.stringify(wanted)}\n  got:    ${JSON.stringify(got)}`, isDeepStrictEqual(got, wanted));
}
export function done() {
  console.log(`${failures} failures`);
  process.exit(failures ? 1 : 0);
}
