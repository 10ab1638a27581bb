"""Sends payloads made of a seed through both doors, as jsonb and as text, and compares the answers, and what is stored, with what
the slow reader says (reader.py), and the documents with what PostgreSQL's own jsonb makes of them.

FUZZ_SEED repeats a run, FUZZ_PAYLOADS says how many payloads there are."""

import json
import os
import random
import sys
import unicodedata
from collections import Counter

sys.path.insert(0, os.path.join(os.environ["TRACARDI_ROOT"], "tests", "lib"))
import pq
import reader

seed, count = int(os.environ["FUZZ_SEED"]), int(os.environ["FUZZ_PAYLOADS"])
dice = random.Random(seed)
BATCH = 200
SOURCES = {"web": False, "mouse": True, "it's \"odd\" \\ %s": False}

# ---- Payloads -------------------------------------------------------------------------------------------------------

SQL = ["'; DROP TABLE tracardi.event; --", "$$", "\\", "%s%n", "\\.", "\n\\.\n", "{}", "NULL", "\"", "é", "\u202e", "\ufeff", "\ufffe", "\U0001f600", "\U0010ffff", "\x7f", "\x85", "\u2028", "İ", "ß"]
ESCAPES = ["\\u0000", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\ude00\\ud83d", "\\n", "\\/", "\\\"", "\\\\", "\\u0041", "\\uFFFF", "\\b\\f\\r\\t"]


def chance(n):
    return dice.random() * n < 1


def quoted(text):
    return json.dumps(text, ensure_ascii=chance(3))


def text():
    kind = dice.random()
    if kind < 0.5:
        return quoted("".join(dice.choices("abcdefghij klmno.-", k=dice.randrange(12))))
    if kind < 0.7:
        return quoted(dice.choice(SQL) + dice.choice(["", "x", " "]) + dice.choice(SQL))
    if kind < 0.85:
        return quoted("".join(chr(dice.choice([dice.randrange(1, 0x250), dice.randrange(1, 0xd800), dice.randrange(0xe000, 0x110000)])) for _ in range(dice.randrange(8))))
    if kind < 0.99:
        return '"' + "".join(dice.choice(ESCAPES[2 * (dice.random() < 0.9):] + ["a", "b"]) for _ in range(dice.randrange(4))) + '"'
    return quoted(dice.choice("xü\U0001f600") * dice.choice([254, 255, 256, 257, 3000 if chance(5) else 100]))


def number():
    return dice.choice([
        lambda: str(dice.randrange(-10**6, 10**6)), lambda: repr(dice.uniform(-1e9, 1e9)), lambda: str(dice.randrange(10**40)),
        lambda: f"{dice.randrange(10)}.{dice.randrange(10**12)}e{dice.randrange(-40, 40)}",
        lambda: dice.choice(["0", "-0", "-0.0", "0e5", "0E-3", "1E+2", "1.50", "1e131071", "1e131072", "1e-16383", "1e-16384", "1e400000", "0e99999", "-1e-999999999", "9" * 400, "0." + "0" * 300 + "1", "1e1073741823"]),
    ])()


def value(depth=3):
    kind = dice.random()
    if depth == 0 or kind < 0.25:
        return dice.choice([text, text, number, lambda: dice.choice(["null", "true", "false", "[]", "{}"])])()
    if kind < 0.5:
        return text()
    if kind < 0.6:
        return number()
    blank = dice.choice(["", "", "", " ", "\n\t"])
    size = dice.choice([0, 1, 1, 2, 3, 40 if chance(40) else 4])
    if kind < 0.75:
        return "[" + blank + f",{blank}".join(value(depth - 1) for _ in range(size)) + blank + "]"
    return "{" + blank + f"{blank},".join(dice.choice(['"a"', '"b"', '"\\u0061"', text()]) + f"{blank}:{blank}" + value(depth - 1) for _ in range(size)) + "}"


