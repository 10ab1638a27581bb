/*
 * The browser tracker. A page includes it with
 *
 *   <script src="https://track.example.com/tracker/tracker.js" data-source="shop-web" defer></script>
 *
 * and calls tracker.track(type, properties, options). tracker.d.ts describes all of it.
 *
 * An event is written to the queue before it is sent, and leaves it when the server has answered for it. Each event has an
 * entry of its own in localStorage, so tabs never overwrite each other's, and an id of its own, so that sending it twice
 * stores it once: whenever in doubt, it is sent again.
 */
(function (window, document, navigator) {
  'use strict';

  const script = document.currentScript;
  const setting = script.dataset;
  const source = setting.source;
  const api = (setting.api || new URL(script.src).origin).replace(/\/$/, '');

  const domains = (setting.domains || '').split(/[\s,]+/).filter(Boolean);

  const SECOND = 1000;
  const DELAY = 0.3 * SECOND;          // how long an event waits for others
  const MOMENT = 0.1 * SECOND;         // how long an address must stay to count as viewed
  const TIMEOUT = 10 * SECOND;         // for an answer
  const BACKOFF = 60 * SECOND;         // the longest pause between attempts
  const ADOPT = 5 * SECOND;            // when another tab's event counts as left behind
  const KEEP = 7 * 86400 * SECOND;     // when an event is given up; shorter than the server remembers ids
  const ENTRIES = 1000;                // how many events wait; then the oldest go
  const BYTES = 60000;                 // of one request: browsers allow 64 KiB to what outlives its page

  const SESSION = 'tracardi-session-id';
  const SESSION_SECONDS = 1800;
  const PROFILE = 'tracardi-profile-id';
  const CONSENT = 'tracardi-consent';  // whether it may be tracked: 1 or 0
  const CONSENTS = 'tracardi-consents';   // what the server is to be told of it
  const PASS = '__tr_pid', PASS_SOURCE = '__tr_src';   // in addresses, as Tracardi's tracker has them
  const QUEUE = 'tracardi-queue/' + encodeURIComponent(source) + '/';

  const tab = uuid();
  const utm = campaign();
  const listeners = {};
  const waiting = {};                  // by entry: who waits for its answer
  const spare = {};                    // what localStorage doesn't take
  const away = new Set();              // entries that are on their way, or went with a beacon
  let held = [];                       // events before the visitor has decided
  let failures = 0;
  let sequence = 0;
  let earliest = 0;                    // not before: the server had no answer
  let passed = arrived();              // the profile that a link from another site brought
  let busy, again, timer, due;
  let viewed, viewing;                 // the address of the last page view; the timer of the next one
  let known;                           // a session that the server has answered for
  let made;                            // a session that this tab made, until then

  // ---- What the browser keeps ---------------------------------------------------------------------------------------

  // localStorage may be forbidden, or full.
  function attempt(action) {
    try { return action(); } catch (error) { return null; }
  }
  function put(key, value) {
    delete spare[key];
    attempt(() => (localStorage.setItem(key, value), true)) || (spare[key] = value);
  }
  function get(key) {
    return key in spare ? spare[key] : attempt(() => localStorage.getItem(key));
  }
  function drop(key) {
    delete spare[key];
    attempt(() => localStorage.removeItem(key));
  }
  // Tracardi's tracker keeps it in quotes.
  function profileId() {
    return (get(PROFILE) || passed || '').replace(/"/g, '') || null;
  }
  // The queue's keys, the oldest first: each holds when, and of which tab.
  function queued() {
    return (attempt(() => Object.keys(localStorage)) || []).concat(Object.keys(spare))
      .filter((key) => key.startsWith(QUEUE)).sort();
  }

  // UUIDv7: the server's indexes like ids that grow.
  function uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const hex = Date.now().toString(16).padStart(12, '0') +
      Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('').slice(12);
    return hex.replace(/(.{8})(.{4}).(.{3}).(.{3})(.{12})/, '$1-$2-7$3-' + '89ab'[bytes[0] & 3] + '$4-$5');
  }

  function current() {
    return (document.cookie.match('(?:^|; )' + SESSION + '=([^;]*)') || [])[1];
  }
  // Each use keeps the session for another half an hour.
  function session() {
    const id = current() || (made = uuid());
    cookie(id, SESSION_SECONDS);
    return id;
  }
  function cookie(value, seconds) {
    document.cookie = SESSION + '=' + value + '; path=/; max-age=' + seconds + '; SameSite=Lax' +
      (location.protocol === 'https:' ? '; Secure' : '');
  }

  // ---- May it be tracked? -------------------------------------------------------------------------------------------

  // true, false, or undefined: not decided yet, or nobody looks: browsers load pages that the visitor may never see.
  function allowed() {
    if (document.prerendering) return undefined;
    if (setting.doNotTrack !== 'ignore' && (navigator.doNotTrack === '1' || navigator.globalPrivacyControl)) return false;
    const decided = get(CONSENT);
    return decided ? decided === '1' : setting.consent === 'required' ? undefined : true;
  }

  function consent(granted, consents) {
    if (granted) {
      put(CONSENT, '1');
      if (consents) put(CONSENTS, JSON.stringify(Object.assign(attempt(() => JSON.parse(get(CONSENTS))) || {}, consents)));
      release();
      schedule(0);
    } else {
      queued().concat(PROFILE, CONSENTS).forEach(drop);
      passed = 0;
      cookie('', 0);
      put(CONSENT, '0');
      held.forEach(([, , resolve]) => resolve(null));
      held = [];
      settleGone();
    }
  }

  function release() {
    if (allowed()) held.splice(0).forEach((event) => enqueue(...event));
  }

  // ---- Context ------------------------------------------------------------------------------------------------------

  function page() {
    const referrer = attempt(() => new URL(document.referrer));
    const foreign = referrer && referrer.host !== location.host;
    return {
      url: location.href,
      path: location.pathname,
      hash: location.hash,
      title: document.title,
      referer: {
        host: foreign ? referrer.host : null,
        query: foreign ? referrer.searchParams.get('q') || referrer.searchParams.get('p') : null
      },
      history: { length: history.length }
    };
  }

  function campaign() {
    const found = {};
    new URLSearchParams(location.search).forEach((value, name) => {
      if (/^utm_(source|medium|campaign|term|content)$/.test(name)) found[name.slice(4)] = value;
    });
    return Object.keys(found)[0] && found;
  }

  function pick(object, names) {
    return Object.fromEntries(names.split(' ').map((name) => [name, object[name]]));
  }

  function context() {
    return {
      time: { local: new Date().toISOString(), tz: Intl.DateTimeFormat().resolvedOptions().timeZone },
      browser: {
        local: {
          browser: Object.assign(pick(navigator, 'appVersion userAgent language onLine cookieEnabled'), {
            name: navigator.appName, engine: navigator.product
          }),
          device: { platform: navigator.platform }
        }
      },
      screen: {
        local: Object.assign(pick(screen, 'width height availWidth availHeight colorDepth pixelDepth'),
          pick(window, 'innerWidth innerHeight'), { orientation: (screen.orientation || {}).type || 'n/a' })
      }
    };
  }

  // ---- Links between sites ------------------------------------------------------------------------------------------

  // Off the address with it: whoever is sent that is somebody else.
  function arrived() {
    const url = new URL(location.href);
    const id = url.searchParams.get(PASS);
    if (!id) return 0;
    [PASS, PASS_SOURCE].forEach((name) => url.searchParams.delete(name));
    attempt(() => history.replaceState(history.state, '', url));
    return /^[\da-f-]{36}$/i.test(id) && id;
  }

  function pass(event) {
    const link = event.target.closest && event.target.closest('a[href]');
    const own = (name) => link.hostname === name || link.hostname.endsWith('.' + name);
    if (!link || !link.hostname || link.host === location.host || !domains.some(own) || !allowed() || !profileId()) return;
    const url = new URL(link.href);
    url.searchParams.set(PASS, profileId());
    url.searchParams.set(PASS_SOURCE, source);
    link.href = url;
  }

  // ---- The queue ----------------------------------------------------------------------------------------------------

  function track(type, properties, options) {
    const { context, tags, fire, ...others } = options || {};
    const event = {
      id: uuid(),
      type,
      time: { create: new Date().toISOString() },
      properties: properties || {},
      options: others,
      context: Object.assign({ page: page() }, context),
      tags
    };
    return new Promise((resolve) => {
      const may = allowed();
      if (may) enqueue(event, fire, resolve);
      else if (may === false) resolve(null);
      else held.push([event, fire, resolve]);
    });
  }

  // With its session, for it may be sent in another one. The key sorts by time.
  function enqueue(event, fire, resolve) {
    const key = QUEUE + [Date.now(), tab, String(sequence++).padStart(6, '0')].join('/');
    const waits = queued();
    waits.slice(0, Math.max(0, waits.length - ENTRIES + 1)).forEach((oldest) => giveUp(oldest, 'too many events wait'));
    waiting[key] = resolve;
    put(key, JSON.stringify({ event, session: session(), utm }));
    // What the page tracks as it goes is not waited for.
    if (document.visibilityState === 'hidden') beacon();
    schedule(fire ? 0 : DELAY);
  }

  function settle(key, answer) {
    drop(key);
    away.delete(key);
    if (waiting[key]) waiting[key](answer);
    delete waiting[key];
  }

  // What another tab sent, or the visitor's decision removed.
  function settleGone() {
    Object.keys(waiting).filter((key) => get(key) === null).forEach((key) => settle(key, null));
  }

  function giveUp(key, reason) {
    console.warn('tracardi: dropped an event: ' + reason, get(key));
    settle(key, null);
  }

  // What this tab has to send, in requests: of one session, and not too large.
  function batches(skip, alone) {
    const found = [];
    queued().forEach((key) => {
      if (skip.has(key)) return;
      const [time, owner] = key.slice(QUEUE.length).split('/');
      const age = Math.abs(Date.now() - time);
      if (age > KEEP) return giveUp(key, 'it waited too long');
      if (owner !== tab && age < ADOPT) return;
      const text = get(key);
      const entry = attempt(() => JSON.parse(text));
      if (!entry) return drop(key);
      const size = new Blob([text]).size;
      // Tabs that open together make a session each: the last one is everybody's.
      const session = entry.session === made && current() || entry.session;
      const group = session + JSON.stringify(entry.utm);
      let batch = found[found.length - 1];
      if (!batch || alone || batch.group !== group || batch.size + size > BYTES) {
        found.push(batch = { group, size: 2000, keys: [], events: [], session, utm: entry.utm });
      }
      batch.size += size;
      batch.keys.push(key);
      batch.events.push(entry.event);
    });
    return found;
  }

  function body(batch) {
    const profile = profileId();
    return JSON.stringify({
      source: { id: source },
      session: { id: batch.session },
      profile: profile ? { id: profile } : null,
      context: Object.assign(context(), { utm: batch.utm }),
      options: {},
      events: batch.events
    });
  }

  // ---- Sending ------------------------------------------------------------------------------------------------------

  function schedule(delay) {
    const at = Math.max(earliest, Date.now() + delay);
    if (timer && due <= at) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(flush, at - Date.now());
  }

  // One tab at a time, and one request: so the first answer's profile id is there for the second request. Where there are no
  // locks, the ids keep what two tabs send from being stored twice.
  async function flush() {
    clearTimeout(timer);
    timer = 0;
    again = busy;
    if (busy) return;
    busy = true;
    const pause = await (navigator.locks ? navigator.locks.request(QUEUE, send).catch(send) : send());
    busy = false;
    if (again) schedule(0);
    if (pause) schedule(pause);
  }

  // Gives how long to wait until the next attempt; 0: there is nothing to send.
  async function send() {
    // Where the server itself fails, an event may be why: each goes alone then, and it holds up no others.
    const skip = new Set();
    let alone = false;
    for (let found; allowed() && ((found = batches(skip, alone)).length || consents());) {
      const status = await (found.length ? post(found[0]) : state(consents()));
      if (status === DONE) earliest = 0;
      else if (status !== 500 || !found.length || skip.size > 2) return backoff();
      else if (found[0].keys[1]) alone = true;
      else skip.add(found[0].keys[0]);
    }
    if (skip.size) return backoff();
    failures = 0;
    settleGone();
    return allowed() && queued().length ? ADOPT : 0;
  }

  function backoff() {
    const pause = Math.min(BACKOFF, SECOND * 2 ** failures++) * (0.5 + Math.random() / 2);
    earliest = Date.now() + pause;
    return pause;
  }

  // Gives the status, 0: none, and the answer. text/plain needs no preflight.
  async function request(path, text, keepalive) {
    const abort = new AbortController();
    const limit = setTimeout(() => abort.abort(), TIMEOUT);
    try {
      const response = await fetch(api + path, {
        method: 'POST', body: text, credentials: 'omit', keepalive, signal: abort.signal, headers: { 'Content-Type': 'text/plain' }
      });
      return [response.status, await response.json()];
    } catch (error) {
      // No answer, or none of this server's.
      return [0];
    } finally {
      clearTimeout(limit);
    }
  }

  const DONE = -1;
  const refused = (status) => status >= 400 && status < 500 && status !== 408 && status !== 429;

  // DONE: the server has answered for the events; or the status.
  async function post(batch) {
    // What outlives the page need not go with a beacon.
    const keepalive = batch.size <= BYTES;
    if (keepalive) batch.keys.forEach((key) => away.add(key));
    const [status, answer] = await request('/track', body(batch), keepalive);
    if (status >= 200 && status < 300 && answer && Array.isArray(answer.events)) {
      answered(batch, answer);
    } else if (refused(status)) {
      batch.keys.forEach((key) => giveUp(key, 'the server answered ' + status + ' ' + JSON.stringify(answer)));
    } else {
      batch.keys.forEach((key) => away.delete(key));
      return status;
    }
    return DONE;
  }

  // What the visitor agreed to, once the server knows the visitor.
  function consents() {
    return known && profileId() && get(CONSENTS);
  }

  async function state(told) {
    const [status, answer] = await request('/consent', JSON.stringify({
      source: { id: source }, session: { id: known }, profile: { id: profileId() }, consents: JSON.parse(told)
    }));
    if (refused(status)) console.warn('tracardi: consents were refused', status, answer);
    else if (status !== 200) return status;
    // Unless there is more by now.
    if (get(CONSENTS) === told) drop(CONSENTS);
    return DONE;
  }

  function answered(batch, answer) {
    const profile = answer.profile && answer.profile.id;
    if (profile && allowed()) {
      put(PROFILE, profile);
      known = batch.session;
    }
    made = 0;
    (answer.errors || []).forEach((error) => console.warn('tracardi: ' + error.message, error));
    if (setting.ux !== 'off') (answer.ux || []).forEach(append);
    if ((answer.ux || []).length) emit('ux', answer.ux);
    emit('response', answer);
    batch.keys.forEach((key) => settle(key, answer));
  }

  function append(item) {
    attempt(() => {
      const element = document.createElement(item.tag);
      Object.entries(item.props || {}).forEach(([name, value]) => element.setAttribute(name, value));
      if (item.content) element.textContent = item.content;
      document.body.appendChild(element);
    });
  }

  // No answer comes to a beacon, so its events stay in the queue; whoever sends them again changes nothing.
  function beacon() {
    if (!allowed()) return;
    batches(away).forEach((batch) => {
      if (navigator.sendBeacon(api + '/track', body(batch))) batch.keys.forEach((key) => away.add(key));
    });
  }

  // ---- The page -----------------------------------------------------------------------------------------------------

  // Where the page is. In a hash only what looks like a path is a page of its own.
  function address() {
    return location.pathname + location.search + (/^#[!/]/.test(location.hash) ? location.hash : '');
  }
  function view() {
    viewed = address();
    track('page-view');
  }
  // After a moment: then the application has set the title, or has sent the visitor on.
  function moved() {
    clearTimeout(viewing);
    if (address() !== viewed) viewing = setTimeout(view, MOMENT);
  }
  function watch() {
    ['pushState', 'replaceState'].forEach((name) => {
      const native = history[name];
      history[name] = function () {
        native.apply(history, arguments);
        moved();
      };
    });
    window.addEventListener('popstate', moved);
  }

  function start() {
    if (setting.pageView !== 'off') {
      view();
      // Back to a page that the browser had kept as it was.
      window.addEventListener('pageshow', (shown) => shown.persisted && view());
    }
    if (setting.pageView === 'history') watch();
    early.forEach((call) => track(...call));
    release();
    // What earlier pages left behind.
    schedule(DELAY);
  }

  function emit(name, value) {
    (listeners[name] || []).forEach((listener) => queueMicrotask(() => listener(value)));
  }

  function on(name, listener) {
    (listeners[name] = listeners[name] || []).push(listener);
  }

  const early = (window.tracker || {}).calls || [];
  window.tracker = {
    track, consent, on,
    get profile() { return profileId(); },
    get session() { return allowed() ? session() : null; }
  };

  if (domains[0]) ['click', 'auxclick'].forEach((name) => document.addEventListener(name, pass, true));
  window.addEventListener('online', () => flush(earliest = 0));
  window.addEventListener('pagehide', beacon);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' ? beacon() : schedule(0));

  if (document.prerendering) document.addEventListener('prerenderingchange', start, { once: true });
  else start();
})(window, document, navigator);
