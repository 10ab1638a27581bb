#!/usr/bin/env bash
# `make demo`: a private PostgreSQL in target/demo, a new database in it, and demo.sql; then a web server in front of it, and a
# shop's page that is tracked. All goes on running until `make demo-stop` (this script with "stop").
set -euo pipefail
cd "$(dirname "$0")/../../.."
. tests/lib/need.sh
. tests/lib/cluster.sh
. tests/lib/web.sh
demo=target/demo
web=target/demo-web

if [ "${1:-}" = stop ]; then
  web_stop $web
  if cluster_pid $demo >/dev/null; then
    cluster_stop $demo
    echo 'The demo is stopped.'
  else
    echo 'No demo is running.'
  fi
  exit
fi

# Started anew each time, for it may be of another PostgreSQL, or hold a library that has been built again since.
web_stop $web
cluster_stop $demo
version=$("$PG_CONFIG" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
if [ "$(cat $demo/data/PG_VERSION 2>/dev/null)" != "$version" ]; then cluster_remove $demo; fi
cluster_dir $demo
PG_BINDIR=$(cluster_bindir "$("$PG_CONFIG" --bindir)" $demo/postgresql)
echo "==> starting PostgreSQL $version in $demo"
cluster_tie=(setsid)
cluster_start $demo 'fsync = on'
cluster_env $demo
psql=("$PG_BINDIR/psql" -X -q -v ON_ERROR_STOP=1)
echo '==> CREATE EXTENSION tracardi; SELECT tracardi.setup(…); and a visitor comes'
PGOPTIONS='-c client_min_messages=warning' "${psql[@]}" -d postgres -c 'DROP DATABASE IF EXISTS demo WITH (FORCE)' -c 'CREATE DATABASE demo' \
  -c 'DROP ROLE IF EXISTS tracardi_owner, shop' -c 'CREATE ROLE tracardi_owner NOLOGIN' -c 'CREATE ROLE shop NOLOGIN'
PGOPTIONS='-c client_min_messages=warning' "${psql[@]}" -d demo -o /dev/null -c 'CREATE EXTENSION tracardi' \
  -c "SELECT tracardi.setup(owner => 'tracardi_owner')" -c "SELECT tracardi.create_source('shop', name => 'Web shop')" \
  -f docs/examples/demo/workflows.sql
(cd docs/examples/demo && "${psql[@]}" -d demo -f demo.sql)

# The first time on this machine, this builds the server.
web_parts
step 'starting the HTTP server and nginx'
web_start $web demo

cat <<EOF

It goes on running. A shop's page whose visitors are tracked, to click around in:
  $SHOP_URL/shop.html
What is stored of them, and whatever else you want to know:
  $PG_BINDIR/psql -h $PGHOST -p $PGPORT -U postgres -d demo -c 'SELECT time, type, properties FROM tracardi.event ORDER BY time DESC LIMIT 10'
\`make demo-stop\` ends it.
EOF
