// What counts as a page view: what a visitor sees. Pages that the browser loads beforehand, pages it had kept, and the addresses of
// an application that never leaves its page.
import { writeFileSync } from 'node:fs';
import { SHOP_DIR, SHOP_URL, WEB_URL, check, counts, done, expect, query, shop, sleep, until, visitor } from '../lib/browser.mjs';

const browser = await (await visitor({ ignoreDefaultArgs: ['--disable-back-forward-cache'] })).open();
const write = (name, attributes, more = '') => {
  writeFileSync(`${SHOP_DIR}/${name}.html`, `<!DOCTYPE html><title>${name}</title><link rel=icon href="data:,"><body>
    <script src="${WEB_URL}/tracker/tracker.js" data-source="shop" ${attributes}></script>${more}`);
  return `${SHOP_URL}/${name}.html`;
};
const views = (session) => query(`SELECT context #>> '{page,path}' AS path, context #>> '{page,hash}' AS hash, context #>> '{page,title}' AS title
  FROM tracardi.event WHERE session_id = $1 AND type = 'page-view' ORDER BY time, id`, session).map(({ path, hash, title }) => `${path}${hash} ${title}`);

// An application's pages.
let page = await shop(browser, write('app', 'data-page-view="history"'));
const session = await page.evaluate(() => tracker.session);
const seen = ['/app.html app'];
async function goes(what, action, path, title = path) {
  await page.evaluate(action, [path, title]);
  seen.push(`${path} ${title}`);
  await until(what, () => views(session).length >= seen.length, 10);
  expect(what, views(session), seen);
}
await until('loaded', () => views(session).length === 1);
await goes('pushState, and a title', ([path, title]) => { history.pushState({ n: 1 }, '', path); setTimeout(() => { document.title = title; }); }, '/app/grinders');
await goes('the state that was given', ([path, title]) => { window.state = history.state; history.replaceState({ n: 2 }, '', path); document.title = title; }, '/app/scales');
expect('history does as it does', await page.evaluate(() => [window.state, history.state]), [{ n: 1 }, { n: 2 }]);
await goes('a hash that is a path', ([path, title]) => { document.title = title; location.hash = '#/cart'; }, '/app/scales#/cart', 'Cart');
await page.evaluate(() => { history.pushState(null, '', '/app/scales?#part'); history.replaceState(null, '', '/app/scales#/cart'); });
await goes('sent on at once', ([path, title]) => { history.pushState(null, '', '/app/account'); history.replaceState(null, '', path); document.title = title; }, '/app/login');
await goes('back', ([, title]) => { document.title = title; history.back(); }, '/app/scales#/cart', 'Back');
await page.evaluate(() => { history.replaceState({ n: 3 }, ''); tracker.track('end', {}, { fire: true }); });
await until('the end', () => counts(session).end);
await sleep(500);
expect('no more', views(session), seen);
await page.close();

// Who did not ask for it gets none; and is left alone.
page = await shop(browser, write('plain', ''));
await until('plain: loaded', () => views(session).length === seen.length + 1);
expect('plain: the browser\'s own function', await page.evaluate(() => String(history.pushState)), 'function pushState() { [native code] }');
await page.evaluate(() => { history.pushState(null, '', '/plain/two'); });
await sleep(500);
expect('plain: no view', counts(session)['page-view'], seen.length + 1);

// Back to a page that the browser had kept.
await page.goto(write('next', 'data-page-view="off"'));
await page.goBack({ waitUntil: 'commit' });
await until('kept: seen again', () => counts(session)['page-view'] === seen.length + 2, 10);
check('kept: as it was', await page.evaluate(() => performance.getEntriesByType('navigation')[0].type === 'navigate'));
await page.close();

// Loaded beforehand: nothing is kept or sent until the visitor comes. Where a browser is driven, it loads nothing beforehand; so
// this one is left to the pages.
const later = write('later', '', `<script>
  tracker.track('loaded');
  const before = [];
  const look = () => [document.prerendering, tracker.session, document.cookie, localStorage.length];
  setTimeout(() => { before.push(...look()); localStorage.ready = 1; }, 1000);
  document.addEventListener('prerenderingchange', () => setTimeout(() => tracker.track('seen', { before, prerendering: document.prerendering })));
</script>`);
const alone = await visitor();
alone.leave(write('before', 'data-page-view="off" data-consent="required"', `<script>
  setInterval(() => { if (localStorage.ready) location.href = '${later}'; }, 1000);
</script><script type="speculationrules">{"prerender": [{"source": "list", "urls": ["${later}"], "eagerness": "immediate"}]}</script>`));
const came = () => query(`SELECT type, properties FROM tracardi.event
  WHERE context #>> '{page,path}' = '/later.html' AND type IN ('loaded', 'seen') ORDER BY type`);
await until('beforehand: the visitor came', () => came().length === 2, 30);
expect('beforehand: nothing was kept', came().map(({ type, properties }) => [type, properties]),
  [['loaded', {}], ['seen', { before: [true, null, '', 0], prerendering: false }]]);
expect('beforehand: one view', query(`SELECT count(*)::int AS n FROM tracardi.event WHERE type = 'page-view' AND context #>> '{page,path}' = '/later.html'`), [{ n: 1 }]);
alone.end();

await browser.close();
done();
