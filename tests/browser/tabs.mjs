// Two tabs share the queue, the session and the profile, and neither lose nor double what they send; a page closed in the middle.
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { SHOP, SHOP_DIR, SHOP_URL, check, counts, done, expect, query, queued, shop, sleep, until, visitor } from '../lib/browser.mjs';

const browser = await (await visitor()).open();
const [one, two] = await Promise.all([shop(browser), shop(browser)]);
const session = await one.evaluate(() => tracker.session);
expect('one session', await two.evaluate(() => tracker.session), session);

// Tabs that open at the same moment make a session each, and the last one's is everybody's, also for the events of the others.
const other = await visitor();
const together = await other.open();
writeFileSync(`${SHOP_DIR}/blank.html`, '<!DOCTYPE html><title>Blank</title><link rel=icon href="data:,">');
const gate = await together.newPage();
await gate.goto(`${SHOP_URL}/blank.html`);
await gate.evaluate(() => new Promise((held) => {
  navigator.locks.request('tracardi-queue/shop/', () => new Promise((open) => { window.open_gate = open; held(); }));
}));
const early = await shop(together);
const theirs = randomUUID();
await early.evaluate((id) => {
  tracker.track('early');
  document.cookie = `tracardi-session-id=${id}; path=/`;
  tracker.track('late');
}, theirs);
await gate.evaluate(() => window.open_gate());
await until('together: sent', async () => await queued(early) === 0);
expect('together: in one session', counts(theirs), { 'page-view': 1, early: 1, late: 1 });
await together.close();

// Both at once, as fast as they can.
const send = (page, name) => page.evaluate(async (name) => {
  for (let n = 0; n < 100; n++) {
    tracker.track('busy', { tab: name, n }, { fire: n % 10 === 0 });
    if (n % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}, name);
await Promise.all([send(one, 'one'), send(two, 'two')]);
await until('all are stored', () => counts(session).busy === 200);
await until('the queue is empty', async () => await queued(one) === 0);
await sleep(1000);
expect('each once', query(`SELECT count(*)::int AS n, count(DISTINCT properties)::int AS different, count(DISTINCT profile_id)::int AS profiles
  FROM tracardi.event WHERE session_id = $1 AND type = 'busy'`, session), [{ n: 200, different: 200, profiles: 1 }]);
const sent = [one, two].flatMap((page) => page.requests).map((request) => JSON.parse(request.postData()).events.length);
expect('nothing was sent twice', sent.reduce((sum, n) => sum + n), 202);
expect('one profile', await one.evaluate(() => tracker.profile), await two.evaluate(() => tracker.profile));

// The page is closed at once: the beacon takes what waits, and the other tab, once it sends something, sends that again, which
// changes nothing.
await two.evaluate(() => { tracker.track('closing', { n: 1 }); tracker.track('closing', { n: 2 }); });
await two.close({ runBeforeUnload: false });
await until('closed: they came', () => counts(session).closing === 2, 5);
await one.evaluate(() => { tracker.track('after'); });
await until('closed: the other tab empties the queue', async () => await queued(one) === 0);
expect('closed: once', [counts(session).closing, counts(session).after], [2, 1]);

// What a page tracks as it goes, comes with it.
const parting = await shop(browser);
await until('parting: page view', async () => await queued(parting) === 0);
await parting.evaluate(() => document.addEventListener('visibilitychange', () => { tracker.track('parting'); }));
await parting.close({ runBeforeUnload: false });
await until('parting: it came', () => counts(session).parting === 1, 5);

// More than a beacon may carry: in pieces.
const three = await shop(browser);
await until('another tab', () => counts(session)['page-view'] === 4);
await until('its queue', async () => await queued(three) === 0);
await three.evaluate(() => { for (let n = 0; n < 30; n++) tracker.track('large', { n, text: 'x'.repeat(8000) }); });
await until('large: stored', () => counts(session).large === 30);
await until('large: the queue is empty', async () => await queued(three) === 0);
const sizes = three.requests.map((request) => request.postDataBuffer().length);
check(`large: in pieces, ${sizes}`, sizes.length >= 4 && sizes.every((size) => size < 65536));

// Navigation in the middle.
await three.evaluate(() => { tracker.track('leaving', { n: 1 }); });
await three.goto(`${SHOP}?next`);
await until('leaving: it came', () => counts(session).leaving === 1, 5);
await until('leaving: the queue is empty', async () => await queued(three) === 0);
expect('leaving: once', counts(session).leaving, 1);

await browser.close();
done();
