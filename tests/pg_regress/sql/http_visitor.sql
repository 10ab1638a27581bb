-- What a request tells of its visitor: kept with a new session.
SELECT test.reset();
CREATE FUNCTION test.visit(headers json, context json DEFAULT '{}', page json DEFAULT NULL, source text DEFAULT 'web', session text DEFAULT gen_random_uuid()::text,
  OUT status text, OUT device jsonb, OUT os jsonb, OUT app jsonb, OUT utm jsonb, OUT context_ jsonb) LANGUAGE plpgsql AS $$
BEGIN
  SELECT r.status INTO status FROM test.http('track(json)', json_build_object('source', json_build_object('id', source), 'session', json_build_object('id', session), 'context', context,
    'events', json_build_array(json_build_object('type', 'page-view', 'context', json_build_object('page', page))))::text, headers) AS r;
  SELECT s.device, s.os, s.app, s.utm, s.context INTO device, os, app, utm, context_ FROM tracardi.session s WHERE s.id::text = session;
END
$$;
CREATE TABLE test.agent (n int GENERATED ALWAYS AS IDENTITY, agent text);
INSERT INTO test.agent (agent) VALUES
  ('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'),
  ('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0'),
  ('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15'),
  ('Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0'),
  ('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36'),
  ('Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1'),
  ('Mozilla/5.0 (iPad; CPU OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1'),
  ('Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36'),
  ('Mozilla/5.0 (Linux; Android 12; SM-T870) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36'),
  ('curl/8.5.0'), ('something nobody knows'), (''), (NULL);
SELECT v.status, v.device, v.os, v.app FROM test.agent, test.visit(json_build_object('user-agent', agent)) AS v ORDER BY n;
-- Without the header, what the page's script read counts; what the client itself says of the device, counts more.
SELECT status, device, os, app FROM test.visit('{}', json_build_object('browser', json_build_object('local', json_build_object('browser',
  json_build_object('userAgent', (SELECT agent FROM test.agent WHERE n = 6), 'language', 'de-DE')))));
SELECT status, device FROM test.visit((SELECT json_build_object('user-agent', agent) FROM test.agent WHERE n = 6), '{"device": {"name": "kiosk 7", "brand": "Acme", "model": " ", "type": 7, "touch": true, "gpu": "x"}}');
-- The screen, and the place, which is no part of the context any more. What has another form than it should is left out.
SELECT device, context_ FROM test.visit('{}', '{"time": {"tz": "Europe/Berlin"}, "screen": {"local": {"width": 1920, "height": 1080.5, "colorDepth": 24, "orientation": "landscape-primary"}}, "location": {"country": {"name": "Germany", "code": "DE"}, "city": "Berlin", "latitude": 52.5}}');
SELECT device, context_ FROM test.visit('{}', '{"screen": {"local": {"width": "1920", "height": 1080, "colorDepth": "x", "orientation": 7}}, "location": "Berlin", "device": [], "utm": 7}');
SELECT status, device, context_ FROM test.visit('{}', '{"screen": 7, "browser": "x"}');
-- The campaign: what the payload says, else the page's address.
SELECT n, utm FROM (VALUES (1, '{"utm": {"source": "newsletter", "medium": "mail", "x": "y"}}', 'https://shop.example/?utm_source=other&utm_campaign=spring%20sale&utm_term=a+b&utm_content=%C3%A9#utm_medium=no'),
  (2, '{}', 'https://shop.example/p?gclid=G1&fbclid=F1&msclkid=M1&ttclid=T1&li_fat_id=L1&twclid=W1&q=1'), (3, '{}', 'https://shop.example/utm_source=no'), (4, '{}', '/?utm_source=%00&utm_medium=&utm_term=%ff'), (5, '{}', NULL))
  AS v (n, context, url), test.visit('{}', context::json, json_build_object('url', url)) ORDER BY n;
SELECT length(utm ->> 'source') FROM test.visit('{}', page => json_build_object('url', 'https://x/?utm_source=' || repeat('x', 10000)));
-- The referrer, in both spellings.
SELECT context_ -> 'referrer' AS referrer FROM unnest('{"{\"referer\": {\"host\": \"google.com\", \"query\": \"?q=1\"}}","{\"referrer\": \"https://google.com/\"}","{\"referer\": {\"host\": null}}","{\"referrer\": \"\"}"}'::json[]) AS page,
  test.visit('{}', page => page);
