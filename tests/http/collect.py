# Webhooks: POST and GET, with a session and without, and what stands in the path.
from web import *

session = str(uuid.uuid4())


def stored(event_type):
    return query("SELECT kind, source_id, session_id, properties FROM tracardi.event WHERE type = $1 AND kind <> 'system' ORDER BY time", event_type)


answer = request("POST", "/collect/order-paid/shop", {"order": 7})
expect_answer("POST", answer, 200, {"events": [...], "profile": {"id": None}, "errors": []})
expect("POST: nobody's", stored("order-paid"), [["profileless", "shop", None, {"order": 7}]])

answer = request("POST", f"/collect/order-shipped/shop/{session}", {"order": 7})
expect_answer("POST with a session", answer, 200, {"session": {"id": session}})
expect("POST with a session: somebody's", stored("order-shipped"), [["profile", "shop", session, {"order": 7}]])

expect_answer("GET", request("GET", "/collect/mail-opened/shop?mail=12&box=in%20box"), 200, {"events": [...]})
expect("GET: the query is the properties", stored("mail-opened"), [["profileless", "shop", None, {"mail": "12", "box": "in box"}]])
expect_answer("GET with a session", request("GET", f"/collect/link-opened/shop/{session}?link=3"), 200, {"session": {"id": session}})
expect("GET with a session: the same person", query(
    "SELECT count(DISTINCT profile_id)::int FROM tracardi.event WHERE session_id = $1 AND type IN ('order-shipped', 'link-opened')", session), [[1]])
expect_answer("GET without a query", request("GET", "/collect/pinged/shop"), 200, {"events": [...]})
expect("GET without a query: no properties", stored("pinged"), [["profileless", "shop", None, {}]])

# However a sender names its JSON.
for kind in ("application/json; charset=utf-8", "text/plain", "text/plain;charset=UTF-8", "application/vnd.shop+json", None):
    answer = request("POST", "/collect/typed/shop", '{"a": 1}', {"Content-Type": kind} if kind else {})
    expect_answer(f"Content-Type {kind}", answer, 200, {"events": [...]})
expect("Content-Type: all stored", stored("typed"), [["profileless", "shop", None, {"a": 1}]] * 5)

# Any character, and no way to smuggle a header in.
expect_answer("percent", request("POST", "/collect/caf%C3%A9%20crema/shop", {}), 200, {"events": [...]})
expect("percent: decoded", stored("café-crema"), [["profileless", "shop", None, {}]])
expect_answer("a newline in the path", request("POST", "/collect/evil%0d%0ax-tracardi-session:%20x/shop", {}), 200, ...)
expect("a newline in the path: no session", query("SELECT count(*)::int FROM tracardi.event WHERE type LIKE 'evil%' AND session_id IS NOT NULL"), [[0]])
answer = request("POST", "/collect/forged/shop", {}, {"X-Tracardi-Session": session, "X-Tracardi-Event-Type": "other"})
expect_answer("headers from outside", answer, 200, {"session": {"id": None}})
expect("headers from outside: don't count", stored("forged"), [["profileless", "shop", None, {}]])

# What is wrong.
expect_answer("an unknown source", request("POST", "/collect/a/nobody", {}), 401, {"detail": ...})
expect_answer("properties that are a list", request("POST", "/collect/a/shop", "[1, 2]", {"Content-Type": "text/plain"}), 226, {"events": [None], "errors": [{"code": "22023"}]})
expect_answer("no source", request("POST", "/collect/a", {}), 404, {"detail": "Not found."})
expect_answer("PUT", request("PUT", "/collect/a/shop", {}), 405, {"detail": "Method not allowed."})
execute("SELECT tracardi.create_source('only-rest', bridges => '{rest}')")
expect_answer("a source without the bridge", request("POST", "/collect/a/only-rest", {}), 401, {"detail": ...})

done()
