\set visitor random_zipfian(1, 50000, 1.05)
\set page random(1, 200)
SELECT tracardi.track(('{"source": {"id": "web"}, "session": {"id": "visit-' || :visitor || '"}, "profile": {"id": null}, "context": {"screen": {"width": 1280, "height": 800}},
  "events": [{"type": "page-view", "properties": {"url": "/products/' || :page || '", "title": "Product ' || :page || '", "referrer": "https://search.example/?q=shoes"}}]}')::jsonb) \gset
