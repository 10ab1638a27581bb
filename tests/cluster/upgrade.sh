# From each release to this one, with its data: the new library serves the old SQL; ALTER EXTENSION UPDATE and setup() go on under load; and three
# databases (this version from the start, updated, restored from a dump of the updated one) hold the same and answer the same.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

current=$(sed -n 's/^version = "\(.*\)"/\1/p' "$TRACARDI_ROOT/Cargo.toml" | head -n 1)
upgrade=$TRACARDI_ROOT/tests/upgrade

# A copy of PostgreSQL, which has the old versions' scripts as well.
own=$WORKDIR/postgresql
cluster_dir "$own"
cp -a "$(dirname "$PG_BINDIR")/." "$own/"
chmod -R a+rX "$own/"
PG_BINDIR=$(realpath "$own")/bin
sharedir=$("$PG_BINDIR/pg_config" --sharedir)
case $sharedir in
  "$(realpath "$own")"/*) ;;
  *) echo 'skipped: this PostgreSQL can not be copied'; exit 0 ;;
esac

same() {
  [ "$(wc -l <"$WORKDIR/$2")" -gt 100 ] || { echo "$1: hardly anything to compare"; exit 1; }
  diff "$WORKDIR/$2" "$WORKDIR/$3" >"$WORKDIR/diff" || { echo "$1"; head -n 60 "$WORKDIR/diff"; exit 1; }
}
create() { query -d postgres -c "CREATE DATABASE $1 TEMPLATE ${2:-template0}"; }
update() { query -d "$1" -c "SET search_path = public; ALTER EXTENSION tracardi UPDATE; SET client_min_messages = warning; SELECT tracardi.setup()" >/dev/null; }
# Each question by itself, also after one that failed; where in a query it failed does not matter.
answers() {
  "$PG_BINDIR/psql" -XAq -d "$1" -v VERBOSITY=terse <"$upgrade/$version/answers.sql" 2>&1 |
    sed -E 's/^(psql:)?<stdin>:[0-9]+: //' >"$WORKDIR/$2"
}
catalog() { query -d "$1" -f "$upgrade/catalog.sql" >"$WORKDIR/$2"; }

cluster_start "$WORKDIR/server"
cluster_env "$WORKDIR/server"
query -d postgres -c 'CREATE ROLE dump_reader NOLOGIN' -c 'CREATE ROLE dump_owner NOLOGIN'
create installed
query -d installed -c 'CREATE EXTENSION tracardi' -c "SET search_path = public; SELECT tracardi.setup(owner => 'dump_owner')" >/dev/null
catalog installed installed.catalog

for version in $(ls "$upgrade" | grep -E '^[0-9.]+$' | sort -V); do
  cp "$upgrade/$version/extension.sql" "$sharedir/extension/tracardi--$version.sql"

  # Without data: nothing is left of the old version, and nothing of the new one is missing.
  create empty
  query -d empty -c "CREATE EXTENSION tracardi VERSION '$version'" -c "SET search_path = public; SELECT tracardi.setup(owner => 'dump_owner')" >/dev/null
  update empty
  catalog empty updated.catalog
  same "$version: updated, the catalogs" installed.catalog updated.catalog

  # With its data.
  create old
  sed "s/^CREATE EXTENSION .*/CREATE EXTENSION tracardi VERSION '$version';/" "$upgrade/$version/data.sql" | query -d old -1 >/dev/null
  expect "$version: what is installed" "$version" "$(query -d old -c "SELECT extversion FROM pg_extension WHERE extname = 'tracardi'")"
  create served old
  create busy old
  update old
  expect "$version: what is installed after the update" "$current" "$(query -d old -c "SELECT extversion FROM pg_extension WHERE extname = 'tracardi'")"
  create restored
  "$PG_BINDIR/pg_dump" old | query -d restored -1 >/dev/null
  query -d restored -c 'SET search_path = public; SELECT tracardi.setup()' >/dev/null
  create fresh
  query -d fresh -1 <"$upgrade/$version/data.sql" >/dev/null
  query -d fresh -c 'SET search_path = public; SELECT tracardi.setup()' >/dev/null

  catalog fresh fresh.catalog
  for database in old restored; do
    catalog $database $database.catalog
    same "$version: $database, the catalogs" fresh.catalog $database.catalog
  done
  answers fresh fresh.answers
  for database in old restored served; do
    answers $database $database.answers
    same "$version: $database, the answers" fresh.answers $database.answers
  done

  # Under load: whoever tracks goes on, and what was acknowledged is there.
  echo "SELECT tracardi.track('load', '{}', profile_id => 'load-' || :client_id, session_id => 'load-' || :client_id) \\gset" >"$WORKDIR/load.sql"
  : >"$WORKDIR/busy"
  (while [ -e "$WORKDIR/busy" ]; do "$PG_BINDIR/pgbench" -n -c 3 -t 100 -f "$WORKDIR/load.sql" busy || { echo failed; break; }; done) >"$WORKDIR/load.out" 2>&1 &
  load=$!
  loaded() { query -d busy -c "SELECT count(*) FROM tracardi.event WHERE type = 'load'"; }
  until [ "$(loaded)" -gt 300 ]; do kill -0 $load; done
  update busy
  before=$(loaded)
  until [ "$(loaded)" -gt $((before + 300)) ]; do kill -0 $load; done
  rm "$WORKDIR/busy"
  wait $load
  ! grep -E 'failed$|ERROR|aborted' "$WORKDIR/load.out" || { echo "$version: under load"; exit 1; }
  expect "$version: what was acknowledged under load" "$(sed -n 's|.*actually processed: \([0-9]*\)/.*|\1|p' "$WORKDIR/load.out" | awk '{ n += $1 } END { print n }')" "$(loaded)"
  catalog busy busy.catalog
  same "$version: updated under load, the catalogs" old.catalog busy.catalog

  for database in empty old served busy restored fresh; do query -d postgres -c "DROP DATABASE $database"; done
done
cluster_stop "$WORKDIR/server"
cluster_remove "$own"
