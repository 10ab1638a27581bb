# PostgREST keeps what it knows of a schema, and is told of what is new: by CREATE EXTENSION, setup() and grant_web().
. "$TRACARDI_ROOT/tests/lib/cluster.sh"

cluster_start "$WORKDIR/server"
# Each statement is a transaction; psql shows what it is told after each.
told=$(cluster_psql "$WORKDIR/server" -Atq -d postgres -c 'SET client_min_messages = warning' -c 'LISTEN pgrst' \
  -c '\echo extension' -c 'CREATE EXTENSION tracardi' -c '\echo setup' -c 'SELECT tracardi.setup()' \
  -c 'CREATE ROLE web' -c '\echo grant' -c "SELECT tracardi.grant_web('web')" |
  sed -nE 's/^Asynchronous notification "(.*)" with payload "(.*)" received.*/\1 \2/p; /^[a-z]+$/p' | paste -sd,)
wanted='extension,pgrst reload schema,setup,pgrst reload schema,grant,pgrst reload schema'
[ "$told" = "$wanted" ] || { echo "told: $told"; exit 1; }
