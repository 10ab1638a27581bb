# What browsers ask before they send, and want to hear afterwards.
from web import *

ORIGIN = "https://shop.example.com"
allowed = {"access-control-allow-origin": ORIGIN, "access-control-allow-credentials": "true", "vary": "Origin"}

# The unmodified tracker's request has a header of its own, so it is asked for.
for path in ("/track", "/rpc/track", "/track?profile_less=true", "/collect/a/shop", "/consent"):
    answer = request("OPTIONS", path, headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST",
                                               "Access-Control-Request-Headers": "content-type,x-timestamp"})
    expect(f"preflight of {path}", answer.status, 204)
    expect(f"preflight of {path}: headers", answer.headers, allowed)
    expect(f"preflight of {path}: methods", "POST" in answer.headers["access-control-allow-methods"], True)
    names = answer.headers["access-control-allow-headers"].split(", ")
    expect(f"preflight of {path}: the tracker's headers", {"content-type", "x-timestamp"} <= set(names), True)
    expect(f"preflight of {path}: for a day", answer.headers["access-control-max-age"], "86400")

# A beacon: with credentials, which reach nobody; as text, or as JSON.
for kind in ("text/plain;charset=UTF-8", "application/json"):
    body = payload({"type": "page-left"}, session={"id": str(uuid.uuid4())})
    answer = track(json.dumps(body), {"Origin": ORIGIN, "Content-Type": kind, "Cookie": "secret=crumbs", "Authorization": "Bearer nonsense"})
    expect_answer(f"beacon, {kind}", answer, 200, {"events": [...]})
    expect(f"beacon, {kind}: headers", answer.headers, allowed)
    expect(f"beacon, {kind}: stored, and nothing of the cookie", query(
        "SELECT count(*)::int, bool_or(to_json(e)::text || to_json(s)::text LIKE '%crumbs%') FROM tracardi.event e JOIN tracardi.session s ON s.id = session_id "
        "WHERE type = 'page-left' AND session_id = $1", body["session"]["id"]), [[1, False]])

# Refusals and errors can be read by the page, too; each header comes once.
for what, answer, status in [
    ("401", track(payload({"type": "a"}, source={"id": "nobody"}), {"Origin": ORIGIN}), 401),
    ("404", request("POST", "/nowhere", {}, {"Origin": ORIGIN}), 404),
    ("413", track(payload({"type": "a", "properties": {"x": "y" * 1100000}}), {"Origin": ORIGIN}), 413),
]:
    expect(what, answer.status, status)
    expect(f"{what}: headers", answer.headers, allowed)
    expect(f"{what}: type", answer.headers["content-type"].split(";")[0], "application/json")

answer = track(payload({"type": "a"}))
expect("not from a page: no CORS", answer.headers.get("access-control-allow-origin"), None)

done()
