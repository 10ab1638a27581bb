# Private clusters: source this, and let PG_BINDIR name the PostgreSQL.
#
#   cluster_bindir BINDIR DIR    what to set PG_BINDIR to: BINDIR, or a copy in DIR where the server could not reach it
#   cluster_start DIR [LINE…]    makes the cluster DIR if it isn't there, starts it with these lines of configuration
#   cluster_standby DIR [LINE…]  makes DIR a standby of the server that the environment points at, and starts it so
#   cluster_stop DIR [SIGNAL]    ends it: fast, or by another signal (QUIT: immediately; KILL: a crash)
#   cluster_psql DIR [ARG…]      psql as its superuser postgres
#   cluster_env DIR              points the environment (PGHOST, PGPORT, PGUSER) at it
#   cluster_dir DIR              makes DIR for the server's user, e.g. for pg_basebackup -D DIR/data
#   cluster_pid DIR              its postmaster, if it runs
#   cluster_remove DIR           ends it and removes it, but for its log
#   as_server COMMAND…           runs a command as the server's user
#
# A cluster ends with the script that started it, even when that is killed: start it in the script's own shell, not in a
# subshell or a pipe. DIR holds data/ and socket/; DIR.log is the server's log.
set -euo pipefail

# Nothing of the caller's environment decides what we connect to, or what we see.
unset PGHOST PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGSERVICE PGSERVICEFILE PGOPTIONS PGSSLMODE \
  PGTZ PGDATESTYLE PGCLIENTENCODING PGDATA PGAPPNAME PSQLRC
export PSQL_PAGER= PGCLIENTENCODING=UTF8

# initdb and postgres refuse root. Backtraces would end up in the DETAIL of errors.
server_command=(env -u RUST_BACKTRACE -u RUST_LIB_BACKTRACE)
if [ "$(id -u)" = 0 ]; then
  server_command=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "${server_command[@]}" HOME=/)
fi
as_server() (
  cd /
  exec "${server_command[@]}" "$@"
)

# How the server is tied to this script: it is told to end when its parent, this shell, is gone. (setsid) lets it stay.
cluster_tie=(setpriv --pdeathsig INT)
clusters=()
trap 'cluster_stop_all' EXIT

