// What the tracker must not do, and what it makes of refusals: consent, do-not-track, errors, switches, another profile id.
import { writeFileSync } from 'node:fs';
import { SHOP, SHOP_DIR, SHOP_URL, WEB_URL, check, counts, done, expect, query, queued, shop, sleep, until, visitor } from '../lib/browser.mjs';

const browser = await (await visitor()).open();

/** A page of the shop's origin with a tag of its own. */
let pages = 0;
function tagged(attributes, before = '') {
  const name = `tagged${++pages}.html`;
  writeFileSync(`${SHOP_DIR}/${name}`, `<!DOCTYPE html><title>Tagged</title><link rel=icon href="data:,"><body><script>${before}</script>
    <script src="${WEB_URL}/tracker/tracker.js" ${attributes}></script>`);
  return shop(browser, `${SHOP_URL}/${name}`);
}
const kept = (page) => page.evaluate(() => [document.cookie, ...Object.keys(localStorage).filter((key) => key !== 'tracardi-consent')].filter(Boolean));

// Consent: nothing is kept or sent before; then what happened meanwhile comes; and it can be taken back.
let page = await tagged('data-source="shop" data-consent="required"');
await page.evaluate(() => { window.early = tracker.track('early'); });
await sleep(1500);
expect('undecided: nothing is sent or kept', [page.requests.length, await kept(page), await page.evaluate(() => tracker.session)], [0, [], null]);
await page.evaluate(() => tracker.consent(true, { marketing: true, 'third-party': true }));
const session = await page.evaluate(() => tracker.session);
await until('granted: what waited comes', () => counts(session).early);
expect('granted: once', counts(session), { 'page-view': 1, early: 1 });
expect('granted: its promise has the answer', await page.evaluate(async () => (await early).events.length), 2);
await until('granted: the profile has it', () => query('SELECT consents FROM tracardi.profile p JOIN tracardi.session s ON p.id = profile_id WHERE s.id = $1', session)[0]?.consents.marketing);
await page.reload();
await until('granted: the next page knows', () => counts(session)['page-view'] === 2);
await page.evaluate(() => { window.late = tracker.track('late'); tracker.consent(false); });
expect('taken back: nothing is kept', [await kept(page), await page.evaluate(() => late)], [[], null]);
page.requests.length = 0;
expect('taken back: an event is dropped', await page.evaluate(() => tracker.track('later')), null);
await page.reload();
await sleep(1500);
expect('taken back: the next page knows', [page.requests.length, await kept(page)], [0, []]);
expect('taken back: nothing came', counts(session), { 'page-view': 2, early: 1 });
await page.evaluate(() => localStorage.clear());
await page.close();

// Who asks not to be tracked is not; unless the page says otherwise.
await browser.addInitScript(() => { if (location.search.includes('dnt')) Object.defineProperty(navigator, 'doNotTrack', { value: '1' }); });
page = await shop(browser, `${SHOP}?dnt`);
expect('do not track', await page.evaluate(() => tracker.track('a')), null);
await sleep(1000);
expect('do not track: nothing is sent or kept', [page.requests.length, await kept(page)], [0, []]);
await page.close();

// Refusals: dropped with a warning, for they would be refused again.
page = await tagged('data-source="unknown"');
await until('401: a warning', () => page.warnings.some((text) => /401/.test(text) && /unknown/.test(text)));
expect('401: dropped', await queued(page), 0);
expect('401: once', page.requests.length, 1);
await page.close();