def time():
    year, month, day, hour, minute, second = (dice.randrange(*span) for span in ((0, 9999), (1, 14), (1, 32), (0, 25), (0, 61), (0, 62)))
    if chance(2):
        year, month, day, hour, minute, second = dice.randrange(1990, 2030), dice.randrange(1, 13), dice.randrange(1, 29), hour % 24, minute % 60, second % 60
    return dice.choice([
        lambda: f'"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"',
        lambda: f'" {year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{dice.randrange(10**9):09} "',
        lambda: f'"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{dice.choice("+-")}{dice.randrange(25):02}:{dice.randrange(61):02}"',
        lambda: f'"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{dice.randrange(1000)}{dice.choice("+-")}{dice.randrange(15):02}{dice.choice(["00", "30", "3"])}"',
        lambda: f'"{year:04}-{month:02}-{day:02}{dice.choice(" T")}{hour:02}:{minute:02}"',
        lambda: str(dice.randrange(-10**10, 3 * 10**10)), lambda: str(dice.randrange(10**12, 3 * 10**12)), lambda: f"{dice.uniform(0, 2e9):.6f}",
        lambda: dice.choice(["1e300", "-1e300", "1.00000001e400", "-1.00000001e400", "1e17", "9.3e15", "-2.2e15", "-211813487999", "0", "-0.0"]),
        lambda: dice.choice(['"now"', '"infinity"', '""', '"yesterday"', '"+12345-01-01T00:00:00Z"', '"2024-02-30T00:00:00Z"', '"2024-W01-1T00:00:00"', '"T"', "true", "[]", "{}"]),
    ])()


def field(name):
    """What should stand there, or anything."""
    if chance(12):
        return value(2)
    if chance(25):
        return "null"
    return {
        "id": lambda: dice.choice([text(), quoted(f"e{dice.randrange(50)}"), quoted(str(reader.uuid.UUID(int=dice.getrandbits(128), version=dice.choice([4, 5, 1])))), quoted(f" e{dice.randrange(50)}\t")]),
        "type": lambda: dice.choice([text(), '"a"', '" Odd\\tType "', '"b"']),
        "time": lambda: dice.choice([time(), '{"insert": %s}' % time(), '{"create": %s}' % time(), '{"create": %s, "insert": %s}' % (time(), time()), '{"update": 1}']),
        "properties": lambda: obj(), "context": lambda: obj(),
        "options": lambda: flags(), "tags": lambda: "[" + ",".join([text() for _ in range(dice.choice([0, 1, 2, 101 if chance(10) else 3]))]) + "]",
        "source": lambda: '{"id": %s}' % dice.choice([quoted(source) for source in SOURCES] * 6 + ['"gone"', '"shut"', '" web "', text(), "null"]),
        "session": lambda: dice.choice(['{"id": %s}', '{"id": %s}', "{}"]).replace("%s", dice.choice([text(), '"s1"', quoted(str(reader.uuid.UUID(int=dice.getrandbits(128), version=4)))])),
        "profile": lambda: '{"id": %s}' % dice.choice([text(), '"p1"', quoted(str(reader.uuid.UUID(int=dice.getrandbits(128), version=4)))]),
        "profile_less": lambda: dice.choice(["true", "false", '"true"']),
    }[name]()


def obj():
    for _ in range(9):
        made = value(3)
        if made.startswith("{"):
            return made
    return "{}"


def flags():
    names = ["saveEvent", "saveEvents", "save", "saveSession", "saveProfile", "profileLess", "x"]
    return "{" + ",".join(f'"{dice.choice(names)}": {dice.choice(["true", "true", "false", "null", "0"])}' for _ in range(dice.randrange(3))) + "}"


def fields(names, always, likely):
    chosen = [name for name in names if name in always or chance(3 if name not in likely else 1.2)]
    dice.shuffle(chosen)
    if chance(15):
        chosen.append(dice.choice(names))
    pairs = [f'"{name}": {field(name)}' for name in chosen]
    if chance(10):
        pairs.insert(0, f"{text()}: {value(2)}")
    return pairs