# The server must be able to reach DIR, and a socket's path has 107 bytes. Where either fails, DIR is a link to a
# directory in TMPDIR.
cluster_dir() {
  local dir parent base
  [ ! -d "$1" ] || return 0
  rm -f "$1"
  mkdir -p "$(dirname "$1")"
  parent=$(realpath "$(dirname "$1")")
  dir=$parent/$(basename "$1")
  if as_server test -x "$parent" && [ ${#dir} -le 85 ]; then
    mkdir -m 700 "$dir"
  else
    base=$(realpath "${TMPDIR:-/tmp}")
    as_server test -x "$base" && [ ${#base} -le 50 ] || base=/tmp
    ln -s "$(mktemp -d "$base/tracardi.XXXXXX")" "$dir"
  fi
  if [ "$(id -u)" = 0 ]; then chown nobody: "$dir/"; fi
}

cluster_start() {
  local dir log=$1.log data port pid
  mkdir -p "$(dirname "$1")"
  log=$(realpath "$log")
  cluster_dir "$1"
  dir=$(realpath "$1") data=$dir/data
  shift
  if cluster_pid "$dir" >/dev/null; then
    echo "cluster $dir runs already" >&2
    return 1
  fi
  if [ ! -e "$data" ]; then
    : >"$log"
    as_server "$PG_BINDIR/initdb" -D "$data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
      --data-checksums --no-sync --no-instructions >>"$log" 2>&1 || cluster_failed "$log"
    echo "include_if_exists = 'start.conf'" | as_server tee -a "$data/postgresql.conf" >/dev/null
  fi
  # No other server can listen in our socket directory: the number needs only be stable, and not 5432.
  port=$(sed -n 's/^port = //p' "$data/start.conf" 2>/dev/null || true)
  {
    printf '%s\n' "port = ${port:-$((RANDOM % 10000 + 50000))}" "unix_socket_directories = '$dir/socket'" \
      "listen_addresses = ''" 'fsync = off' 'wal_level = logical' 'max_prepared_transactions = 10' \
      "timezone = 'UTC'" "log_line_prefix = '%m [%p] %q%u@%d '" "$@"
  } | as_server tee "$data/start.conf" >/dev/null
  as_server mkdir -m 700 -p "$dir/socket"
  # PostgreSQL sees by itself that a lock file is stale, unless its number has become another process's since.
  pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null || true)
  if as_server test -e "/proc/${pid:-none}"; then as_server rm -f "$data/postmaster.pid" "$dir"/socket/.s.PGSQL.*; fi
  (
    cd /
    exec "${server_command[@]}" "${cluster_tie[@]}" "$PG_BINDIR/postgres" -D "$data" </dev/null >>"$log" 2>&1
  ) &
  pid=$!
  clusters+=("$dir")
  until { [ "$(head -n 1 "$data/postmaster.pid")" = $pid ] && grep -q '^ready' "$data/postmaster.pid"; } 2>/dev/null; do
    kill -0 $pid 2>/dev/null || cluster_failed "$log"
    sleep 0.05
  done
}

# What pg_basebackup's -R would write is for its own libpq; the server's may be an older one of the system.
cluster_standby() {
  local dir=$1 data
  shift
  cluster_dir "$dir"
  data=$(realpath "$dir")/data
  as_server "$PG_BINDIR/pg_basebackup" -D "$data" -h "$PGHOST" -p "$PGPORT" -U postgres --no-sync -c fast
  as_server touch "$data/standby.signal"
  cluster_start "$dir" "primary_conninfo = 'host=$PGHOST port=$PGPORT user=postgres'" "$@"
}

cluster_stop() {
  local pid data
  pid=$(cluster_pid "$1") || return 0
  data=$(realpath "$1")/data
  kill -"${2:-INT}" "$pid"
  # After KILL, the backends outlive their postmaster for a moment, and the next start would refuse.
  # One that is told to end while it starts again after a crash may wait for its own processes for ever: QUIT ends it.
  local since=$SECONDS
  while [ -n "$(as_server find /proc -maxdepth 2 -name cwd -lname "$data" 2>/dev/null || true)" ]; do
    sleep 0.05
    if [ $((SECONDS - since)) -ge 60 ]; then
      pid=$(cluster_pid "$1") && kill -QUIT "$pid" || true
      since=$SECONDS
    fi
  done
}

cluster_stop_all() {
  local dir
  [ "${cluster_tie[0]}" = setpriv ] || return 0
  for dir in "${clusters[@]}"; do cluster_stop "$dir"; done
}

cluster_psql() {
  local dir=$1
  shift
  (
    cluster_env "$dir"
    exec "$PG_BINDIR/psql" -X -v ON_ERROR_STOP=1 "$@"
  )
}

cluster_env() {
  local file
  file=$(realpath "$1")/data/postmaster.pid
  PGPORT=$(sed -n 4p "$file") PGHOST=$(sed -n 5p "$file") PGUSER=postgres
  export PGPORT PGHOST PGUSER
}

# A postmaster's working directory is its data directory; the number alone could be anyone's after a crash.
cluster_pid() {
  local dir pid
  dir=$(realpath -q "$1") && pid=$(head -n 1 "$dir/data/postmaster.pid" 2>/dev/null) || return 1
  as_server test "/proc/$pid/cwd" -ef "$dir/data" || return 1
  echo "$pid"
}

cluster_remove() {
  cluster_stop "$1"
  # Also what cluster_dir put elsewhere, for DIR itself and for what is in it.
  { find "$1" "$1/" -type l -lname '*/tracardi.??????' -exec realpath -zm {} + 2>/dev/null || true; } | xargs -0r rm -rf
  rm -rf "$1"
}

# A copy works because PostgreSQL finds its files by where its programs are.
cluster_bindir() {
  if as_server test -x "$1/postgres"; then
    echo "$1"
  else
    cluster_dir "$2"
    cp -a --remove-destination "$(dirname "$1")/." "$2/"
    chmod -R a+rX "$2/"
    echo "$(realpath "$2")/bin"
  fi
}

cluster_failed() {
  tail -n 20 "$1" >&2
  echo "PostgreSQL did not start; its log: $1" >&2
  exit 1
}