page = await tagged('data-source="shop" data-page-view="off" data-ux="off"', `window.tracker = { calls: [['called-early', { n: 1 }]] };`);
const second = await page.evaluate(() => tracker.session);
await until('a call before the script', () => counts(second)['called-early']);
expect('page-view off', counts(second), { 'called-early': 1 });
// One event of a batch is rejected: the others are in, it is told, and nothing is sent again.
const answers = await page.evaluate(() => Promise.all([tracker.track('good'), tracker.track(' '), tracker.track('good')]));
expect('226: the answer', answers.map((answer) => answer.events.map(Boolean)), Array(3).fill([true, false, true]));
await until('226: a warning', () => page.warnings.some((text) => /type/.test(text)));
expect('226: the others', [counts(second).good, await queued(page)], [2, 0]);
// ux is handed over, and not appended.
const given = await page.evaluate(() => new Promise((resolve) => {
  tracker.on('ux', (items) => resolve([items, document.querySelectorAll('.offer').length]));
  tracker.track('exit-intent', {}, { fire: true, saveEvent: false });
}));
expect('ux off: handed over only', given, [[{ tag: 'div', props: { class: 'offer' }, content: 'Free shipping today' }], 0]);
// Context, tags and options of an event.
await page.evaluate(() => tracker.track('rich', { a: 1 }, { fire: true, context: { cart: { items: 2 } }, tags: ['vip'] }));
expect('context and tags', query(`SELECT tags, context -> 'cart' AS cart, context #>> '{page,path}' AS path FROM tracardi.event WHERE session_id = $1 AND type = 'rich'`, second),
  [{ tags: ['vip'], cart: { items: 2 }, path: '/tagged3.html' }]);

// 429 and 503 come again; the profile's id is replaced when the server answers with another one.
let refused = 0;
await page.route('**/track', (route) => refused++ ? route.continue() : route.fulfill({ status: 429, json: { detail: 'Too many requests.' }, headers: { 'Access-Control-Allow-Origin': '*' } }));
await page.evaluate(() => { localStorage.setItem('tracardi-profile-id', '00000000-0000-4000-8000-000000000000'); tracker.track('patient'); });
await until('429: sent again', () => counts(second).patient);
expect('429: once', counts(second).patient, 1);
expect('another profile id', await page.evaluate(() => tracker.profile), query('SELECT profile_id FROM tracardi.session WHERE id = $1', second)[0].profile_id);
await page.unroute('**/track');
// An event that the server fails at: it is tried again, and holds up no other.
let failed = 0;
await page.route('**/track', async (route) => {
  if (!/poison/.test(route.request().postData())) return route.continue();
  failed++;
  return route.fulfill({ status: 500, json: {}, headers: { 'Access-Control-Allow-Origin': '*' } });
});
await page.evaluate(() => { ['before', 'poison', 'behind'].forEach((type) => tracker.track(type)); });
await until('500: the others', () => counts(second).before && counts(second).behind);
expect('500: it waits', await queued(page), 1);
check('500: alone, the second time', failed >= 2);
await page.unroute('**/track');
await until('500: it comes', () => counts(second).poison);
// What Tracardi's own tracker left: the id in quotes.
await page.evaluate(() => localStorage.setItem('tracardi-profile-id', JSON.stringify(tracker.profile)));
await page.evaluate(() => tracker.track('moved', {}, { fire: true }));
expect('the id in quotes', JSON.parse(page.requests.at(-1).postData()).profile.id, query('SELECT profile_id FROM tracardi.session WHERE id = $1', second)[0].profile_id);
// What is no answer of this server's, though it says 200.
let portal = 0;
await page.route('**/track', (route) => portal++ ? route.continue() : route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Welcome to our WLAN</h1>', headers: { 'Access-Control-Allow-Origin': '*' } }));
await page.evaluate(() => { tracker.track('portal'); });
await until('a portal: sent again', () => counts(second).portal);
await page.unroute('**/track');

// The session's cookie: half an hour, renewed by each use.
const [cookie] = await browser.cookies(SHOP);
const left = cookie.expires - Date.now() / 1000;
check(`the cookie ${cookie.name} lasts ${left} s`, cookie.name === 'tracardi-session-id' && left > 1700 && left <= 1800 && cookie.path === '/');

// Without localStorage it works all the same.
await browser.addInitScript(() => { if (location.search.includes('nostore')) Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden'); } }); });
const bare = await shop(browser, `${SHOP}?nostore`);
await bare.evaluate(() => { tracker.track('bare'); });
await until('without localStorage', () => counts(second).bare);
expect('without localStorage: once', counts(second).bare, 1);

await browser.close();
done();
