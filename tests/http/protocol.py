# The requests of an unmodified Tracardi tracker, at url.api = "…" of nginx, "…/rpc" of nginx, and "…/rpc" of PostgREST itself.
# What the tracker needs back: JSON, status 200, profile.id, ux. Also the Python SDK's request.
import pathlib

from web import *

recorded = pathlib.Path(os.environ["TRACARDI_ROOT"]) / "docs/examples/demo"


def replay(name, session, profile):
    body = json.loads((recorded / f"{name}.json").read_text())
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".000Z"
    body["context"]["time"]["local"] = body["events"][0]["time"]["create"] = now
    return {**body, "session": {"id": session}, "profile": {"id": profile} if profile else None}


def headers():
    return {"Content-Type": "application/json", "X-Timestamp": str(int(time.time() * 1000)), "Accept": "*/*",
            "Origin": "https://shop.example.com", "Referer": "https://shop.example.com/", "Accept-Language": "de-DE,de;q=0.9",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36"}


for api, base, path in [("nginx", WEB, "/track"), ("nginx/rpc", WEB, "/rpc/track"), ("PostgREST/rpc", REST, "/rpc/track")]:
    session, profile, ids = str(uuid.uuid4()), None, set()
    for name in ("page-view", "click", "login", "form", "purchase"):
        answer = track(replay(name, session, profile), headers(), path, base)
        expect(f"{api}, {name}: CORS", answer.headers.get("access-control-allow-origin") in ("*", "https://shop.example.com"), True)
        # A workflow of the shop fails for the form, which is told: then it is 226, which the tracker logs.
        expect_answer(f"{api}, {name}", answer, 226 if name == "form" else 200, {
            "task": ..., "events": [...], "profile": {"id": ...}, "session": {"id": session}, "response": {}, "ux": [], "errors": ..., "warnings": []})
        profile = profile or answer.json["profile"]["id"]
        ids.add(answer.json["profile"]["id"])
    expect(f"{api}: one profile", ids, {profile})
    expect(f"{api}: the events", query(
        "SELECT type, source_id, profile_id, context #>> '{page,title}' IS NOT NULL AS page FROM tracardi.event "
        "WHERE session_id = $1 AND kind = 'profile' ORDER BY time, id", session),
        [[event_type, "shop", profile, True] for event_type in ("page-view", "click", "sign-in", "form-submitted", "purchase-order")])
    expect(f"{api}: the session", query(
        "SELECT source_id, context #>> '{time,tz}' AS tz, context #>> '{screen,local,width}' AS width FROM tracardi.session WHERE id = $1", session),
        [["shop", "Europe/Berlin", "1920"]])

    # helpers.track with an answer of a workflow.
    answer = track({**payload({"type": "exit-intent", "options": {"fire": True, "saveEvent": False}}), "session": {"id": session},
                    "profile": {"id": profile}}, headers(), path, base)
    expect_answer(f"{api}: a workflow's answer", answer, 200, {
        "response": {"offer": {"text": "Free shipping today", "visits": 1}},
        "ux": [{"tag": "div", "props": {"class": "offer"}, "content": "Free shipping today"}]})

# ?profile_less=true, and as a header; false beats nothing.
for what, path, more, kind in [
    ("in the query", "/track?profile_less=true", {}, "profileless"), ("as a header", "/track", {"X-Profile-Less": "true"}, "profileless"),
    ("false", "/track?profile_less=false", {}, "profile"), ("neither", "/track", {}, "profile"),
]:
    event_type = "less-" + what.replace(" ", "-")
    answer = track(payload({"type": event_type}), {**headers(), **more}, path)
    expect_answer(f"profile_less {what}", answer, 200, {"events": [...]})
    expect(f"profile_less {what}: kind", query("SELECT kind FROM tracardi.event WHERE type = $1", event_type), [[kind]])

# The Python SDK: a time that is a text, and options.profile.
answer = track({"source": {"id": "shop"}, "session": {"id": str(uuid.uuid4())}, "metadata": {"time": "2026-01-01 10:00:00"}, "profile": None,
                "context": {}, "properties": {}, "events": [{"type": "sdk", "properties": {}, "options": {}}], "options": {"profile": True}})
expect_answer("the Python SDK", answer, 200, {"profile": {"id": ...}})

done()
