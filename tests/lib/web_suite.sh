# What tests/http/run and tests/browser/run have in common: source this, and call
#
#   web_suite INTERPRETER SUFFIX [NAME…]   runs tests/SUITE/NAME.SUFFIX (all, or those named), each in a directory of its own
#
# One cluster, one database and one web for all of them. A test finds in its environment: WEB_URL, REST_URL, SHOP_URL and SHOP_DIR (the shop's pages); PSQL and
# PG…, which point at the database "shop"; WORKDIR; and CONTROL, a pipe that takes the words rest_stop and rest_start.
set -euo pipefail
export TRACARDI_ROOT WORKDIR PSQL CONTROL WEB_URL REST_URL SHOP_URL SHOP_DIR
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
  cluster_start "$work/server"
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
    CONTROL=$WORKDIR/control
    mkfifo "$CONTROL"
    exec 7<>"$CONTROL"
    # The test before may have left it so.
    [ -e "$work/web/postrust.started" ] || rest_start "$work/web"
    SECONDS=0
    setpriv --pdeathsig TERM timeout --foreground 300 "$interpreter" "tests/$suite/$name.$suffix" >"$WORKDIR.log" 2>&1 7>&- &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
      if read -r -t 0.2 -u 7 word; then
        case $word in rest_stop | rest_start) $word "$work/web" ;; esac
      fi
    done
    exec 7>&-
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
