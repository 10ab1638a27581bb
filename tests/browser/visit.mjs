// A visit to the shop: page view, click, login, form submission, purchase, each as rows; and a workflow's answer on the page.
import { copyFileSync } from 'node:fs';
import { SHOP, WORKDIR, check, counts, done, expect, query, queued, shop, until, visitor } from '../lib/browser.mjs';

const browser = await (await visitor()).open();
const page = await shop(browser, `${SHOP}?utm_source=newsletter&utm_campaign=spring`);
await until('the page view', () => page.requests.length > 0);
const session = await page.evaluate(() => tracker.session);
await until('the page view is stored', () => counts(session)['page-view']);

await page.click('#details');
await page.click('#login button');
await page.click('#delivery button');
await page.click('#buy');
await until('all are stored', () => Object.keys(counts(session)).length === 5);
await until('the queue is empty', async () => await queued(page) === 0);
expect('each once', counts(session), { 'page-view': 1, click: 1, 'sign-in': 1, 'form-submitted': 1, 'purchase-order': 1 });

expect('the events, in their order', query(
  `SELECT type, kind, source_id, properties, context #>> '{page,title}' AS title FROM tracardi.event WHERE session_id = $1 AND kind <> 'system' ORDER BY time, id`, session),
[
  ['page-view', {}],
  ['click', { id: 'details', text: 'Details', product: 'classic-2' }],
  ['sign-in', { login: 'ada', email: { main: 'ada@example.com' } }],
  ['form-submitted', { form: 'delivery', fields: { firstname: 'Ada', lastname: 'Example', town: 'Berlin' } }],
  ['purchase-order', { order: '2026-000417', value: 463.5, currency: 'EUR', items: ['classic-2'] }]
].map(([type, properties]) => ({ type, kind: 'profile', source_id: 'shop', properties, title: 'Classic 2 – Example Shop' })));

const [row] = query(`SELECT s.*, (SELECT count(*)::int FROM tracardi.event e WHERE e.session_id = s.id AND e.kind = 'system') AS system,
  (SELECT count(DISTINCT profile_id)::int FROM tracardi.event e WHERE e.session_id = s.id) AS profiles FROM tracardi.session s WHERE id = $1`, session);
expect('the session: whose', row.profile_id, await page.evaluate(() => tracker.profile));
expect('the session: one profile', row.profiles, 1);
expect('the session: time zone', row.context.time.tz, 'Europe/Berlin');
expect('the session: screen', [row.device.resolution, row.context.screen?.local?.width], ['1920x1080', 1920]);
expect('the session: browser', row.app.name, 'Chrome');
check(`the session: its version, ${row.app.version}`, /^\d+/.test(row.app.version));
expect('the session: os', row.os.name, 'Linux');
expect('the session: device', row.device.type, 'pc');
expect('the session: language', row.app.language, 'de-DE');
expect('the session: campaign', [row.utm.source, row.utm.campaign], ['newsletter', 'spring']);

// Events of one moment go together: a purchase is not four requests.
check(`few requests: ${page.requests.length}`, page.requests.length <= 5);
expect('no preflight is needed', [...new Set(page.requests.map((request) => request.headers()['content-type']))], ['text/plain']);

// A workflow answers: response to the page, ux into it. Its event is nowhere.
await page.click('#leave');
await page.waitForSelector('div.offer');
expect('ux', await page.textContent('div.offer'), 'Free shipping today');
await page.waitForSelector('#sent >> text=a workflow: Free shipping today');
expect('an ephemeral event is not stored', counts(session)['exit-intent'], undefined);
expect('the purchase reached the profile', query('SELECT traits FROM tracardi.profile WHERE id = $1', row.profile_id), [{ traits: { total: 463.5 } }]);

await page.screenshot({ path: `${WORKDIR}/shop.png` });
copyFileSync(`${WORKDIR}/shop.png`, `${WORKDIR}/../shop.png`);
await browser.close();
done();