def event():
    if chance(30):
        return value(2)
    if chance(1000):
        levels = dice.choice([997, 998, 999, 1000, 1001, 1500])
        return '{"type": "deep", "properties": %s}' % (dice.choice(['{"x":%s}', '{"x":[%s]}']) % ("[" * levels + "]" * levels))
    return "{" + ", ".join(fields(reader.EVENT, ["type"] if not chance(20) else [], ["properties"])) + "}"


def payload():
    if chance(4000):
        return "[" * 100000 + "]" * 100000
    context = '{"time": {"local": %s}}' % time() if chance(6) else None
    pairs = fields([name for name in reader.PAYLOAD if not (name == "context" and context)], ["source"] if not chance(30) else [], [])
    if context:
        pairs.append(f'"context": {context}')
    events = "[" + ",".join(event() for _ in range(dice.choice([0, 1, 1, 1, 2, 3, 6]))) + "]" if not chance(30) else value(1)
    pairs.insert(dice.randrange(len(pairs) + 1), f'"events": {events}')
    return mutated("{" + ", ".join(pairs) + "}")


def mutated(made):
    if not chance(12):
        return made
    a, b = sorted(dice.randrange(len(made) + 1) for _ in range(2))
    return dice.choice([
        lambda: made[:a] + made[b:], lambda: made[:a], lambda: made[:b] + made[a:b] + made[b:], lambda: made[:a] + dice.choice(['"', "\\", "{", "}", "[", "]", ",", ":", "\\u00", "\x01", "\ufeff", "nul", "e", "-", "\n"]) + made[a:],
        # Levels are swapped.
        lambda: made.replace("properties", "events", 1), lambda: made.replace("events", "properties", 1), lambda: made.replace("session", "profile"), lambda: f"[{made}]",
    ])().replace("\0", "")

# ---- Sending and comparing ------------------------------------------------------------------------------------------

connection = pq.Connection(user="postgres")
connection.run("""
SET statement_timeout = '120s';
CREATE FUNCTION pg_temp.send(doors text[], payloads text[]) RETURNS TABLE (code text, message text, status text, answer text) LANGUAGE plpgsql AS $$
BEGIN
  FOR n IN 1 .. cardinality(doors) LOOP
    code := NULL; message := NULL; answer := NULL;
    PERFORM set_config('response.status', '', true);
    BEGIN
      answer := CASE doors[n] WHEN 'jsonb' THEN tracardi.track(payloads[n]::jsonb)::text WHEN 'json' THEN tracardi_api.track(payloads[n]::json)::text
                              ELSE tracardi_api.track(payloads[n])::text END;
    EXCEPTION WHEN OTHERS THEN
      code := SQLSTATE; message := SQLERRM;
    END;
    status := current_setting('response.status');
    RETURN NEXT;
  END LOOP;
END $$""")
known = set()
counts = {}
failures = []


def tell(what, n=1):
    counts[what] = counts.get(what, 0) + n


class Mismatch(Exception):
    pass


def expect(what, got, wanted):
    if got != wanted:
        raise Mismatch(f"{what}: wanted {wanted!r}, got {got!r}")


def among(what, got, wanted):
    if got not in wanted:
        raise Mismatch(f"{what}: wanted one of {sorted(wanted)}, got {got!r}")


STATUS = {"22023": "422", "28000": "401", "54001": "413", "54000": "413"}


