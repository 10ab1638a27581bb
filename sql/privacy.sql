-- What a person may ask for. A person is named by the profile's uuid, by an id that it had before, by the text that the client
-- sent, or by the primary id.

CREATE FUNCTION tracardi.forget(profile_id text) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_forget';
COMMENT ON FUNCTION tracardi.forget(text) IS
  'removes all that is kept of a person, and what rejected events and failures tell, and returns how many rows of what; zeros if there is nobody; calls of track() for that person come before, or make a new one; 21000 if several profiles have that primary id, 40001 in the stricter isolation levels';

CREATE FUNCTION tracardi.anonymize(profile_id text) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_anonymize';
COMMENT ON FUNCTION tracardi.anonymize(text) IS
  'the same, but events and sessions stay to be counted: emptied, with their types, times, sources and tags, under new ids, for a new profile that holds visit_count and the times alone';

CREATE FUNCTION tracardi.export(profile_id text) RETURNS jsonb
  STABLE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_export';
COMMENT ON FUNCTION tracardi.export(text) IS
  'all that is kept of a person: {profile, aliases, sessions, events, rejected, workflow_failures}; null if nothing is; 21000 if several profiles have that primary id';
