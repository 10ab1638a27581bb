-- Over spans that hold as many events at the end as at the start: what an answer costs must not grow with what is stored.
SELECT date_trunc('minute', time) AS minute, type, count(*) FROM tracardi.event WHERE time > now() - interval '20 seconds' GROUP BY 1, 2 ORDER BY 1, 3 DESC;
SELECT properties ->> 'url' AS page, count(*), count(DISTINCT profile_id) FROM tracardi.event WHERE type = 'page-view' AND time > now() - interval '15 seconds' GROUP BY 1 ORDER BY 2 DESC LIMIT 20;
SELECT p.traits ->> 'spent' AS spent, p.visit_count, count(e.id) FROM tracardi.profile p JOIN tracardi.event e ON e.profile_id = p.id
WHERE p.segments @> '{buyers}' AND e.time > now() - interval '10 seconds' GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 20;
SELECT status, count(*), avg(last_seen_at - started_at) FROM tracardi.session GROUP BY 1;
SELECT workflow_status.* FROM tracardi.workflow_status;
SELECT source_status.* FROM tracardi.source_status;
SELECT ingest_status.* FROM tracardi.ingest_status;
