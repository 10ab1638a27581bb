"""What the tests of tests/http use: requests, what the database holds, and comparisons."""

import http.client
import json
import os
import subprocess
import sys
import time
import urllib.parse
import uuid

WEB, REST = os.environ["WEB_URL"], os.environ["REST_URL"]


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


def request(method, path, body=None, headers=None, base=WEB):
    """Sends a request. A body that is not text or bytes goes as JSON; no header is added but those that HTTP needs."""
    headers = dict(headers or {})
    if body is not None and not isinstance(body, (str, bytes)):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    if isinstance(body, str):
        body = body.encode()
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(base).netloc, timeout=30)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    try:
        connection.endheaders(body)
    except (BrokenPipeError, ConnectionResetError):
        pass  # A body that is too large is answered before it is read.
    return Answer(connection.getresponse())


def track(payload, headers=None, path="/track", base=WEB):
    return request("POST", path, payload, headers, base)


def payload(*events, **others):
    """A payload of the source "shop", in a session of its own."""
    return {"source": {"id": "shop"}, "session": {"id": str(uuid.uuid4())}, "profile": None, "context": {},
            "options": {}, "events": list(events), **others}


def query(sql, *values):
    """The rows of a query, each a list of its columns as JSON; $1, $2, … stand for values."""
    for number in reversed(range(len(values))):
        sql = sql.replace(f"${number + 1}", "'" + str(values[number]).replace("'", "''") + "'")
    statement = f"SELECT coalesce(json_agg(to_json(r)), '[]') FROM ({sql}) r"
    done = subprocess.run([os.environ["PSQL"], "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement], text=True, capture_output=True)
    if done.returncode:
        sys.exit(f"{sql}\n{done.stderr}")
    return [list(row.values()) for row in json.loads(done.stdout)]


def execute(sql):
    subprocess.run([os.environ["PSQL"], "-Xq", "-v", "ON_ERROR_STOP=1", "-c", sql], check=True, stdout=subprocess.DEVNULL)


def tell(word):
    """Has the runner stop the HTTP server behind nginx, or start it again: rest_stop, rest_start."""
    with open(os.environ["CONTROL"], "w") as control:
        control.write(word + "\n")


failures = 0


def expect(what, got, wanted):
    """Whether it is as wanted. A dict may hold more than is wanted; Ellipsis stands for anything."""
    global failures
    if not matches(got, wanted):
        failures += 1
        print(f"{what}\n  wanted: {wanted!r}\n  got:    {got!r}")


def expect_answer(what, answer, status, body=...):
    try:
        got = answer.json
    except ValueError:
        got = answer.body
    expect(f"{what}: status, of {got!r}", answer.status, status)
    expect(f"{what}: body", got, body)
    expect(f"{what}: type", answer.headers.get("content-type", "").split(";")[0], "application/json")


def matches(got, wanted):
    if wanted is ...:
        return True
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(key in got and matches(got[key], value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(matches, got, wanted))
    return type(got) is type(wanted) and got == wanted


def done():
    print(f"{failures} failures")
    sys.exit(1 if failures else 0)
