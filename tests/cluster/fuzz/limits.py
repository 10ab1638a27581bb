"""What is large, deep or odd, through both doors: payloads of 10 MB and of 100,000 events, nesting up to the end of the stack, every
character there is, every form of a number, and what is made to take for ever. The backend goes on, whatever it answers."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ["TRACARDI_ROOT"], "tests", "lib"))
import pq

connection = pq.Connection(user="postgres")
run = connection.run
failures = 0
DOORS = {"jsonb": "tracardi.track($1::jsonb)", "text": "tracardi_api.track($1::text)", "json": "tracardi_api.track($1::json)"}


def one(sql, *values):
    return run(sql, *values)[0][0]


def expect(what, got, wanted):
    global failures
    if got != wanted:
        failures += 1
        print(f"{what}\n  wanted: {str(wanted)[:300]}\n  got:    {str(got)[:300]}")


def code(sql, *values):
    """The SQLSTATE of a call."""
    try:
        run(sql, *values)
        return "00000"
    except pq.Error as error:
        if error.code[:2] in ("08", "XX"):
            print(f"{sql[:200]}: {error}")
        return error.code


def payload(*events, **more):
    return '{"source": {"id": "web"}, "events": [' + ",".join(events) + "]}"


def forget_all():
    run("TRUNCATE tracardi.event, tracardi.event_key, tracardi.event_rejected, tracardi.session, tracardi.profile, tracardi.profile_alias")


def resident():
    """Memory of the backend's own, in MB."""
    with open(f"/proc/{connection.pid}/status") as status:
        return int(re.search(r"RssAnon:\s*(\d+)", status.read())[1]) // 1024


# ---- 10 MB, and 100,000 events --------------------------------------------------------------------------------------

texts = {"one long text": '"' + "0123456789" * 1_000_000 + '"', "many small numbers": "[" + ",".join(["12345"] * 1_700_000) + "]",
         "many keys": "{" + ",".join(f'"k{n}":{n}' for n in range(600_000)) + "}", "escapes": '"' + "\\u00e9" * 1_700_000 + '"'}
for name, text in texts.items():
    for door, call in DOORS.items():
        made = payload('{"type": "large", "properties": {"x": %s}}' % text)
        assert 9_000_000 < len(made) < 16_000_000, len(made)
        expect(f"{name} as {door}", one(f"SELECT json_array_length(({call})::json -> 'errors')", made), "0")
    expect(f"{name}: as it came", run("SELECT count(*), count(*) FILTER (WHERE record_image_eq(ROW(properties -> 'x'), ROW($1::jsonb))) FROM tracardi.event WHERE type = 'large'", text), [["3", "3"]])
    forget_all()
for door, call in DOORS.items():
    # Each thousandth is a bad one.
    made = payload(*("7" if n % 1000 == 999 else '{"type": "many", "id": "%s-%d", "properties": {"n": %d}}' % (door, n, n) for n in range(100_000)))
    answer = json.loads(one(f"SELECT {call}", made))
    expect(f"100,000 events as {door}: answer", (len(answer["events"]), len(answer["errors"]), [error["event"] for error in answer["errors"]][:3], answer["events"][99_998]), (100_000, 100, [999, 1999, 2999], f"{door}-99998"))
    expect(f"100,000 events as {door}: stored", run("SELECT count(*), count(DISTINCT properties -> 'n'), (SELECT count(*) FROM tracardi.event_key) FROM tracardi.event WHERE type = 'many'"), [["99900", "99900", "99900"]])
    again = json.loads(one(f"SELECT {call}", made))
    expect(f"100,000 events as {door}: once", (len(again["warnings"]), one("SELECT count(*) FROM tracardi.event WHERE type = 'many'")), (99_900, "99900"))
    forget_all()
    more = payload(*["0"] * 100_001)
    if door == "jsonb":
        expect("100,001 events as jsonb", code(f"SELECT {call}", more), "54000")
    else:
        expect(f"100,001 events as {door}", run(f"SELECT ({call})::text, current_setting('response.status')", more), [['{"detail":"payload has more than 100000 events"}', "413"]])
