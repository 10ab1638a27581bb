# The web in front of a private cluster: source this after cluster.sh and need.sh. What runs is docs/examples/postgrest.conf
# and nginx.conf, with ports and paths of its own, and beside them a shop's pages, from another origin.
#
#   web_parts                looks for the HTTP server and nginx, or fetches them; before there is anything to be held up
#   web_start DIR DATABASE   starts both for a database of the cluster that the environment points at; sets WEB_URL (nginx),
#                            REST_URL (the HTTP server) and SHOP_URL (the pages)
#   web_stop DIR             ends both
#   rest_start DIR, rest_stop DIR    the HTTP server alone, once web_start has run
#
# The HTTP server is the PostgREST that POSTGREST names, if it names one; else postrust, which does as PostgREST does.
# They end with the script, as the cluster does (cluster_tie), and run as the server's user in DIR/.

web_parts() {
  rest=${POSTGREST:-$(need_postrust)}
  nginx=$(need_nginx)
}

web_start() {
  local dir uri from
  cluster_dir "$1"
  dir=$(realpath "$1")
  web_stop "$dir"
  cluster_psql "$(dirname "$PGHOST")" -q -d "$2" -o /dev/null <<'SQL'
SET client_min_messages = warning;
SELECT 'CREATE ROLE web_anon NOLOGIN' WHERE to_regrole('web_anon') IS NULL \gexec
SELECT 'CREATE ROLE authenticator LOGIN NOINHERIT' WHERE to_regrole('authenticator') IS NULL \gexec
GRANT web_anon TO authenticator;
SELECT tracardi.grant_web('web_anon');
SQL
  # Where the server's user can reach them.
  install -m 755 "$rest" "$dir/rest"
  install -m 755 "$nginx" "$dir/nginx"
  read -r rest_port web_port shop_port < <(free_ports 3)
  REST_URL=http://127.0.0.1:$rest_port WEB_URL=http://127.0.0.1:$web_port SHOP_URL=http://127.0.0.1:$shop_port

  changed docs/examples/postgrest.conf "postgres://authenticator@127.0.0.1:5432/shop" \
    "postgres://authenticator@${PGHOST//\//%2F}:$PGPORT/$2?sslmode=disable" 'server-port = 3000' "server-port = $rest_port" >"$dir/postgrest.conf"
  changed docs/examples/nginx.conf 'server 127.0.0.1:3000;' "server 127.0.0.1:$rest_port;" 'listen 80;' "listen 127.0.0.1:$web_port;" \
    /var/cache/nginx/tracardi tmp/cache >"$dir/tracardi.conf"
  mkdir -p "$dir/shop" "$dir/tmp"
  for from in docs/examples/demo/*.html; do
    changed "$from" https://track.example.com "$WEB_URL" >"$dir/shop/$(basename "$from")"
  done
  cat >"$dir/nginx.conf" <<CONF
daemon off;
pid nginx.pid;
worker_processes 2;
events { worker_connections 1024; }
http {
  client_body_temp_path tmp/body; proxy_temp_path tmp/proxy; fastcgi_temp_path tmp/fastcgi; uwsgi_temp_path tmp/uwsgi; scgi_temp_path tmp/scgi;
  types { text/html html; text/javascript js; image/png png; }
  include tracardi.conf;
  server { listen 127.0.0.1:$shop_port; root shop; access_log off; }
}
CONF
  chmod -R a+rX "$dir/"
  if [ "$(id -u)" = 0 ]; then chown -R nobody: "$dir/"; fi
  rest_start "$dir"
  web_run "$dir" nginx "$dir/nginx" -p "$dir" -e stderr -c nginx.conf
  answers "$WEB_URL/health" || web_failed "$dir/nginx.log"
}

rest_start() {
  local dir settings
  dir=$(realpath "$1")
  if [ -n "${POSTGREST:-}" ]; then
    web_run "$dir" rest "$dir/rest" postgrest.conf
    rest_answers "$dir"
    return
  fi
  # postrust takes PostgREST's settings from the environment only.
  mapfile -t settings < <(sed -nE 's/^([a-z-]+) *= *"?([^"]*)"?$/\1 \2/p' "$dir/postgrest.conf" |
    while read -r name value; do tr a-z- A-Z_ <<<"PGRST_$name" | tr -d '\n'; echo "=$value"; done)
  web_run "$dir" rest env "${settings[@]}" PGRST_COMPAT_MODE=true PGRST_DB_CHANNEL_ENABLED=true "$dir/rest"
  rest_answers "$dir"
}

rest_answers() {
  answers "$(sed -n 's/^server-port = //p' "$1/postgrest.conf" | sed 's|^|http://127.0.0.1:|')/rpc/health" || web_failed "$1/rest.log"
}

rest_stop() { web_end "$1" rest; }
web_stop() { web_end "$1" nginx; web_end "$1" rest; }

# web_run DIR NAME COMMAND…: tied to the script by TERM, for a shell lets what it starts beside it ignore INT.
web_run() {
  local dir=$1 name=$2
  shift 2
  (
    cd "$dir"
    exec "${server_command[@]}" "${cluster_tie[@]/INT/TERM}" "$@" </dev/null >>"$dir/$name.log" 2>&1
  ) &
  echo $! >"$dir/$name.started"
}

# web_end DIR NAME: by the number that was kept, if it is still that program, which works in DIR.
web_end() {
  local dir pid
  dir=$(realpath -q "$1") && pid=$(cat "$dir/$2.started" 2>/dev/null) || return 0
  rm -f "$dir/$2.started"
  as_server test "/proc/$pid/cwd" -ef "$dir" || return 0
  kill -TERM "$pid"
  while as_server test -e "/proc/$pid/exe"; do sleep 0.05; done
}

web_failed() {
  tail -n 20 "$1" >&2
  die "it does not answer; its log: $1"
}

# changed FILE FROM TO…: a copy with each FROM, which must be there, replaced by its TO.
changed() {
  python3 - "$@" <<'PYTHON'
import sys
text = open(sys.argv[1]).read()
for old, new in zip(sys.argv[2::2], sys.argv[3::2]):
    if old not in text: sys.exit(f"{sys.argv[1]} has no {old}")
    text = text.replace(old, new)
print(text, end="")
PYTHON
}

free_ports() {
  python3 -c 'import socket, sys
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in sockets))' "$1"
}

# answers URL: waits until it does, and well.
answers() {
  python3 - "$1" <<'PYTHON'
import sys, time, urllib.request
for _ in range(300):
    try:
        urllib.request.urlopen(sys.argv[1], timeout=5).read()
        sys.exit(0)
    except OSError:
        time.sleep(0.1)
sys.exit(1)
PYTHON
}
