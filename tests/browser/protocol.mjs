// An unmodified Tracardi tracker, as the browser sees it: from another origin, with a header of its own (so the browser asks
// first), without credentials; a beacon with JSON, with credentials. Of an answer it reads profile.id and ux.
import { writeFileSync } from 'node:fs';
import { SHOP_DIR, SHOP_URL, WEB_URL, check, counts, done, expect, query, until, visitor } from '../lib/browser.mjs';

const browser = await (await visitor()).open();
const page = await browser.newPage();
const errors = [];
page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
writeFileSync(`${SHOP_DIR}/blank.html`, '<!DOCTYPE html><title>Blank</title><link rel=icon href="data:,">');
await page.goto(`${SHOP_URL}/blank.html`);

// Sends one payload as its fetch does, gives what it gets.
const send = (api, payload) => page.evaluate(async ([api, payload]) => {
  const response = await fetch(`${api}/track`, {
    method: 'POST', credentials: 'omit', body: JSON.stringify(payload),
    headers: { 'Content-Type': 'application/json', 'x-timestamp': Date.now() + new Date().getTimezoneOffset() * 60000 }
  });
  return { status: response.status, data: await response.json() };
}, [api, payload]);

for (const api of [WEB_URL, `${WEB_URL}/rpc`, `${process.env.REST_URL}/rpc`]) {
  const session = crypto.randomUUID();
  const payload = async (profile, ...events) => page.evaluate(([session, profile, events]) => ({
    source: { id: 'shop' },
    context: {
      time: { local: new Date().toISOString(), tz: Intl.DateTimeFormat().resolvedOptions().timeZone },
      device: { gpu: null },
      browser: { local: {
        browser: { name: 'chrome', engine: navigator.product, appVersion: navigator.appVersion, userAgent: navigator.userAgent,
          language: navigator.language, onLine: navigator.onLine, javaEnabled: false, cookieEnabled: true },
        device: { platform: navigator.platform } } },
      screen: { local: { width: screen.width, height: screen.height, innerWidth, innerHeight, availWidth: screen.availWidth,
        availHeight: screen.availHeight, colorDepth: screen.colorDepth, pixelDepth: screen.pixelDepth, orientation: screen.orientation.type } },
      utm: { source: 'newsletter' }
    },
    profile: profile && { id: profile }, device: { id: '8c7b3c4e-2d8f-4f5b-9d55-0f6f4c1f1c11' }, session: { id: session }, options: {},
    events: events.map((event) => ({ time: { create: new Date().toISOString() }, properties: {}, ...event,
      context: { page: { url: location.href, path: location.pathname, hash: '', title: document.title, referer: { host: null, query: null }, history: { length: history.length } } } }))
  }), [session, profile, events]);

  // What is tracked while the page loads goes together; then one by one ("fire").
  const first = await send(api, await payload(null, { type: 'page-view', properties: { category: 'laptops' } }, { type: 'increase-interest', properties: { interest: 'laptops', value: 1 } }));
  expect(`${api}: status`, first.status, 200);
  const profile = first.data.profile.id;
  check(`${api}: a profile id: ${profile}`, /^[0-9a-f-]{36}$/.test(profile));
  const next = await send(api, await payload(profile, { type: 'purchase-order', properties: { value: 5 }, options: { fire: true } }));
  expect(`${api}: the same profile`, [next.status, next.data.profile.id], [200, profile]);
  const left = await send(api, await payload(profile, { type: 'exit-intent', options: { fire: true, saveEvent: false } }));
  expect(`${api}: ux`, left.data.ux, [{ tag: 'div', props: { class: 'offer' }, content: 'Free shipping today' }]);

  // A beacon of JSON is asked for with credentials; PostgREST itself, which allows any origin, doesn't let it pass.
  if (api.startsWith(WEB_URL)) {
    await page.evaluate(([api, payload]) => navigator.sendBeacon(`${api}/track`, new Blob([JSON.stringify(payload)], { type: 'application/json' })),
      [api, await payload(profile, { type: 'page-left', options: { asBeacon: true } })]);
    await until(`${api}: the beacon`, () => counts(session)['page-left'] === 1);
  }
  const { 'page-left': _, ...stored } = counts(session);
  expect(`${api}: each once`, stored, { 'page-view': 1, 'increase-interest': 1, 'purchase-order': 1 });
  expect(`${api}: the session`, query(`SELECT profile_id, device ->> 'resolution' AS screen, app ->> 'name' AS browser, os ->> 'name' AS os, utm ->> 'source' AS utm
    FROM tracardi.session WHERE id = $1`, session), [{ profile_id: profile, screen: '1920x1080', browser: 'Chrome', os: 'Linux', utm: 'newsletter' }]);
}

expect('the browser complains of nothing', errors, []);
await browser.close();
done();
