-- What came of it, but for what differs from run to run: generated ids, the moment of arrival, the transaction.
\pset null NULL
SELECT i, code, answer FROM public.answer ORDER BY i;
SELECT tableoid::regclass, to_jsonb(e) - '{id,xact,received_at,noise}'::text[], CASE WHEN external_id IS NOT NULL THEN id END FROM tracardi.event e
ORDER BY time, type, external_id, to_jsonb(e) ->> 'properties', kind, session_id;
SELECT id FROM tracardi.event_key ORDER BY id;
SELECT to_jsonb(s) - '{id}'::text[] FROM tracardi.session s WHERE external_id IS NULL ORDER BY started_at, profile_id, last_seen_at;
SELECT to_jsonb(s) FROM tracardi.session s WHERE external_id IS NOT NULL ORDER BY id;
SELECT to_jsonb(p) - '{created_at,updated_at}'::text[] FROM tracardi.profile p ORDER BY id;
SELECT source_id, session_id, profile_id, options, event, code, message, path FROM tracardi.event_rejected ORDER BY id;
SELECT what, count(*) FROM public.log GROUP BY what ORDER BY what;
-- Each index has what belongs into it, and nothing else.
SELECT i.indexrelid::regclass, bt_index_check(i.indexrelid, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid IN ('tracardi.session'::regclass, 'tracardi.profile'::regclass) AND c.relam = 403 ORDER BY 1;
SET enable_seqscan = off;
SELECT count(*) FROM tracardi.session WHERE status <> 'ended';
SELECT count(*) FROM tracardi.session WHERE source_id = 'none';
