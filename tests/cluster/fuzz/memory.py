"""Where there is no memory for what comes as text, that call fails, and the same backend goes on."""

import os
import sys

sys.path.insert(0, os.path.join(os.environ["TRACARDI_ROOT"], "tests", "lib"))
import pq

connection = pq.Connection(user="postgres")
connection.run("SET tracardi.body_size_limit = '1GB'; SET tracardi.event_rejected_limit = 10")
connection.run("""SELECT set_config('request.headers', '{"x-tracardi-event-type": "a", "x-tracardi-source": "web"}', false)""")
failures = 0


def send(what, made, wanted, call="track($1 || repeat($2, $3::int) || $4)"):
    global failures
    try:
        connection.run(f"SELECT tracardi_api.{call}", *made)
        got = "00000"
    except pq.Error as error:
        got = error.code
    print(what, got)
    if got not in wanted:
        failures += 1
        print(f"{what}: wanted {wanted}, got {got}")
    try:
        connection.run('SELECT tracardi_api.track(\'{"source": {"id": "web"}, "events": [{"type": "a"}]}\'::text)')
    except pq.Error as error:
        failures += 1
        print(f"after {what}: {error}")


for millions in (10, 20, 40, 80, 160):
    start = '{"source": {"id": "web"}, "events": [{"type": "a", "properties": {"x": '
    send(f"{millions} MB of brackets", ("", "[", str(millions * 1_000_000), ""), {"00000", "53200"})
    send(f"{millions} MB of numbers", (start + "[1", ",1", str(millions * 500_000), "]}}]}"), {"00000", "53200"})
    send(f"{millions} MB of keys", (start + '{"":1', ',"":1', str(millions * 200_000), "}}}]}"), {"00000", "53200"})
    send(f"{millions} MB of an escaped string", (start + '"', "\\t", str(millions * 500_000), '"}}]}'), {"00000", "53200"})
    send(f"{millions} MB of a webhook", ('["', "ab", str(millions * 500_000), '"]'), {"00000", "53200"}, "collect('a', 'web', ($1 || repeat($2, $3::int) || $4)::json)")
    send(f"{millions} MB of a webhook that is no JSON", ("", "\x01b", str(millions * 500_000), ""), {"00000", "53200"}, "collect(($1 || repeat($2, $3::int) || $4)::text)")
    send(f"{millions} MB of events", ('{"source": {"id": "web"}, "events": [0', ",0", str(millions * 500_000), "]}"), {"00000", "53200"})
if connection.pid != int(connection.run("SELECT pg_backend_pid()")[0][0]):
    failures += 1
    print("the backend is another one")
sys.exit(1 if failures else 0)
