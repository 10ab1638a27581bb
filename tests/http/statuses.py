# Each row of the manual's table of bad input, as a status and a body; and what it left in the database.
from web import *

VIEW = {"type": "page-view"}


def refused(what, body, location, headers=None):
    before = query("SELECT count(*)::int FROM tracardi.event")
    answer = track(body, headers)
    expect_answer(what, answer, 422, {"detail": [{"loc": ["body", *location], "msg": ..., "type": ...}]})
    expect(f"{what}: nothing is stored", query("SELECT count(*)::int FROM tracardi.event"), before)


for what, change, location in [
    ("no source", {"source": None}, ["source", "id"]),
    ("a source without id", {"source": {}}, ["source", "id"]),
    ("a source id that is a number", {"source": {"id": 1}}, ["source", "id"]),
    ("a source that is a text", {"source": "shop"}, ["source"]),
    ("a session id that is a number", {"session": {"id": 5}}, ["session", "id"]),
    ("a profile that is a list", {"profile": []}, ["profile"]),
    ("a profile id that is too long", {"profile": {"id": "x" * 256}}, ["profile", "id"]),
    ("events that are an object", {"events": {}}, ["events"]),
    ("options that are a text", {"options": "all"}, ["options"]),
    ("a context that is a list", {"context": []}, ["context"]),
    ("properties that are a number", {"properties": 1}, ["properties"]),
]:
    refused(what, payload(VIEW, **change), location)

execute("SELECT tracardi.create_source('off', enabled => false)")
execute("SELECT tracardi.create_source('hooks', bridges => '{webhook}')")
execute("SELECT tracardi.create_source('known', static_profile_id => true)")
for source in ("nobody", "off", "hooks", "sql"):
    expect_answer(f"the source {source}", track(payload(VIEW, source={"id": source})), 401, {"detail": ...})
refused("a static source without a profile", payload(VIEW, source={"id": "known"}), ["profile", "id"])

for what, body in [("no events", payload()), ("events that are null", payload(events=None))]:
    expect_answer(what, track(body), 200, None)

# One bad event among good ones.
for what, bad, code in [
    ("no type", {"properties": {}}, "22023"),
    ("a blank type", {"type": "  "}, "22023"),
    ("a type that is a number", {"type": 5}, "22023"),
    ("a type that is too long", {"type": "x" * 256}, "22001"),
    ("an id that is too long", {"type": "a", "id": "x" * 256}, "22001"),
    ("properties that are a list", {"type": "a", "properties": []}, "22023"),
    ("a bad time", {"type": "a", "time": {"insert": "yesterday"}}, "22007"),
    ("a text", "page-view", "22023"),
]:
    body = payload(VIEW, bad, VIEW)
    answer = track(body)
    expect_answer(what, answer, 226, {"events": [..., None, ...], "errors": [{"event": 1, "code": code, "message": ...}]})
    expect(f"{what}: the others are stored", query(
        "SELECT count(*)::int FROM tracardi.event WHERE session_id = $1 AND kind = 'profile'", body["session"]["id"]), [[2]])
    expect(f"{what}: it is kept", query(
        "SELECT count(*)::int FROM tracardi.event_rejected WHERE session_id = $1", body["session"]["id"]), [[1]])

# What jsonb can't hold: of one event, and as a beacon.
for what, bad in [("a null byte", r'"a\u0000b"'), ("a lone surrogate", r'"\ud800"'), ("deep nesting", "[" * 20000 + "]" * 20000)]:
    for kind in ("application/json", "text/plain;charset=UTF-8"):
        body = payload(VIEW, {"type": "bad", "properties": {"x": "@"}}, VIEW)
        answer = track(json.dumps(body).replace('"@"', bad), {"Content-Type": kind})
        expect_answer(f"{what}, {kind}", answer, 226, {"events": [..., None, ...], "errors": [{"event": 1}]})

expect_answer("null for objects, unknown fields", track(payload(
    {"type": "page-view", "properties": None, "context": None, "options": None, "tags": None, "more": 1},
    context=None, options=None, profile=None, device={"id": "x"})), 200, {"errors": []})

# Not JSON at all.
for kind in ("application/json", "text/plain"):
    answer = track('{"source": ', {"Content-Type": kind})
    expect_answer(f"half a body, {kind}", answer, 422, {"detail": [...]})
expect_answer("a list, text/plain", track('[{"type": "a"}]', {"Content-Type": "text/plain"}), 422, {"detail": [{"loc": ["body"]}]})

# What the web server itself refuses.
expect_answer("GET", request("GET", "/track"), 405, {"detail": "Method not allowed."})
expect_answer("another path", request("POST", "/rpc/collect", {}), 404, {"detail": "Not found."})
expect_answer("the root", request("GET", "/"), 404, {"detail": "Not found."})
expect_answer("a body of more than 1 MB", track(payload({"type": "a", "properties": {"x": "y" * 1100000}})), 413, {"detail": "The body is too large."})

# Read only, as PostgREST's transaction of a GET is.
execute("SELECT tracardi.create_source('passing', ephemeral => true)")
for source, status, body in [("shop", 405, {"detail": "Method Not Allowed"}), ("passing", 200, {"events": [...]})]:
    answer = request("GET", f"/rpc/collect?event_type=a&source_id={source}", headers={"Accept": "application/json"}, base=REST)
    expect_answer(f"read only, {source}", answer, status, body)
    expect(f"read only, {source}: Allow", answer.headers.get("allow"), "POST" if status == 405 else None)
expect_answer("health", request("GET", "/health"), 200, {"status": "ok"})

done()
