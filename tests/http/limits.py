# The rate limit holds one address back, says so as JSON, lets go again; and the web server answers when PostgREST doesn't.
from concurrent.futures import ThreadPoolExecutor

from web import *

ORIGIN = {"Origin": "https://shop.example.com"}


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

tell("rest_stop")
while (answer := send(0)).status == 200:
    time.sleep(0.1)
expect_answer("PostgREST is gone", answer, 502, {"detail": "The server is not available."})
expect("PostgREST is gone: the page may read it", answer.headers.get("access-control-allow-origin"), ORIGIN["Origin"])
tell("rest_start")
while (answer := send(0)).status == 502:
    time.sleep(0.1)
expect_answer("PostgREST is back", answer, 200, {"events": [...]})

done()
