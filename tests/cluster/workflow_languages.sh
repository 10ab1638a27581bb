# Workflows in PL/Perl and PL/Python: the trigger data is what those languages' own triggers get, answers and failures are as in
# PL/pgSQL. The embedded PostgreSQL comes without these languages; for 15 the test runs on Debian's packages, which are only
# unpacked, not installed. Where they can't be had, it says so and passes.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

cluster=$WORKDIR/languages

query() { "$psql" -XAtq -v ON_ERROR_STOP=1 -d postgres "$@"; }

has_languages() { [ -f "$1/plperl.control" ] && [ -f "$1/plpython3u.control" ]; }

# packages DIR NAME…: unpacks Debian's packages into DIR; they are kept in target/packages.
packages() {
  local dir=$1 kept=$TRACARDI_ROOT/target/packages name
  shift
  mkdir -p "$kept" "$dir"
  for name; do
    ls "$kept/${name}_"*.deb >/dev/null 2>&1 || (cd "$kept" && apt-get -o APT::Sandbox::User=root download -q "$name") || return 1
    dpkg-deb -x "$(ls "$kept/${name}_"*.deb | tail -n 1)" "$dir"
  done
}

psql=$PG_BINDIR/psql
if ! has_languages "$("$PG_BINDIR/pg_config" --sharedir)/extension"; then
  from=$WORKDIR/debian
  if [ "$PGMAJOR" != 15 ] || ! command -v apt-get dpkg-deb >/dev/null ||
    ! packages "$from" postgresql-15 postgresql-plperl-15 postgresql-plpython3-15; then
    echo "skipped: PostgreSQL $PGMAJOR is here without PL/Perl and PL/Python, and Debian's are not to be had"
    exit 0
  fi
  cp "$("$PG_BINDIR/pg_config" --pkglibdir)/tracardi.so" "$from/usr/lib/postgresql/15/lib/"
  cp "$("$PG_BINDIR/pg_config" --sharedir)"/extension/tracardi* "$from/usr/share/postgresql/15/extension/"
  PG_BINDIR=$(realpath "$from")/usr/lib/postgresql/15/bin
  # Debian's own libraries, where they are not there: those of the two languages.
  missing() { ldd "$PG_BINDIR/postgres" "$PG_BINDIR"/../lib/pl{perl,python3}.so | sed -n 's/^\s*\(\S*\) => not found/\1/p'; }
  case $(missing) in *libperl*) packages "$from" libperl5.36 ;; esac
  case $(missing) in *libpython*) packages "$from" libpython3.11 ;; esac
  export LD_LIBRARY_PATH=$(echo "$from"/usr/lib/*-linux-gnu)
  if [ -n "$(missing)" ]; then
    echo "skipped: Debian's PostgreSQL 15 lacks" $(missing)
    exit 0
  fi
  chmod -R a+rX "$from/"
fi

cluster_start "$cluster"
cluster_env "$cluster"
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
CREATE EXTENSION plperl;
CREATE EXTENSION plpython3u;
CREATE ROLE flow;
GRANT CREATE ON SCHEMA public TO flow;
SELECT tracardi.setup(), tracardi.grant_workflow_owner('flow');
SELECT tracardi.create_source('web'), tracardi.create_source('mouse', ephemeral => true);
CREATE TABLE orders (total numeric);
CREATE TABLE log (n int GENERATED ALWAYS AS IDENTITY, workflow text, type text);
GRANT SELECT ON orders TO flow;
GRANT INSERT, SELECT ON log TO flow;
SET ROLE flow;
CREATE FUNCTION tells_plpgsql() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object(TG_NAME, concat_ws(' ', TG_OP, TG_WHEN, TG_LEVEL, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_RELID::regclass, TG_NARGS, NEW.type, NEW.kind, NEW.properties ->> 'x', NEW.tags::text, NEW.valid,
    (SELECT sum(total) FROM orders), (SELECT count(*) FROM tracardi.event WHERE id = NEW.id), (SELECT visit_count FROM tracardi.profile WHERE id = NEW.profile_id), current_user)));
  INSERT INTO log (workflow, type) VALUES (TG_NAME, NEW.type);
  RETURN NEW;
END
$$;
CREATE FUNCTION tells_plperl() RETURNS trigger LANGUAGE plperl AS $$
  my $new = $_TD->{new};
  my $plan = spi_prepare(q{SELECT tracardi.respond(jsonb_build_object($1, concat_ws(' ', $2, $3, $4, $5, $6, $7::oid::regclass, $8, $9, $10, $11::jsonb ->> 'x', $12, $13,
    (SELECT sum(total) FROM orders), (SELECT count(*) FROM tracardi.event WHERE id = $14), (SELECT visit_count FROM tracardi.profile WHERE id = $15), current_user)))},
    ('text') x 12, 'boolean', 'uuid', 'uuid');
  spi_exec_prepared($plan, $_TD->{name}, $_TD->{event}, $_TD->{when}, $_TD->{level}, $_TD->{table_schema}, $_TD->{table_name}, $_TD->{relid}, $_TD->{argc},
    $new->{type}, $new->{kind}, $new->{properties}, '' . ($new->{tags}), $new->{valid}, $new->{id}, $new->{profile_id});
  spi_freeplan($plan);
  my $insert = spi_prepare('INSERT INTO log (workflow, type) VALUES ($1, $2)', 'text', 'text');
  spi_exec_prepared($insert, $_TD->{name}, $new->{type});
  $_TD->{new}{type} = 'changed';
  return 'MODIFY';
$$;
CREATE FUNCTION skips_plperl() RETURNS trigger LANGUAGE plperl AS $$ return 'SKIP'; $$;
CREATE FUNCTION fails_plperl() RETURNS trigger LANGUAGE plperl AS $$
  spi_exec_query(q{INSERT INTO log (workflow) VALUES ('undone')});
  spi_exec_query(q{SELECT tracardi.respond('{"undone": true}')});
  die "it failed at $_TD->{new}{type}\n";
$$;
CREATE FUNCTION catches_plperl() RETURNS trigger LANGUAGE plperl AS $$
  spi_exec_query(q{SELECT tracardi.add_ux('{"n": "before"}')});
  eval { spi_exec_query(q{SELECT tracardi.add_ux('{"n": "undone"}'), 1 / 0}) };
  spi_exec_query(q{SELECT tracardi.add_ux('{"n": "after"}')}) if $@ =~ /division by zero/;
  return;
$$;
RESET ROLE;
CREATE FUNCTION tells_plpython() RETURNS trigger LANGUAGE plpython3u AS $$
  new = TD["new"]
  plan = plpy.prepare("""SELECT tracardi.respond(jsonb_build_object($1, concat_ws(' ', $2, $3, $4, $5, $6, $7::oid::regclass, $8, $9, $10, $11::jsonb ->> 'x', $12, $13,
    (SELECT sum(total) FROM orders), (SELECT count(*) FROM tracardi.event WHERE id = $14), (SELECT visit_count FROM tracardi.profile WHERE id = $15), current_user)))""",
    ["text"] * 12 + ["boolean", "uuid", "uuid"])
  plan.execute([TD["name"], TD["event"], TD["when"], TD["level"], TD["table_schema"], TD["table_name"], str(TD["relid"]), "0" if TD["args"] is None else str(len(TD["args"])),
    new["type"], new["kind"], new["properties"], "{" + ",".join(new["tags"]) + "}", new["valid"], new["id"], new["profile_id"]])
  plpy.prepare("INSERT INTO log (workflow, type) VALUES ($1, $2)", ["text", "text"]).execute([TD["name"], new["type"]])
  TD["new"]["type"] = "changed"
  return "MODIFY"
$$;
CREATE FUNCTION skips_plpython() RETURNS trigger LANGUAGE plpython3u AS $$
  return "SKIP"
$$;
CREATE FUNCTION fails_plpython() RETURNS trigger LANGUAGE plpython3u AS $$
  plpy.execute("INSERT INTO log (workflow) VALUES ('undone')")
  plpy.execute("""SELECT tracardi.respond('{"undone": true}')""")
  plpy.error("it failed at " + TD["new"]["type"], sqlstate="22012", detail="A detail.")
$$;
CREATE FUNCTION raises_plpython() RETURNS trigger LANGUAGE plpython3u AS $$
  raise ValueError(TD["new"]["type"])
$$;
CREATE FUNCTION catches_plpython() RETURNS trigger LANGUAGE plpython3u AS $$
  plpy.execute("""SELECT tracardi.add_ux('{"n": "before"}')""")
  try:
    with plpy.subtransaction():
      plpy.execute("""SELECT tracardi.add_ux('{"n": "undone"}')""")
      plpy.execute("SELECT 1 / 0")
  except plpy.SPIError:
    plpy.execute("""SELECT tracardi.add_ux('{"n": "after"}')""")
$$;
ALTER FUNCTION tells_plpython() OWNER TO flow;
SELECT tracardi.create_workflow(f, ('tells_' || f)::regproc, event_type => 'tell'), tracardi.create_workflow('skips ' || f, ('skips_' || f)::regproc, event_type => 'tell'),
       tracardi.create_workflow('fails ' || f, ('fails_' || f)::regproc, event_type => 'fail'), tracardi.create_workflow('catches ' || f, ('catches_' || f)::regproc, event_type => 'catch')
FROM unnest('{plperl,plpython}'::text[]) f;
SELECT tracardi.create_workflow('plpgsql', 'tells_plpgsql', event_type => 'tell'), tracardi.create_workflow('raises plpython', 'raises_plpython', event_type => 'fail');
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "first"}]}');
SQL

# tell SOURCE: what each language tells of an event.
tell() {
  query <<SQL
BEGIN;
INSERT INTO orders VALUES (12.5);
SELECT r.key, r.value #>> '{}' FROM jsonb_each(tracardi.track('{"source": {"id": "$1"}, "session": {"id": "s"}, "events": [{"type": "tell", "properties": {"x": "ü 7"}, "tags": ["t"]}]}') -> 'response') r ORDER BY 1;
ROLLBACK;
SQL
}
each() { printf '%s|%s\n' plperl "$1" plpgsql "$1" plpython "$1"; }
expect 'a stored event' "$(each 'INSERT AFTER ROW tracardi event tracardi.event 0 tell profile ü 7 {t} t 12.5 1 1 flow')" "$(tell web)"
expect 'an ephemeral one' "$(each 'INSERT AFTER ROW tracardi event tracardi.event 0 tell ephemeral ü 7 {t} t 12.5 0 1 flow')" "$(tell mouse)"
# After the table has changed: functions that were compiled before go on.
query -c 'ALTER TABLE tracardi.event ADD COLUMN region text DEFAULT $$eu$$' -c 'ALTER TABLE tracardi.event ADD COLUMN doomed int' -c 'ALTER TABLE tracardi.event DROP COLUMN doomed'
expect 'with a column more' "$(each 'INSERT AFTER ROW tracardi event tracardi.event 0 tell profile ü 7 {t} t 12.5 1 1 flow')" "$(tell web)"
# What they make of the row, and SKIP, change nothing.
expect 'a batch' '3|tell' "$(query <<'SQL'
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "tell"}, {"type": "tell"}, {"type": "tell"}]}') AS answer \gset
SELECT (SELECT count(*) FROM tracardi.event WHERE type = 'tell'), (SELECT string_agg(DISTINCT type, ', ') FROM log);
SQL
)"
expect 'each three times' 'plperl 3, plpgsql 3, plpython 3' "$(query -c "SELECT string_agg(workflow || ' ' || n, ', ' ORDER BY workflow) FROM (SELECT workflow, count(*) AS n FROM log GROUP BY 1) l")"

# Failures, in the order of the names; what was done is undone.
expect 'failures' '{}|38000 workflow "fails plperl" failed: it failed at fail; 22012 workflow "fails plpython" failed: plpy.Error: it failed at fail; 38000 workflow "raises plpython" failed: ValueError: fail' "$(query <<'SQL'
SELECT a -> 'response', (SELECT string_agg(concat_ws(' ', e ->> 'code', e ->> 'message'), '; ' ORDER BY n) FROM jsonb_array_elements(a -> 'errors') WITH ORDINALITY e (e, n))
FROM tracardi.track('fail', '{}') a;
SQL
)"
expect 'undone' 0 "$(query -c "SELECT count(*) FROM log WHERE workflow = 'undone'")"
expect 'recorded' 3 "$(query -c 'SELECT count(*) FROM tracardi.workflow_failure')"
expect 'caught' '[{"n": "before"}, {"n": "after"}, {"n": "before"}, {"n": "after"}]|[]' "$(query -c "SELECT a -> 'ux', a -> 'errors' FROM tracardi.track('catch', '{}') a")"
# A batch of which one fails, in each language.
expect 'in the middle' '1, 1, 1' "$(query <<'SQL'
SELECT string_agg(e ->> 'event', ', ') FROM jsonb_array_elements(tracardi.track('{"source": {"id": "web"}, "events": [{"type": "tell"}, {"type": "fail"}, {"type": "tell"}]}') -> 'errors') e;
SQL
)"