def compare(door, made, code, message, status, answer):
    """The events that must be stored, and those that must be kept as rejected."""
    try:
        root = reader.read(made)
    except reader.NotJson:
        tell("not JSON")
        if door == "text":
            expect("status", (code, status), (None, "422"))
        else:
            # PostgreSQL's own reader was asked first, and it may be its stack that ends first.
            among("SQLSTATE", code, {"22P02", "22P05", "54001", "22003"})
        return [], []
    if door != "text" and root.height > 2000:
        among("SQLSTATE", code, {"54001"} | root.all_faults)
        return [], []
    if door == "jsonb" and root.all_faults:
        tell("nothing for jsonb")
        among("SQLSTATE", code, root.all_faults)
        return [], []
    outcome = reader.payload(root, "jsonb" if door == "jsonb" else "text", SOURCES)
    if outcome.codes:
        tell("refused")
        if door == "jsonb":
            among("SQLSTATE", code, outcome.codes)
        else:
            expect("SQLSTATE", code, None)
            among("status", status, {STATUS[wanted] for wanted in outcome.codes})
        return [], []
    expect("SQLSTATE", code, None)
    if outcome.events is None:
        expect("answer", answer, None if door == "jsonb" else "null")
        return [], []
    answer = json.loads(answer)
    expect("number of events", len(answer["events"]), len(outcome.events))
    errors = {error["event"]: error["code"] for error in answer["errors"]}
    expect("one error for an event", len(errors), len(answer["errors"]))
    warnings = {(warning["event"], warning["code"]) for warning in answer["warnings"]}
    if door != "jsonb":
        expect("status", status, "226" if errors else "")
    stored, kept = [], []
    for n, (seen, told) in enumerate(zip(outcome.events, answer["events"])):
        if seen.codes is None and seen.unsure and told is None:
            among(f"event {n}", errors.get(n), {"22007", "22008"})
            seen.codes = {errors[n]}
        if seen.codes is not None:
            tell("rejected")
            expect(f"event {n}", told, None)
            among(f"event {n}", errors.get(n), seen.codes)
            if seen.kept:
                kept.append((door, made[seen.node.start:seen.node.end]))
            continue
        tell(seen.kind)
        expect(f"event {n}: error", errors.get(n), None)
        if seen.client:
            expect(f"event {n}: id", told, seen.client[2])
        seen.id = seen.client[0] if seen.client else told
        if seen.kind == "ephemeral":
            continue
        duplicate = seen.client is not None and seen.id in known
        expect(f"event {n}: is it known?", (n, "23505") in warnings, duplicate)
        if duplicate:
            tell("known already")
            continue
        if seen.client:
            known.add(seen.id)
        stored.append((seen, made, (n, "22008") in warnings))
    return stored, kept


def compare_row(seen, made, clamped, rows):
    row = rows.pop(seen.id, None)
    if row is None:
        raise Mismatch(f"event {seen.id} is not stored")
    external, kind, event_type, time, received, tags, owned = row
    expect("kind", kind, seen.kind)
    expect("external id", external, seen.client[1] if seen.client else None)
    expect("profile", owned == "t", seen.kind == "profile")
    # Of characters that are younger than Python's tables nobody here knows the lower case.
    if not any(unicodedata.category(c) == "Cn" for c in seen.type):
        expect("type", event_type, seen.type)
    expect("tags", json.loads(tags), seen.tags)
    way, micros = seen.when
    time, received = int(time), int(received)
    if way == "arrival":
        if not 0 <= time - received < 2_000_000:
            raise Mismatch(f"time: {time - received} after its arrival")
    elif micros is not None:
        if way == "client" and isinstance(seen.local, int):
            micros += received - seen.local
        if not reader.FIRST <= micros < reader.END:
            raise Mismatch(f"time: {micros} is out of range, and was taken")
        expect("time: is it in the future?", clamped, micros > received + reader.HOUR)
        if abs(time - min(micros, received + reader.HOUR)) > 2:
            raise Mismatch(f"time: wanted {micros}, got {time}")


