# Bad input, made of a seed and by hand (tests/cluster/fuzz): payloads against a slow reader, odd calls of every function, SQL text in
# every field, what is large, deep or endless. Each in a database of its own, two at a time. No crash, whatever comes.
#
# FUZZ_PAYLOADS and FUZZ_CALLS say how much there is of it, FUZZ_SEED repeats a run.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"

export FUZZ_SEED=${FUZZ_SEED:-1} FUZZ_PAYLOADS=${FUZZ_PAYLOADS:-4000} FUZZ_CALLS=${FUZZ_CALLS:-8000}
export PYTHONDONTWRITEBYTECODE=1
files=$TRACARDI_ROOT/tests/cluster/fuzz

query() { "$PG_BINDIR/psql" -XAtq -v ON_ERROR_STOP=1 "$@"; }

start() { cluster_start "$WORKDIR/$1" 'synchronous_commit = off' 'max_wal_size = 4GB' 'autovacuum_naptime = 10s' "${@:2}"; }

start server
cluster_env "$WORKDIR/server"
query -d postgres -f "$files/roles.sql"
for name in payloads calls texts limits; do
  query -d postgres -c "CREATE DATABASE $name"
  query -d "$name" -f "$files/base.sql" >/dev/null 2>&1
done
query -d calls -f "$files/calls.sql" >/dev/null 2>&1

run() { PGDATABASE=$1 python3 "$files/$1.py" >"$WORKDIR/$1.out" 2>&1; }
status=0
{ run limits; } &
lane=$!
for name in texts payloads calls; do run $name || status=1; done
wait $lane || status=1
for name in payloads calls texts limits; do
  echo "== $name"
  cat "$WORKDIR/$name.out"
done

# Where there is no memory it is the call that fails, not the server: what is read takes twenty times the bytes that it has.
(
  ulimit -v 1200000
  start small 'shared_buffers = 32MB'
  cluster_env "$WORKDIR/small"
  query -d postgres -f "$files/base.sql" >/dev/null 2>&1
  PGDATABASE=postgres python3 "$files/memory.py"
) || status=1

if grep -aE 'terminated by signal|PANIC|panicked' "$WORKDIR/server.log" "$WORKDIR/small.log"; then status=1; fi
exit $status
