// Nothing is lost, nothing is doubled: offline and online again, reload, a closed browser, a server that is down.
import { check, counts, done, expect, query, queued, shop, sleep, tell, until, visitor } from '../lib/browser.mjs';

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
tell('rest_stop');
await until('it is down', async () => (await page.request.get(`${process.env.WEB_URL}/health`)).status() === 502);
await page.evaluate(() => { tracker.track('down', { n: 1 }); });
await sleep(2000);
await page.reload();
await page.evaluate(() => { tracker.track('down', { n: 2 }); });
await sleep(3000);
check('down: they wait', await queued(page) >= 2);
expect('down: nothing came', counts(session).down, undefined);
tell('rest_start');
await until('up again: all of them', () => counts(session).down === 2);
await until('up again: the queue is empty', async () => await queued(page) === 0);
expect('the second page view, too', counts(session)['page-view'], 2);

// Offline, and the browser is closed.
await browser.setOffline(true);
await page.evaluate(() => { tracker.track('left', { n: 1 }); tracker.track('left', { n: 2 }); });
await sleep(500);
await browser.close();
await sleep(500);
browser = await person.open();
page = await shop(browser);
await until('opened again: all of them', () => counts(session).left === 2, 15);
await until('opened again: the queue is empty', async () => await queued(page) === 0);

expect('all of it, once', counts(session), { 'page-view': 3, offline: 3, unanswered: 1, down: 2, left: 2 });
expect('one session, one profile', [await page.evaluate(() => [tracker.session, tracker.profile])], [[session, profile]]);
await browser.close();
done();
