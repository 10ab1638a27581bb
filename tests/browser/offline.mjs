// Nothing is lost, nothing is doubled: offline and online again, reload, a crashed page, a closed browser, a
// server that is down.
import { writeFileSync } from 'node:fs';
import { SHOP_DIR, SHOP_URL, check, counts, done, expect, query, queued, rest, shop, sleep, until, visitor } from '../lib/browser.mjs';

const person = await visitor();
let browser = await person.open();
let page = await shop(browser);
const session = await page.evaluate(() => tracker.session);
await until('the page view', () => counts(session)['page-view']);
await until('its answer', () => page.evaluate(() => tracker.profile));
const profile = await page.evaluate(() => tracker.profile);

// Offline: events wait, also over a reload. Online: all come, with the times at which they happened.
await browser.setOffline(true);
for (const n of [1, 2, 3]) await page.evaluate((n) => { tracker.track('offline', { n }); }, n);
await sleep(1500);
expect('offline: they wait', [await queued(page), counts(session).offline], [3, undefined]);
const before = Date.now();
await sleep(1500);
await browser.setOffline(false);
await until('online: they come', () => counts(session).offline === 3, 5);
expect('online: when they happened', query(
  `SELECT count(*)::int AS n FROM tracardi.event WHERE type = 'offline' AND session_id = $1 AND time < to_timestamp($2)`, session, before / 1000), [{ n: 3 }]);
await until('online: the queue is empty', async () => await queued(page) === 0);

// The answer is lost, not the request: the same ids come again, and are stored once.
let lost = 0;
await page.route('**/track', async (route) => {
  if (lost++) return route.continue();
  await route.fetch();
  await route.abort();
});
await page.evaluate(() => { tracker.track('unanswered'); });
await until('the answer is lost', () => lost > 1);
await until('sent again', async () => await queued(page) === 0);
expect('sent twice, stored once', counts(session).unanswered, 1);
await page.unroute('**/track');

// The server is down for five seconds, and the page is reloaded meanwhile.
await rest('stop');
await until('it is down', async () => (await page.request.get(`${process.env.WEB_URL}/health`)).status() === 502);
await page.evaluate(() => { tracker.track('down', { n: 1 }); });
await sleep(2000);
await page.reload();
await page.evaluate(() => { tracker.track('down', { n: 2 }); });
await sleep(3000);
check('down: they wait', await queued(page) >= 2);
expect('down: nothing came', counts(session).down, undefined);
await rest('start');
await until('up again: all of them', () => counts(session).down === 2);
await until('up again: the queue is empty', async () => await queued(page) === 0);
expect('the second page view, too', counts(session)['page-view'], 2);

// Offline, and the page crashes.
await browser.setOffline(true);
await page.evaluate(() => { tracker.track('crashed', { n: 1 }); tracker.track('crashed', { n: 2 }); });
await page.goto('chrome://crash').catch(() => {});
await page.close();
await browser.setOffline(false);
page = await shop(browser);
await until('crashed: all of them', () => counts(session).crashed === 2);
await until('crashed: the queue is empty', async () => await queued(page) === 0);

// Offline, and the browser is closed. What of its storage reaches the disk is its own affair: what it kept, comes.
await browser.setOffline(true);
await page.evaluate(() => { tracker.track('left', { n: 1 }); tracker.track('left', { n: 2 }); });
await sleep(1000);
await browser.close();
browser = await person.open();
writeFileSync(`${SHOP_DIR}/blank.html`, '<!DOCTYPE html><title>Blank</title><link rel=icon href="data:,">');
const blank = await browser.newPage();
await blank.goto(`${SHOP_URL}/blank.html`);
const kept = await queued(blank);
page = await shop(browser);
await until('opened again: all of them', () => (counts(session).left ?? 0) === kept);
await until('opened again: the queue is empty', async () => await queued(page) === 0);

const { left = 0, ...others } = counts(session);
expect('all of it, once', [left, others], [kept, { 'page-view': 4, offline: 3, unanswered: 1, down: 2, crashed: 2 }]);
expect('one session, one profile', [await page.evaluate(() => [tracker.session, tracker.profile])], [[session, profile]]);
await browser.close();
done();
