# A source's limits reach the client. nginx's rate limit holds one address back, says so as JSON, lets go again; and nginx
# answers when PostgREST doesn't.
from concurrent.futures import ThreadPoolExecutor

from web import *

ORIGIN = {"Origin": "https://shop.example.com"}


execute("SELECT tracardi.create_source('small', payload_size_limit => 1000), tracardi.create_source('few', event_limit => 2)")
execute("SELECT tracardi.create_source('slow', rate_limit => 1), tracardi.create_source('slow-hook', rate_limit => 1)")
VIEW = {"type": "page-view"}
large = payload({**VIEW, "properties": {"text": "x" * 1000}}, source={"id": "small"})
many = payload(VIEW, VIEW, VIEW, source={"id": "few"})
expect_answer("a payload that is too large", track(large, ORIGIN), 413, {"detail": 'payload is too large for source "small"'})
expect_answer("a payload of too many events", track(many, ORIGIN), 413, {"detail": 'payload has too many events for source "few"'})
expect("nothing of them is stored", query("SELECT count(*)::int FROM tracardi.event WHERE source_id IN ('small', 'few')"), [[0]])
# More than a second's at once: what follows waits for long, whichever of the server's database sessions it comes to.
execute("""SELECT tracardi.track(jsonb_build_object('source', jsonb_build_object('id', source), 'events',
  (SELECT jsonb_agg('{"type": "page-view"}'::jsonb) FROM generate_series(1, 1000)))) FROM unnest('{slow,slow-hook}'::text[]) source""")
for what, answer in [("track", track(payload(VIEW, source={"id": "slow"}), ORIGIN)),
                     ("PostgREST's own address", track(payload(VIEW, source={"id": "slow"}), base=REST, path="/rpc/track")),
                     ("a webhook", request("POST", "/collect/order/slow-hook", {"order": 1}))]:
    expect_answer(f"too many events a second, {what}", answer, 429, {"detail": ...})
    expect(f"{what}: when to come again", 500 < int(answer.headers.get("retry-after", 0)) <= 1000, True)
expect_answer("another source goes on", track(payload(VIEW)), 200, {"events": [...]})


def send(_):
    return track(payload({"type": "burst", "options": {"saveEvent": False}}), ORIGIN)


with ThreadPoolExecutor(16) as pool:
    answers = list(pool.map(send, range(600)))
statuses = [answer.status for answer in answers]
expect("only these", set(statuses), {200, 429})
expect("a burst passes", statuses.count(200) >= 200, True)
expect("then it is enough", statuses.count(429) >= 100, True)
late = next(answer for answer in answers if answer.status == 429)
expect_answer("429", late, 429, {"detail": "Too many requests."})
expect("429: the page may read it", late.headers.get("access-control-allow-origin"), ORIGIN["Origin"])

time.sleep(1)
expect_answer("a second later", send(0), 200, {"events": [...]})
time.sleep(4)

rest("stop")
answer = send(0)
expect_answer("PostgREST is gone", answer, 502, {"detail": "The server is not available."})
expect("PostgREST is gone: the page may read it", answer.headers.get("access-control-allow-origin"), ORIGIN["Origin"])
rest("start")
expect_answer("PostgREST is back", send(0), 200, {"events": [...]})

done()
