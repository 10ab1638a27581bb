# What tests/http/run and tests/browser/run have in common: source this, and call
#
#   web_suite INTERPRETER SUFFIX [NAME…]   runs tests/SUITE/NAME.SUFFIX (all, or those named), each in a directory of its own
#
# One cluster, one database and one web for all of them. A test finds in its environment: WEB_URL, REST_URL, SHOP_URL and SHOP_DIR
# (the shop's pages); PSQL and PG…, which point at the database "shop"; and WORKDIR. A file rest_stop in WORKDIR has the server
# behind nginx stopped, rest_start has it started again; it is removed when that is done.
set -euo pipefail
export TRACARDI_ROOT WORKDIR PSQL WEB_URL REST_URL SHOP_URL SHOP_DIR
TRACARDI_ROOT=$(realpath "$(dirname "$0")/../..")
suite=$(basename "$(dirname "$(realpath "$0")")")
cd "$TRACARDI_ROOT"
. tests/lib/need.sh
. tests/lib/cluster.sh
. tests/lib/web.sh

web_suite() {
  local interpreter=$1 suffix=$2 work test name status=0 pid word
  shift 2
  work=$TRACARDI_ROOT/target/test/$suite
  cluster_remove "$work"
  mkdir -p "$work"
  web_parts
  PG_BINDIR=$(cluster_bindir "$("$PG_CONFIG" --bindir)" "$work/postgresql")
  PSQL=$PG_BINDIR/psql
  # As the manual has it: what sources may send is known to all of the server's database sessions.
  cluster_start "$work/server" "shared_preload_libraries = 'tracardi'"
  cluster_env "$work/server"
  cluster_psql "$work/server" -q -d postgres -c 'CREATE DATABASE shop' -c 'CREATE ROLE tracardi_owner NOLOGIN' -c 'CREATE ROLE shop NOLOGIN'
  cluster_psql "$work/server" -q -d shop -o /dev/null -c 'CREATE EXTENSION tracardi' -c "SELECT tracardi.setup(owner => 'tracardi_owner')" \
    -c "SELECT tracardi.create_source('shop', name => 'Web shop')" -f docs/examples/demo/workflows.sql
  web_start "$work/web" shop
  SHOP_DIR=$work/web/shop
  export PGDATABASE=shop

  if [ $# = 0 ]; then
    for test in "tests/$suite"/*."$suffix"; do set -- "$@" "$(basename "$test" ".$suffix")"; done
  fi
  for name; do
    WORKDIR=$work/$name
    mkdir -p "$WORKDIR"
    # The test before may have left it so.
    [ -e "$work/web/rest.started" ] || rest_start "$work/web"
    SECONDS=0
    setpriv --pdeathsig TERM timeout --foreground 300 "$interpreter" "tests/$suite/$name.$suffix" >"$WORKDIR.log" 2>&1 &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
      for word in rest_stop rest_start; do
        [ ! -e "$WORKDIR/$word" ] || { $word "$work/web" && rm "$WORKDIR/$word"; }
      done
      sleep 0.1
    done
    if wait $pid; then
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
