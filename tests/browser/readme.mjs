// The README's blocks for the browser: the script tag in a page, then its calls, one after the other.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { SHOP_DIR, SHOP_URL, WEB_URL, check, counts, done, expect, query, shop, until, visitor } from '../lib/browser.mjs';

const blocks = [...readFileSync('README.md', 'utf8').matchAll(/^```(html|js)\n([^]*?)^```$/gm)];
const [tags, calls] = ['html', 'js'].map((kind) => blocks.filter(([, found]) => found === kind).map(([, , text]) => text).join(''));
check('the README has both', tags && calls);
execFileSync(process.env.PSQL, ['-Xq', '-c', `SELECT tracardi.create_source('shop-web')`], { stdio: 'ignore' });
writeFileSync(`${SHOP_DIR}/readme.html`, `<!DOCTYPE html><title>Readme</title><link rel=icon href="data:,"><body>${tags.replaceAll('https://track.example.com', WEB_URL)}`);

const browser = await (await visitor()).open();
const page = await shop(browser, `${SHOP_URL}/readme.html`);
const session = await page.evaluate(() => tracker.session);
await page.evaluate(`(async () => { ${calls} })()`);
await until('all are stored', () => counts(session).purchase);
expect('the events', counts(session), { 'page-view': 1, 'product-clicked': 1, purchase: 1 });
expect('their source and tags', query(`SELECT source_id, tags FROM tracardi.event WHERE session_id = $1 AND type = 'purchase'`, session), [{ source_id: 'shop-web', tags: ['espresso'] }]);
expect('where the browser keeps it', [(await browser.cookies(SHOP_URL)).map(({ name }) => name), await page.evaluate(() => Object.keys(localStorage))],
  [['tracardi-session-id'], ['tracardi-profile-id']]);
await browser.close();
done();
