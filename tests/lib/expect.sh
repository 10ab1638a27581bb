# What tests of clusters ask: source this after cluster.sh.
#
#   query ARG…                        psql, as a script, in $database (postgres)
#   expect WHAT WANTED GOT            ends the test unless they are the same
#   until_it_is WHAT WANTED QUERY     within a minute
query() { "$PG_BINDIR/psql" -XAtq -v ON_ERROR_STOP=1 -d "${database:-postgres}" "$@"; }

expect() {
  [ "$2" = "$3" ] || { printf '%s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$3"; exit 1; }
}

until_it_is() {
  local got
  for _ in $(seq 600); do
    got=$(query -c "$3" 2>&1) || true
    [ "$got" != "$2" ] || return 0
    sleep 0.1
  done
  printf '%s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$got"
  exit 1
}
