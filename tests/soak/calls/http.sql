\set visitor random(1, 2000)
BEGIN;
SELECT set_config('request.headers', '{"user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36", "accept-language": "de-DE,de;q=0.9"}', true) \gset
SELECT tracardi_api.track(('{"source": {"id": "web"}, "session": {"id": "3f2c8a10-0000-4000-8000-' || lpad(:visitor::text, 12, '0') || '"},
  "events": [{"type": "page-view", "properties": {"url": "https://shop.example/?utm_source=mail"}}, {"type": "heartbeat"}, {"type": 7}]}')::text) \gset
COMMIT;