# The smallest of events, as many as a body may have: two bytes each.
connection.close()
connection = pq.Connection(user="postgres")
run = connection.run
expect("8 million events", run("SELECT (tracardi_api.track($1::text))::text, current_setting('response.status')", payload(*["0"] * 8_000_000))[0][1], "413")
expect("16 MB of brackets", run("SELECT (tracardi_api.track($1::text))::text, current_setting('response.status')", "[" * 16_000_000)[0][1], "422")
expect("more than the limit", run("SELECT (tracardi_api.track($1::text))::text, current_setting('response.status')", " " * (16 * 1024 * 1024 + 1))[0][1], "413")
with open(f"/proc/{connection.pid}/status") as status:
    print("at most", int(re.search(r"VmHWM:\s*(\d+)", status.read())[1]) // 1024, "MB for these")

# ---- Every character ------------------------------------------------------------------------------------------------

scalars = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
chunks = ["".join(scalars[at:at + 4096]) for at in range(0, len(scalars), 4096)]
for door, ways in {"jsonb": (False,), "text": (False, True), "json": (True,)}.items():
    call = DOORS[door]
    for ascii in ways:
        forget_all()
        made = json.dumps({"source": {"id": "web"}, "events": [{"id": f"u{n}", "type": "text", "properties": {chunk: chunk, **{c: ord(c) for c in chunk}}} for n, chunk in enumerate(chunks)]}, ensure_ascii=ascii)
        run("SET tracardi.body_size_limit = '100MB'")
        expect(f"all of Unicode as {door}, escaped: {ascii}: errors", one(f"SELECT json_array_length(({call})::json -> 'errors')", made), "0")
        expect(f"all of Unicode as {door}, escaped: {ascii}", one("""
          SELECT count(*) FROM unnest($1::text[]) WITH ORDINALITY AS c (chunk, n) JOIN tracardi.event e ON e.id = tracardi.event_id('web', 'u' || n - 1)
          WHERE e.properties ->> chunk = chunk
            AND (SELECT count(*) FROM jsonb_each(e.properties) AS p WHERE p.value = to_jsonb(ascii(p.key)) AND char_length(p.key) = 1) = char_length(chunk)""", pq.array(chunks)), str(len(chunks)))
forget_all()
# Each as an id, a type, a tag; and back.
words = ["x" + chunk[at:at + 200] + "x" for chunk in chunks for at in range(0, len(chunk), 200)]
answer = json.loads(one("SELECT tracardi.track($1::jsonb)", json.dumps({"source": {"id": "web"}, "events": [{"id": word, "type": word, "tags": [word]} for word in words]})))
expect("each as an id: answer", answer["events"], words)
expect("each as an id", one("SELECT count(*) FROM unnest($1::text[]) AS w JOIN tracardi.event e ON e.id = tracardi.event_id('web', w) WHERE e.external_id = w AND e.tags = ARRAY[w] AND e.type = tracardi.normalize_type(w)", pq.array(words)), str(len(words)))
forget_all()

# ---- Every form of a number -----------------------------------------------------------------------------------------

parts = [sign + whole + fraction + exponent for sign in ("", "-") for whole in ("0", "1", "9", "10", "9999", "10000", "12345678901234567890", "9" * 300)
         for fraction in ("", ".0", ".5", ".0001", ".00010000", ".99999999999999999999", "." + "0" * 50 + "1")
         for exponent in ("", "e0", "E+1", "e-1", "e4", "e-4", "e63", "e-64", "e308", "e-400", "e16383", "e-16383", "e131071", "e131072", "e-131072", "e400000", "e-400000", "e2147483647", "e-2147483648", "e99999999999999999999")]
for start in range(0, len(parts), 500):
    numbers = parts[start:start + 500]
    answer = json.loads(one("SELECT tracardi_api.track($1::text)", payload(*('{"id": "n%d", "type": "number", "properties": {"x": %s}}' % (start + n, number) for n, number in enumerate(numbers)))))
    errors = {error["event"]: error["code"] for error in answer["errors"]}
    for row in run("""
      CREATE TEMP TABLE IF NOT EXISTS theirs (n int, x jsonb, code text); TRUNCATE theirs;
      CREATE OR REPLACE FUNCTION pg_temp.read(numbers text[]) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        FOR n IN 1 .. cardinality(numbers) LOOP
          BEGIN INSERT INTO theirs VALUES (n - 1, numbers[n]::jsonb); EXCEPTION WHEN OTHERS THEN INSERT INTO theirs VALUES (n - 1, NULL, SQLSTATE); END;
        END LOOP;
      END $$""") or run("SELECT pg_temp.read($1::text[])", pq.array(numbers)) and run(
        "SELECT t.n, t.code, record_image_eq(ROW(e.properties -> 'x'), ROW(t.x)) FROM theirs t LEFT JOIN tracardi.event e ON e.id = tracardi.event_id('web', 'n' || $1::int + t.n)", str(start)):
        n, wanted, equal = int(row[0]), row[1], row[2]
        expect(f"{numbers[n][:60]}: SQLSTATE", errors.get(n), wanted)
        if wanted is None:
            expect(f"{numbers[n][:60]}: as PostgreSQL has it", equal, "t")
print(f"{len(parts)} numbers")
forget_all()

# ---- To the end of the stack ----------------------------------------------------------------------------------------


def nested(levels, open='{"c":', close="}"):
    return open * levels + "1" + close * levels


# How deep a document may be that PostgreSQL's jsonb takes.
low, high = 1000, 1_000_000
while high - low > 50:
    middle = (low + high) // 2
    low, high = (middle, high) if code("SELECT $1::jsonb IS NULL", nested(middle)) == "00000" else (low, middle)
print(f"jsonb takes {low} levels")
run("""
CREATE FUNCTION public.deep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM tracardi.respond(jsonb_build_object(''deep'', NEW.properties)); RETURN NEW; END';
SELECT tracardi.create_workflow('deep', 'public.deep', event_type => 'deep', condition => '$.properties.**.c == 1'), tracardi.create_segment('deep', '$.traits.**.c > 0'),
  tracardi.create_event_mapping('deep', 'traits.deep', 'properties.c'), tracardi.create_event_mapping('deep', 'traits.list', 'properties.c', 'append'),
  tracardi.create_event_type('deep', schema => '{"properties": {"c": {"$ref": "#"}}}', reshape => '{"properties": {"c": "$.properties.c", "all": "$.properties"}}'),
  tracardi.create_consent_type('deep'), tracardi.create_consent_rule('deep', 'properties.c.c.c', '{deep}', event_type => 'deep2'), tracardi.create_consent_rule('deeper', 'properties.c.c.c', '{deep}', 'hash', event_type => 'deep2'),
  tracardi.create_identification_point('deep', 'deep', '{c.c.c}'), tracardi.create_subscription('deep')""")
for levels in sorted({100, 900, 1000, 1001, 1500, 3000, low // 2, low - 1000, low - 100, low - 20, low, high, 2 * high, 200_000, 1_000_000}):
    for left, right in (('{"c":', "}"), ("[", "]")):
        document = nested(levels, left, right)
        inside = document if left == '{"c":' else f'{{"c":{document}}}'
        for call in (*DOORS.values(), "tracardi_api.collect('deep', 'web', $1::json, 's')", "tracardi_api.collect('deep2', 'web', $1::json, 's')"):
            given = inside if "collect" in call else f'{{"source": {{"id": "web"}}, "session": {{"id": "s"}}, "events": [{{"type": "deep", "properties": {inside}}}, {{"type": "deep2", "properties": {inside}}}, {{"type": 1, "properties": {inside}}}, {document}, {{"type": "good"}}]}}'
            found = code(f"SELECT {call}", given)
            # As text it is the event's own fault.
            expect(f"{levels} levels of {left}: {call}", found in (("00000",) if "::text" in call else ("00000", "54001")), True)
            if found == "54001":
                run("ROLLBACK")
    for call in ("tracardi.track('deep', $1::jsonb, profile_id => 'deep')", "tracardi.track($1::jsonb)", "tracardi.track('a', '{}', context => $1::jsonb)", "tracardi.track('a', '{}', options => $1::jsonb)", "tracardi.collect('deep2', 'web', $1::jsonb, 's')",
                 "tracardi.check_event('deep', $1::jsonb)", "tracardi.consent('deep', $1::jsonb)", "tracardi.has_consent($1::jsonb, 'x')", "tracardi.create_event_type('x', schema => $1::jsonb)", "tracardi.create_event_type('x', reshape => $1::jsonb)",
                 "tracardi.create_event_mapping('x', 'traits.a', value => $1::jsonb)", "tracardi.holds($1::jsonb, '$.**.c > 0')", "tracardi.import_configuration($1::jsonb)", "tracardi.respond($1::jsonb)", "tracardi_api.consent($1::text)"):
        run("BEGIN")
        found = code(f"SELECT {call}", nested(levels))
        expect(f"{levels} levels: {call}", found in ("00000", "54001", "22023", "55000", "P0002", "42P01"), True)
        run("ROLLBACK")
for call in ("poll_batch('deep', 1000)", "export('deep')", "anonymize('deep')", "forget('deep')", "retry_rejected(id) FROM tracardi.event_rejected", "export_configuration()", "move_history(1000)", "run_workflows()"):
    found = code(f"SELECT tracardi.{call}")
    expect(f"after deep events: {call}", found in ("00000", "54001"), True)
expect("the good ones are stored", int(one("SELECT count(*) FROM tracardi.event WHERE type = 'good'")) > 20, True)
run("SELECT tracardi.drop_workflow('deep'), tracardi.drop_segment('deep'), tracardi.drop_event_type('deep'), tracardi.drop_consent_rule('deep'), tracardi.drop_consent_rule('deeper'), tracardi.drop_identification_point('deep'), tracardi.drop_subscription('deep'), "
    "tracardi.drop_event_mapping('deep', 'traits.deep'), tracardi.drop_event_mapping('deep', 'traits.list')")
forget_all()

# ---- What is made to take for ever ----------------------------------------------------------------------------------

before = resident()
patterns = {"properties": {"x": {"allOf": [{"pattern": f"(a|b|ab)*c{n}(.*)*[ab]{{400}}"} for n in range(100)]}}}
bombs = {
    "patterns": (patterns, {"x": "ab" * 200_000}),
    "names": ({"propertyNames": {"pattern": "^(a+)+$"}, "patternProperties": {"^(a|aa)+$": {"minimum": 1}}}, {"a" * n + "!": n for n in range(1200)}),
    "equal items": ({"properties": {"x": {"uniqueItems": True}}}, {"x": [[[n % 7, "x" * 20]] for n in range(20_000)]}),
    "unequal items": ({"properties": {"x": {"uniqueItems": True}}}, {"x": [{"a": ["x" * 50, n]} for n in range(8_000)]}),
    "enumerated": ({"properties": {"x": {"items": {"enum": [{"a": [n, "x" * 20]} for n in range(800)]}}}}, {"x": [{"a": [-n, "x" * 20]} for n in range(15_000)]}),
    "contains": ({"properties": {"x": {"contains": {"contains": {"const": 1}}, "minContains": 10**6}}}, {"x": [[0] * 100] * 4000}),
    "dependent": ({"dependentRequired": {f"k{n}": [f"m{m}" for m in range(20)] for n in range(150)}}, {f"k{n}": n for n in range(150)}),
    "formats": ({"properties": {"x": {"items": {"anyOf": [{"format": name} for name in ("email", "idn-email", "uri", "iri", "hostname", "ipv6", "date-time", "duration", "regex", "uuid", "json-pointer", "uri-template")]}}}}, {"x": ["a@" + "a." * 1000, "((((" * 500, "http://" + "[" * 2000, "P" + "1Y" * 1000] * 40}),
    "numbers": ({"properties": {"x": {"items": {"multipleOf": 1e-300, "maximum": 1e300}}}}, {"x": [1e307, 1e-307] * 3000}),
    "branches": ({"$defs": {"n": {"anyOf": [{"properties": {"c": {"$ref": "#/$defs/n"}}, "required": ["z"]}] * 5}}, "$ref": "#/$defs/n"}, None),
    "unevaluated": ({"$defs": {"n": {"allOf": [{"properties": {"c": {"$ref": "#/$defs/n"}}}] * 2, "unevaluatedProperties": False}}, "$ref": "#/$defs/n"}, None),
}
run("SET statement_timeout = '60s'")
for name, (schema, document) in bombs.items():
    made = json.dumps(document) if document is not None else nested(1000)
    found = code("SELECT tracardi.create_event_type($1, schema => $2::jsonb)", name, json.dumps(schema))
    expect(f"{name}: it is a schema, or is refused", found in ("00000", "22023"), True)
    for _ in range(2):
        expect(name, code("SELECT tracardi.check_event($1, $2::jsonb)", name, made) in ("00000", "54001"), True)
    if found == "00000":
        expect(f"{name}: stored", json.loads(one("SELECT tracardi.track($1, $2::jsonb)", name, made))["events"] != [None], True)
        run("SELECT tracardi.drop_event_type($1)", name)
# Schemas that are deep rather than long.
for name, schema in {"deep const": '{"const": %s}' % nested(7000, "[", "]"), "deep enum": '{"enum": [%s]}' % nested(3000), "deep default": '{"default": %s}' % nested(7000, "[", "]"), "deep not": nested(1000, '{"not":', "}").replace("1", "true"), "long chain":
                     json.dumps({"$ref": "#/$defs/a0", "$defs": {**{f"a{n}": {"$ref": f"#/$defs/a{n + 1}"} for n in range(1400)}, "a1400": True}})}.items():
    expect(name, code("SELECT tracardi.create_event_type($1, schema => $2::jsonb)", name, schema) in ("00000", "22023", "54001"), True)
    expect(f"{name}: checked", code("SELECT tracardi.check_event($1, '{\"a\": 1}')", name), "00000")
print(f"{before} MB before the bombs, {resident()} MB after them")
# What is remembered of patterns and documents is bounded.
expect("memory after bombs", resident() - before < 150, True)

# Paths of PostgreSQL's own take as long as they take: a cancel ends them, and the backend goes on.
wide = json.dumps({"a": [{"b": [{"c": list(range(30))} for _ in range(30)]} for _ in range(30)], "t": "a" * 3000 + "!"})
endless = "$.** ? (exists($.** ? (exists($.** ? (@ == 77)))))"
for name, setup, drop in [
    ("a template", f"SELECT tracardi.create_event_type('endless', reshape => jsonb_build_object('properties', jsonb_build_object('x', '{endless}')))", "SELECT tracardi.drop_event_type('endless')"),
    ("a condition of a mapping", f"SELECT tracardi.create_event_mapping('endless', 'traits.x', 'properties.a', condition => '{endless}')", "SELECT tracardi.drop_event_mapping('endless', 'traits.x')"),
    ("a condition of a schema", f"INSERT INTO tracardi.event_schema (name, event_type, schema, condition) VALUES ('endless', 'endless', '{{}}', '{endless}')", "DELETE FROM tracardi.event_schema"),
    ("a condition of a workflow", f"SELECT tracardi.create_workflow('endless', 'public.deep', event_type => 'endless', condition => '{endless}')", "SELECT tracardi.drop_workflow('endless')"),
]:
    run(setup)
    run("SET statement_timeout = '200ms'")
    expect(name, code("SELECT tracardi.track('endless', $1::jsonb, profile_id => 'endless')", wide), "57014")
    run("RESET statement_timeout")
    run(drop)
    expect(f"{name}: nothing is stored", one("SELECT count(*) FROM tracardi.event WHERE type = 'endless'"), "0")

expect("the same backend", int(one("SELECT pg_backend_pid()")), connection.pid)
print(f"{failures} failures")
sys.exit(1 if failures else 0)
