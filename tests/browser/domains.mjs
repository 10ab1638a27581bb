// A visitor who follows a link to another of the sites stays the same person there; who is sent the address does not become her.
import { writeFileSync } from 'node:fs';
import { SHOP_DIR, SHOP_URL, WEB_URL, counts, done, expect, query, shop, until, visitor } from '../lib/browser.mjs';

// Another site: to browsers another host, with a storage of its own.
const OTHER_URL = SHOP_URL.replace('127.0.0.1', 'localhost');
const links = ['a', 'b', 'c'].map((id) => `<a id="${id}" href="${OTHER_URL}/there.html?n=1&amp;x=%26#${id}"><b>there</b></a>`).join(' ');
writeFileSync(`${SHOP_DIR}/here.html`, `<!DOCTYPE html><title>Here</title><link rel=icon href="data:,"><body>${links}
  <svg width="9" height="9"><a id="drawn" href="${OTHER_URL}/there.html"><text>x</text></a></svg> <a id="letter" href="mailto:a@localhost">letter</a>
  <a id="own" href="/there.html">own</a> <a id="foreign" href="http://localhost.example:1/">foreign</a> <a id="none">none</a>
  <script src="${WEB_URL}/tracker/tracker.js" data-source="shop" data-domains="example.org, localhost"></script>`);
writeFileSync(`${SHOP_DIR}/there.html`, `<!DOCTYPE html><title>There</title><link rel=icon href="data:,"><body>
  <script src="${WEB_URL}/tracker/tracker.js" data-source="shop"></script>`);

const browser = await (await visitor()).open();
const here = await shop(browser, `${SHOP_URL}/here.html`);
const profileOf = (page) => page.evaluate(() => tracker.profile);
await until('known here', () => profileOf(here));
const profile = await profileOf(here);
const tracked = async (page, type) => {
  const session = await page.evaluate((type) => (tracker.track(type, {}, { fire: true }), tracker.session), type);
  await until(type, () => counts(session)[type]);
  return query(`SELECT profile_id FROM tracardi.event WHERE session_id = $1 AND type = $2`, session, type)[0].profile_id;
};

// What other links are, they stay.
const others = ['own', 'foreign', 'none', 'drawn', 'letter'];
const targets = () => here.evaluate((others) => others.map((id) => document.getElementById(id).getAttribute('href')), others);
const before = await targets();
await here.evaluate((others) => others.forEach((id) => {
  const link = document.getElementById(id);
  link.addEventListener('click', (event) => event.preventDefault());
  link.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
}), others);
expect('other links', await targets(), before);

/** Follows a link; gives the query that was asked for. */
async function follow(link) {
  const [request] = await Promise.all([here.waitForRequest(/there\.html/), here.click(link)]);
  await here.waitForURL(/there/);
  return new URL(request.url()).search;
}
expect('the link takes it along', await follow('#a b'), `?n=1&x=%26&__tr_pid=${profile}&__tr_src=shop`);
expect('there: off the address', here.url(), `${OTHER_URL}/there.html?n=1&x=%26#a`);
expect('there: the same person', [await tracked(here, 'arrived'), await profileOf(here)], [profile, profile]);
expect('there: the view has the address that people know', query(`SELECT DISTINCT context #>> '{page,url}' AS url FROM tracardi.event
  WHERE type = 'page-view' AND context #>> '{page,title}' = 'There'`), [{ url: `${OTHER_URL}/there.html?n=1&x=%26#a` }]);

// In a new tab: by the middle button.
const back = await shop(browser, `${SHOP_URL}/here.html`);
const [tab] = await Promise.all([browser.waitForEvent('page'), back.click('#b', { button: 'middle' })]);
await tab.waitForURL(/#b$/);
expect('a new tab', new URL(tab.url()).search, '?n=1&x=%26');
expect('a new tab: the same person', await tracked(tab, 'tabbed'), profile);

// What is no profile's id is none.
const tampered = await (await visitor()).open();
const cut = await shop(tampered, `${OTHER_URL}/there.html?__tr_pid=${'x'.repeat(300)}`);
expect('tampered: somebody new', await tracked(cut, 'cut'), await profileOf(cut));
expect('tampered: off the address', cut.url(), `${OTHER_URL}/there.html`);

// Who has a profile there keeps it.
const local = await (await visitor()).open();
const there = await shop(local, `${OTHER_URL}/there.html`);
await until('known there', () => profileOf(there));
const own = await profileOf(there);
await there.goto(`${OTHER_URL}/there.html?__tr_pid=${profile}&__tr_src=shop`);
expect('known there: as before', [await tracked(there, 'again'), there.url()], [own, `${OTHER_URL}/there.html`]);

// Who does not want to be known takes nothing along, and brings nothing.
await here.goto(`${SHOP_URL}/here.html`);
await here.evaluate(() => tracker.consent(false));
expect('refused: nothing goes along', await follow('#c'), '?n=1&x=%26');
const silent = await (await visitor()).open();
const refused = await shop(silent, `${OTHER_URL}/there.html?__tr_pid=${profile}&__tr_src=shop`);
await refused.evaluate(() => tracker.consent(false));
expect('refused: nothing is brought', await profileOf(refused), null);

await Promise.all([browser, tampered, local, silent].map((each) => each.close()));
done();