def batch(size):
    doors = [dice.choice(["jsonb", "jsonb", "text", "text", "json"]) for _ in range(size)]
    made = [payload() for _ in range(size)]
    connection.run("BEGIN")
    try:
        answers = connection.run("SELECT * FROM pg_temp.send($1::text[], $2::text[])", pq.array(doors), pq.array(made))
    except pq.Error as error:
        print(f"the backend failed: {error}")
        failures.append(error)
        raise
    stored, kept = [], []
    for door, text, (code, message, status, answer) in zip(doors, made, answers):
        tell("payloads")
        try:
            events, rejected = compare(door, text, code, message, status, answer)
            stored += [(door, *entry) for entry in events]
            kept += rejected
        except Mismatch as mismatch:
            failures.append((door, text, mismatch, code, message, answer))
    rows = {row[0]: row[1:] for row in connection.run("""
      SELECT id, external_id, kind, type, ((extract(epoch FROM time)) * 1000000)::numeric(30), (extract(epoch FROM received_at) * 1000000)::numeric(30), to_jsonb(tags), profile_id IS NOT NULL
      FROM tracardi.event WHERE xact = pg_current_xact_id() AND kind <> 'system'""")}
    ids, properties, contexts = [], [], []
    for door, seen, text, clamped in stored:
        try:
            compare_row(seen, text, clamped, rows)
            if any(field and field.all_faults for field in (seen.properties, seen.context)):
                continue
            ids.append(seen.id)
            properties.append(seen.properties and text[seen.properties.start:seen.properties.end])
            contexts.append(seen.context and text[seen.context.start:seen.context.end])
        except Mismatch as mismatch:
            failures.append((door, text, mismatch, None, None, None))
    if rows and not failures:
        failures.append(("", "", f"stored, and nobody knows why: {rows}", None, None, None))
    # Byte for byte what PostgreSQL makes of the same text.
    for row in connection.run("""
      SELECT s.id, e.properties, s.properties, e.context, s.context FROM unnest($1::uuid[], $2::text[], $3::text[]) AS s (id, properties, context)
      LEFT JOIN tracardi.event e ON e.id = s.id AND e.xact = pg_current_xact_id()
      WHERE record_image_eq(ROW(e.properties, e.context), ROW(coalesce(s.properties, '{}')::jsonb, coalesce(s.context, '{}')::jsonb)) IS NOT TRUE""", pq.array(ids), pq.array(properties), pq.array(contexts)):
        failures.append(("", "", f"jsonb differs: {row}", None, None, None))
    # Rejected events are kept as they came; as jsonb writes it what came as jsonb.
    written = connection.run("SELECT k::jsonb FROM unnest($1::text[]) AS k", pq.array(text for door, text in kept if door == "jsonb"))
    wanted = Counter([row[0] for row in written] + [text for door, text in kept if door != "jsonb"])
    found = Counter(row[0] for row in connection.run("SELECT event FROM tracardi.event_rejected"))
    if found != wanted:
        failures.append(("", "", f"rejected events: missing {list(wanted - found)[:3]}, more than there should be {list(found - wanted)[:3]}", None, None, None))
    connection.run("TRUNCATE tracardi.event_rejected")
    connection.run("COMMIT")


def memory():
    return int(connection.run("SELECT sum(used_bytes) FROM pg_backend_memory_contexts")[0][0])


print(f"seed {seed}, {count} payloads")
flat = []
for n in range(0, count, BATCH):
    batch(min(BATCH, count - n))
    if n // BATCH % 20 == 19:
        connection.run("TRUNCATE tracardi.event, tracardi.event_key, tracardi.session, tracardi.profile, tracardi.profile_alias")
        known.clear()
    if n >= count // 2 and len(flat) == 0:
        flat.append(memory())
    if len(failures) > 20:
        break
flat.append(memory())

for door, text, mismatch, *rest in failures[:20]:
    print(f"{door}: {text if len(text) < 3000 else text[:3000] + '…'}\n  {mismatch}\n  {[item for item in rest if item is not None]}")
print(", ".join(f"{name}: {number}" for name, number in sorted(counts.items())))
print(f"used bytes: {flat[0]} half-way, {flat[-1]} at the end")
if flat[-1] - flat[0] > 500_000:
    failures.append("memory grew")
if connection.pid != int(connection.run("SELECT pg_backend_pid()")[0][0]):
    failures.append("the backend is another one")
sys.exit(1 if failures else 0)
