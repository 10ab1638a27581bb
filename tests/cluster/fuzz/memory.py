"""Where there is no memory for what comes as text, that call fails, and the same backend goes on."""

import os
import sys

sys.path.insert(0, os.path.join(os.environ["TRACARDI_ROOT"], "tests", "lib"))
import pq

connection = pq.Connection(user="postgres")
connection.run("SET tracardi.body_size_limit = '1GB'; SET tracardi.payload_event_limit = 10000000")
failures = 0


def send(what, made, wanted):
    global failures
    try:
        connection.run("SELECT tracardi_api.track(repeat($1, $2::int))", *made)
        got = "00000"
    except pq.Error as error:
        got = error.code
    # An error inside is concealed: what is raised over HTTP tells no more than that.
    if got not in wanted:
        failures += 1
        print(f"{what}: wanted {wanted}, got {got}")
    try:
        connection.run('SELECT tracardi_api.track(\'{"source": {"id": "web"}, "events": [{"type": "a"}]}\'::text)')
    except pq.Error as error:
        failures += 1
        print(f"after {what}: {error}")


for millions in (10, 20, 40, 80, 160):
    send(f"{millions} million brackets", ("[", str(millions * 1_000_000)), {"00000", "53200", "XX000"})
    send(f"{millions} million numbers", ("1,", str(millions * 500_000)), {"00000", "53200", "XX000"})
    send(f"a string of {millions} million escapes", ('\\"', str(millions * 500_000)), {"00000", "53200", "XX000"})
if connection.pid != int(connection.run("SELECT pg_backend_pid()")[0][0]):
    failures += 1
    print("the backend is another one")
sys.exit(1 if failures else 0)
