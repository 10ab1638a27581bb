# The browser tracker, as it is served; and health.
import pathlib

from web import *

root = pathlib.Path(os.environ["TRACARDI_ROOT"])
script = (root / "src/tracker/tracker.min.js").read_bytes()

answer = request("GET", "/tracker/tracker.js", headers={"Accept": "*/*"})
expect("tracker.js", answer.status, 200)
expect("tracker.js: what is in src/tracker", answer.body == script, True)
expect("tracker.js: a script", answer.headers["content-type"].split(";")[0], "text/javascript")
expect("tracker.js: browsers keep it", "max-age" in answer.headers.get("cache-control", ""), True)

expect_answer("health", request("GET", "/health"), 200, {"status": "ok"})

done()
