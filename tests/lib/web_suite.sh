# What tests/http/run and tests/browser/run have in common: source this, and call
#
#   web_suite INTERPRETER SUFFIX [NAME…]   runs tests/SUITE/NAME.SUFFIX (all, or those named), each in a directory of its own
#
# One cluster, one database and one web for all of them. A test finds in its environment: WEB_URL, REST_URL, SHOP_URL and SHOP_DIR
# (the shop's pages); PSQL and PG…, which point at the database "shop"; WORKDIR; and RUNNER, a process that takes USR1 for: stop the server behind nginx, and
# USR2 for: start it again.
set -euo pipefail
export TRACARDI_ROOT WORKDIR PSQL RUNNER=$$ WEB_URL REST_URL SHOP_URL SHOP_DIR
TRACARDI_ROOT=$(realpath "$(dirname "$0")/../..")
suite=$(basename "$(dirname "$(realpath "$0")")")
cd "$TRACARDI_ROOT"
. tests/lib/need.sh
. tests/lib/cluster.sh
. tests/lib/web.sh

web_suite() {
  local interpreter=$1 suffix=$2 work test name status=0 pid ended asked=()
  shift 2
  work=$TRACARDI_ROOT/target/test/$suite
  cluster_remove "$work"
  mkdir -p "$work"
  web_parts
  PG_BINDIR=$(cluster_bindir "$("$PG_CONFIG" --bindir)" "$work/postgresql")
  PSQL=$PG_BINDIR/psql
  cluster_start "$work/server"
  cluster_env "$work/server"
  cluster_psql "$work/server" -q -d postgres -c 'CREATE DATABASE shop' -c 'CREATE ROLE tracardi_owner NOLOGIN' -c 'CREATE ROLE shop NOLOGIN'
  cluster_psql "$work/server" -q -d shop -o /dev/null -c 'CREATE EXTENSION tracardi' -c "SELECT tracardi.setup(owner => 'tracardi_owner')" \
    -c "SELECT tracardi.create_source('shop', name => 'Web shop')" -f docs/examples/demo/workflows.sql
  web_start "$work/web" shop
  # Noted, and done below: a trap may run in the middle of another.
  trap 'asked+=(rest_stop)' USR1
  trap 'asked+=(rest_start)' USR2
  SHOP_DIR=$work/web/shop
  export PGDATABASE=shop

  if [ $# = 0 ]; then
    for test in "tests/$suite"/*."$suffix"; do set -- "$@" "$(basename "$test" ".$suffix")"; done
  fi
  for name; do
    WORKDIR=$work/$name
    mkdir -p "$WORKDIR"
    # The test before may have left it so.
    [ -e "$work/web/postrust.started" ] || rest_start "$work/web"
    SECONDS=0
    setpriv --pdeathsig TERM timeout --foreground 300 "$interpreter" "tests/$suite/$name.$suffix" >"$WORKDIR.log" 2>&1 &
    pid=$!
    # A signal ends the waiting as well.
    while ended=0; wait $pid || ended=$?; [ $ended -gt 128 ] && kill -0 $pid 2>/dev/null; do
      while [ ${#asked[@]} -gt 0 ]; do
        "${asked[0]}" "$work/web"
        asked=("${asked[@]:1}")
      done
    done
    if [ $ended = 0 ]; then
      echo "ok - $name ($SECONDS s)"
      rm -rf "$WORKDIR"
    else
      echo "not ok - $name ($SECONDS s)"
      sed 's/^/  # /' "$WORKDIR.log"
      status=1
    fi
  done
  web_stop "$work/web"
  return $status
}