-- Languages, the preferred one first.
SELECT context_ -> 'language' AS language, context_ -> 'language_codes' AS codes FROM unnest('{"de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7","en;q=0.1, FR , *;q=0.5","x y,,;q=1,nl;q=no",*}'::text[]) AS header, test.visit(json_build_object('accept-language', header));

-- The client's address: no header is trusted unless one is named; what is kept of it is not enough to tell a person by.
SELECT device, context_ FROM test.visit('{"x-forwarded-for": "203.0.113.77", "x-real-ip": "203.0.113.77"}');
SET tracardi.client_ip_header = 'X-Forwarded-For';
SELECT header, device ->> 'ip' AS device, context_ ->> 'ip' AS context FROM unnest('{203.0.113.77,"10.1.2.3, 203.0.113.77","2001:db8:1:2:3:4:5:6","[2001:db8:1:2::5]:443",::ffff:203.0.113.77,203.0.113.77:80,unknown,"203.0.113.77, evil"}'::text[]) AS header,
  test.visit(json_build_object('x-forwarded-for', header));
SET tracardi.client_ip = 'keep';
SELECT device ->> 'ip' AS ip, context_ ->> 'ip' AS context FROM test.visit('{"x-forwarded-for": "203.0.113.77"}', '{"ip": "forged"}');
SET tracardi.client_ip = 'drop';
SELECT device, context_ FROM test.visit('{"x-forwarded-for": "203.0.113.77"}');
SET tracardi.client_ip_header = 'Cookie';
SET tracardi.client_ip = 'keep';
SELECT device, context_ FROM test.visit('{"cookie": "203.0.113.77"}');
RESET tracardi.client_ip_header;
RESET tracardi.client_ip;

-- Bots: refused, marked, or taken as anybody.
SELECT tracardi.create_source('open', bots => 'accept') AS open, tracardi.create_source('marking', bots => 'mark') AS marking;
SELECT test.code($$SELECT tracardi.create_source('zoo', bots => 'feed')$$) AS create, test.code($$UPDATE tracardi.event_source SET bots = NULL$$) AS null;
SELECT source, status, app FROM unnest('{web,open,marking}'::text[]) AS source, test.visit('{"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}', source => source);
SELECT status, body FROM test.http('track(json)', '{"source": {"id": "web"}, "events": [{"type": "a", "id": "b1"}]}', '{"user-agent": "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"}');
SELECT count(*) FROM tracardi.event_key;
SELECT status, app FROM test.visit('{"user-agent": "curl/8.5.0"}', source => 'marking');
-- A webhook comes from a server: its request tells nothing of the visitor.
SELECT status, body -> 'errors' AS errors FROM test.http('collect(json)', '{}', '{"x-tracardi-event-type": "a", "x-tracardi-source": "web", "x-tracardi-session": "0190e0a1-0000-7000-8000-000000000009", "user-agent": "Googlebot/2.1", "accept-language": "de"}');
SELECT device, os, app, context FROM tracardi.session WHERE id = '0190e0a1-0000-7000-8000-000000000009';

-- Only a new session is described; a known one's context is merged as ever. Events keep their own.
SELECT v.status, app FROM test.agent, test.visit(json_build_object('user-agent', agent), session => '0190e0a1-0000-7000-8000-000000000008') AS v WHERE n IN (3, 4) ORDER BY n;
SELECT count(*), count(DISTINCT context) FROM tracardi.event WHERE session_id = '0190e0a1-0000-7000-8000-000000000008' AND kind = 'profile';
-- SQL callers tell nothing, whatever a setting says.
BEGIN;
SELECT set_config('request.headers', '{"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "accept-language": "de"}', true) IS NOT NULL;
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "from-sql"}, "context": {"utm": {"source": "x"}}, "events": [{"type": "a"}]}'));
SELECT device, os, app, utm, context FROM tracardi.session WHERE external_id = 'from-sql';
COMMIT;
-- Neither cookies nor what authorizes are kept anywhere.
SELECT status FROM test.visit('{"authorization": "Bearer crumbs", "cookie": "crumbs=crumbs", "user-agent": "x", "x-other": "crumbs"}');
SELECT bool_or(row::text LIKE '%crumbs%') AS kept FROM (SELECT to_json(e)::text FROM tracardi.event e UNION ALL SELECT to_json(s)::text FROM tracardi.session s UNION ALL SELECT to_json(p)::text FROM tracardi.profile p) AS r (row);
DROP FUNCTION test.visit(json, json, json, text, text);
DROP TABLE test.agent;
