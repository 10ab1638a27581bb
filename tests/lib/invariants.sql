-- What holds of the data tables at every moment that others can see, whatever was killed: no row when all of it does, else a row for
-- each thing that is broken. (Of databases without saveSession: false, and without retention of events that have a client's id.)
WITH profile AS (SELECT id FROM tracardi.profile),
     known AS (SELECT id FROM tracardi.profile UNION ALL SELECT id FROM tracardi.profile_alias),
     known_session AS (SELECT id FROM tracardi.session)
SELECT 'event of kind profile without a profile: ' || id FROM tracardi.event WHERE kind = 'profile' AND profile_id IS NULL
UNION ALL SELECT 'event of kind profileless with a profile: ' || id FROM tracardi.event WHERE kind = 'profileless' AND profile_id IS NOT NULL
UNION ALL SELECT 'event whose profile is not there: ' || id FROM tracardi.event WHERE profile_id NOT IN (SELECT id FROM known)
UNION ALL SELECT 'event whose session is not there: ' || id FROM tracardi.event WHERE session_id NOT IN (SELECT id FROM known_session)
UNION ALL SELECT 'event twice: ' || id FROM tracardi.event GROUP BY id HAVING count(*) > 1
UNION ALL SELECT 'event of a client''s id without its key: ' || id FROM tracardi.event WHERE external_id IS NOT NULL AND id NOT IN (SELECT id FROM tracardi.event_key)
UNION ALL SELECT 'key without its event: ' || id FROM tracardi.event_key WHERE id NOT IN (SELECT id FROM tracardi.event)
UNION ALL SELECT 'session whose profile is not there: ' || id FROM tracardi.session WHERE profile_id NOT IN (SELECT id FROM known)
UNION ALL SELECT 'session that ended, or did not: ' || id FROM tracardi.session WHERE (status = 'ended') <> (ended_at IS NOT NULL)
UNION ALL SELECT 'session last seen before it started: ' || id FROM tracardi.session WHERE last_seen_at < started_at
UNION ALL SELECT 'profile last seen before it was first: ' || id FROM tracardi.profile WHERE last_seen_at < first_seen_at
UNION ALL SELECT 'visits of a profile are not its sessions: ' || p.id FROM tracardi.profile p
  LEFT JOIN (SELECT coalesce(a.profile_id, s.profile_id) AS id, count(*) AS sessions
             FROM tracardi.session s LEFT JOIN tracardi.profile_alias a ON a.id = s.profile_id GROUP BY 1) s USING (id)
  WHERE p.visit_count <> coalesce(s.sessions, 0)
UNION ALL SELECT 'alias of no profile: ' || id FROM tracardi.profile_alias WHERE profile_id NOT IN (SELECT id FROM profile)
UNION ALL SELECT 'alias that is a profile: ' || id FROM tracardi.profile_alias WHERE id IN (SELECT id FROM profile)
UNION ALL SELECT 'merge key of nobody: ' || id FROM tracardi.merge_key WHERE profile_id NOT IN (SELECT id FROM known)
UNION ALL SELECT 'not one instance' WHERE 1 <> (SELECT count(*) FROM tracardi.instance)
UNION ALL SELECT 'not one salt' WHERE 1 < (SELECT count(*) FROM tracardi.merge_salt)
UNION ALL SELECT 'cursor that sees less at its end: ' || workflow FROM tracardi.workflow_cursor WHERE pg_snapshot_xmax(upto) < pg_snapshot_xmax(after)
UNION ALL SELECT 'failure of no event: ' || id FROM tracardi.workflow_failure WHERE status = 'waiting' AND event_id NOT IN (SELECT id FROM tracardi.event);
