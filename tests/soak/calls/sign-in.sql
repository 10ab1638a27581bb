\set person random(1, 20000)
\set device random(1, 4)
SELECT tracardi.track('page-view', '{}', 'web', session_id => 'device-' || :person || '-' || :device) \gset
SELECT tracardi.track('sign-in', jsonb_build_object('email', 'person-' || :person || '@example.com'), 'web', session_id => 'device-' || :person || '-' || :device) \gset
