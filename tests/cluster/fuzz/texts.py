"""SQL text, and whatever else means something to somebody, in every text field of every function: it goes through as data."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TRACARDI_ROOT"], "tests", "lib"))
import pq
import reader

TEXTS = [
    "'; DROP TABLE tracardi.event; --", "\"; DROP SCHEMA tracardi CASCADE; --", "') OR ('1'='1", "1); DELETE FROM tracardi.profile; SELECT (1", "$$; SELECT 1; $$", "$body$", "$1", "$2::int",
    "\\", "\\'", "\\\\", "E'\\x41'", "U&'\\0041'", "\\u0000", "\\x00", "%", "%s", "%I%L%s%n", "%1$s", "{}", "{0}", "{NULL}", '{"a":1}', "\n\\.\n", "\\.", "\\N", "NULL", "null", "/*", "*/", "--",
    "'", "''", '"', '""', "`", "\u2018\u2019\u201c\u201d", "\u02bc\uff07", ":x", ":'x'", "\\gexec", "@", "#", "?", "*", "..", "[0]", "$.a", "@.b ? (1 == 1)", "a.b.c", "<script>", "&amp;", "%00", "%27", "+",
    "\t", "\r\n", "\x01\x02\x1b[31m", "\x7f", "\x80\x9f", "\u00a0", "\u200b\u200d", "\u202e\u2066", "\ufeff", "\ufffd", "\ufffe\uffff", "\ufdd0", "e\u0301", "\u00e9", "İIıi", "ẞß", "ΑΣΣ", "\u1fbc",
    *[chr(plane << 16 | at) for plane in range(1, 17) for at in (0xF600, 0xFFFF)],
]

connection = pq.Connection(user="postgres")
run = connection.run
failures = []


def one(sql, *values):
    return run(sql, *values)[0][0]


def same(what, got, wanted):
    if got != wanted:
        failures.append((what, got, wanted))


def send(door, made):
    if door == "jsonb":
        return json.loads(one("SELECT tracardi.track($1::jsonb)", made))
    return json.loads(one(f"SELECT tracardi_api.track($1::{door})", made))


def payloads(text, source):
    """Every field of a payload, by each door, written in both ways."""
    named = {text: text, "at": [text, {text: text}]}
    for number, door in enumerate(("jsonb", "text", "json", "text")):
        session, profile = f"{text}s{number}", f"{text}p{number}"
        made = json.dumps({
            "source": {"id": source, text: text}, "session": {"id": session}, "profile": {"id": profile}, "context": named, "properties": named, "options": {text: True}, text: text,
            "events": [{"id": f"{text}e{number}", "type": text + "t", "properties": named, "context": named, "tags": [text, text], "options": {text: text}, text: text},
                       {"id": f"{text}bad", "type": "t", "time": text + "x"}]}, ensure_ascii=number == 3)
        answer = send(door, made)
        same(f"{door}: events", answer["events"], [f"{text}e{number}".strip(reader.BLANKS), None])
        same(f"{door}: id of the rejected one", answer["errors"][0]["id"], f"{text}bad".strip(reader.BLANKS))
        found = run("""SELECT e.external_id, e.type, e.source_id, e.properties, e.context, to_jsonb(e.tags), s.external_id, s.properties, s.context, p.external_id
                       FROM tracardi.event e JOIN tracardi.session s ON s.id = e.session_id JOIN tracardi.profile p ON p.id = e.profile_id
                       WHERE e.kind = 'profile' AND e.id = tracardi.event_id($1, $2)""", source, f"{text}e{number}")[0]
        same(f"{door}: event", found[:3], [f"{text}e{number}".strip(reader.BLANKS), reader.normal_type(text + "t"), source])
        same(f"{door}: its documents", [json.loads(part) for part in found[3:6]], [named, named, [text, text]])
        # Over HTTP a session also keeps what the visitor's program tells.
        same(f"{door}: session", [found[6]] + [json.loads(part).get(text) for part in found[7:9]], [session.strip(reader.BLANKS), text, text])
        same(f"{door}: profile", found[9], profile.strip(reader.BLANKS))
        kept = run("SELECT event, source_id FROM tracardi.event_rejected ORDER BY id DESC LIMIT 1")[0]
        same(f"{door}: rejected", [json.loads(kept[0])["time"], kept[1]], [text + "x", source])
        same(f"{door}: rejected again", json.loads(one("SELECT tracardi.retry_rejected(id) FROM tracardi.event_rejected ORDER BY id DESC LIMIT 1"))["events"], [None])
    one("SELECT tracardi.track($1, $2::jsonb, $3, $4, $5, $6::jsonb, $7::jsonb, $8)", text + "t", json.dumps(named), source, text + "short", text + "short", json.dumps(named), json.dumps({text: True}), text + "short")
    found = run("SELECT e.type, e.properties, e.context, s.external_id FROM tracardi.event e JOIN tracardi.session s ON s.id = e.session_id WHERE e.id = tracardi.event_id($1, $2)", source, text + "short")[0]
    same("short form", [found[0], json.loads(found[1]), json.loads(found[2]), found[3]], [reader.normal_type(text + "t"), named, named, (text + "short").strip(reader.BLANKS)])
    hook = source + "w"
    run("SELECT tracardi.create_source($1)", hook)
    for call in ("tracardi.collect($1, $2, $3::jsonb, $4)", "tracardi_api.collect($1, $2, $3::json, $4)"):
        told = json.loads(one(f"SELECT {call}", text + "hook", hook, json.dumps(named), text + "hook"))
        same(f"{call}: answer", told["errors"], [])
    same("webhooks", [json.loads(row[0]) for row in run("SELECT properties FROM tracardi.event WHERE type = $1", reader.normal_type(text + "hook"))], [named, named])
    run("SELECT set_config('request.headers', $1, true)", json.dumps({"x-tracardi-event-type": "".join(f"%{byte:02x}" for byte in (text + "head").encode()), "x-tracardi-source": "".join(f"%{byte:02x}" for byte in hook.encode()),
        "user-agent": text, "accept-language": text, "x-tracardi-session": "h", "x-tracardi-query": "".join(f"%{byte:02X}" for byte in text.encode()) + "=" + "".join(f"%{byte:02x}" for byte in text.encode())}))
    told = json.loads(one("SELECT tracardi_api.collect(''::text)"))
    same("headers", (told.get("errors"), json.loads(one("SELECT properties FROM tracardi.event WHERE type = $1", reader.normal_type(text + "head")))), ([], {text: text}))


def in_quotes(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def functions(text, source):
    """What is given to the functions stands in the tables as it is, and is found by them again."""
    normal = reader.normal_type(text + "t")
    schema = {"title": text, "description": text, "properties": {text: {"type": "string", "description": text, "enum": [text, "x"]}, text + "2": {"type": "integer"}}}
    same("create_event_type", one("SELECT tracardi.create_event_type($1, $2, $3::jsonb, tags => ARRAY[$1], journey_state => $2, reshape => NULL)", text + "t", text, json.dumps(schema)), normal)
    row = run("SELECT description, schema, to_jsonb(tags), journey_state FROM tracardi.event_type WHERE type = $1", normal)[0]
    same("event_type", [row[0], json.loads(row[1]), json.loads(row[2]), row[3]], [text, schema, [text + "t"], text])
    told = json.loads(one("SELECT tracardi.check_event($1, jsonb_build_object($2::text, 'other'), '{}')", text + "t", text))
    same("check_event", (told["valid"], len(told["errors"]["schema"])), (False, 1))
    same("check_event: its path is found again", one("SELECT jsonb_build_object('properties', jsonb_build_object($2::text, 'other')) @? ($1::jsonb #>> '{errors,schema,0,path}')::jsonpath", json.dumps(told), text), "t")

    path = 'traits.' + in_quotes(text) if "{" not in text and "}" not in text else "traits.plain"
    one("SELECT tracardi.create_event_mapping($1, $2, 'properties.' || $3, value => to_jsonb($4::text), description => $4)", text + "t", path, in_quotes(text), text)
    row = run("SELECT profile_path, source, value #>> '{}', description FROM tracardi.event_mapping WHERE event_type = $1", normal)[0]
    same("event_mapping", row, [path, "properties." + in_quotes(text), text, text])
    one("SELECT tracardi.create_source($1, $1, $1, channel => $1, static_profile_id => true)", source + "2")
    same("event_source", run("SELECT name, description, channel FROM tracardi.event_source WHERE id = $1", source + "2")[0], [source + "2"] * 3)
    told = json.loads(one("SELECT tracardi.track($1, jsonb_build_object($2::text, $2::text), source_id => $3, profile_id => $4)", text + "t", text, source + "2", "a" + text + "z"))
    same("a mapped event", told["errors"], [])
    same("what was mapped", one("SELECT traits ->> $1 FROM tracardi.profile WHERE id = tracardi.id($2)", text if path != "traits.plain" else "plain", "a" + text + "z"), text)

    name = "a" + text + "z"
    run("CREATE FUNCTION public.%s() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM tracardi.respond(jsonb_build_object(NEW.type, TG_NAME)); RETURN NEW; END'" % identifier(name))
    one("SELECT tracardi.create_workflow($1, $2::regproc, event_type => $3, source_id => $4, condition => $5::jsonpath, description => $3, search_path => 'public')",
        name, "public." + identifier(name), text + "t", source + "2", "$.properties." + in_quotes(text) + " == " + in_quotes(text))
    told = json.loads(one("SELECT tracardi.track($1, jsonb_build_object($2::text, $2::text), source_id => $3, profile_id => $4)", text + "t", text, source + "2", name))
    same("a workflow runs", (told["errors"], told["response"]), ([], {normal: name}))
    one("SELECT tracardi.create_subscription($1, event_type => $2, source_id => $3, condition => $4::jsonpath, description => $1)", name, text + "t", source + "2", in_quotes(text) + " == " + in_quotes(text))
    one("SELECT tracardi.create_identification_point($1, $2, ARRAY[$3], $4, $1)", name, text + "t", name if not set(text) & set(".\n") else "plain", source + "2")
    one("SELECT tracardi.create_segment($1, $2::jsonpath, $1)", name, f"$.traits.{in_quotes(text)} == {in_quotes(text)}" if path != "traits.plain" else f"$.traits.plain == {in_quotes(text)}")
    one("SELECT tracardi.create_consent_type($1, $1)", name)
    one("SELECT tracardi.create_consent_rule($1, 'properties.' || $2, ARRAY[$1], event_type => $3, description => $1)", name, in_quotes(text + "2"), text + "t")
    for table in ("subscription", "identification_point", "segment", "consent_type", "consent_rule", "workflow"):
        same(table, one(f"SELECT count(*) FROM tracardi.{table} WHERE name = $1 AND description IN ($1, $2)", name, text + "t"), "1")
    told = json.loads(one("SELECT tracardi.track($1, jsonb_build_object($2::text, $2::text, $2 || '2', 5), source_id => $3, profile_id => $4)", text + "t", text, source + "2", name))
    same("with all of these", (told["errors"], told["response"]), ([], {normal: name}))
    same("the consent rule", one("SELECT properties ? ($2 || '2') FROM tracardi.event WHERE type = $1 ORDER BY time DESC LIMIT 1", normal, text), "f")
    same("the segment", one("SELECT segments @> ARRAY[$1] FROM tracardi.profile WHERE id = tracardi.id($1)", name), "t")
    told = json.loads(one("SELECT tracardi.consent($1, jsonb_build_object($1::text, true))", name))
    same("consent", (list(told), one("SELECT tracardi.has_consent($1::jsonb, $2)", json.dumps(told), name)), ([name], "t"))

    for view in (None, name):
        # A name is cut as PostgreSQL cuts all names.
        made = one("SELECT tracardi.create_event_view($1, $2, 'public')", text + "t", view)
        same("create_event_view", one(f"SELECT count(*) >= 3 FROM {made}"), "t")
        same("its columns", one("SELECT count(*) FROM pg_attribute WHERE attrelid = $1::regclass AND col_description(attrelid, attnum) = $2", made, text) != "0", True)
        same("refresh_event_view", one("SELECT tracardi.refresh_event_view($1, $2, 'public')", text + "t", view), made)

    before = one("SELECT tracardi.export_configuration()")
    one("SELECT tracardi.import_configuration($1::jsonb)", before)
    same("the configuration", json.loads(one("SELECT tracardi.export_configuration()")), json.loads(before))
    same("export", len(json.loads(one("SELECT tracardi.export($1)", name))["events"]) >= 3, True)
    same("forget", json.loads(one("SELECT tracardi.forget($1)", name))["profiles"], 1)
    for call in ("workflow($1)", "subscription($1)", "identification_point($1)", "segment($1)", "consent_type($1)", "consent_rule($1)"):
        run(f"SELECT tracardi.drop_{call}", name)
    run("SELECT tracardi.drop_event_mapping($1, $2), tracardi.drop_event_type($1)", text + "t", path)
    run("SELECT tracardi.drop_source($1)", source + "2")


def identifier(name):
    # PostgreSQL cuts names at 63 bytes.
    cut = name.encode()[:63].decode(errors="ignore")
    return '"' + cut.replace('"', '""') + '"'


def errors(text):
    """What is not there is named as it is, and nothing else happens."""
    for call in ("drop_source($1)", "drop_event_type($1)", "drop_workflow($1)", "drop_segment($1)", "drop_subscription($1)", "drop_consent_type($1)", "drop_consent_rule($1)", "drop_identification_point($1)",
                 "drop_event_mapping($1, $1)", "replay_workflow($1)", "poll_batch($1, 1)", "advance($1, $1)", "track('a', '{}', $1)", "create_source('x', bots => $1)", "refresh_event_view('a', $1, $1)",
                 "create_event_type('x', on_invalid => $1)", "create_workflow('x', 'pg_backend_pid', mode => $1)", "create_consent_type('x', default_value => $1)", "create_event_mapping('x', $1)"):
        run("SAVEPOINT s")
        try:
            run(f"SELECT tracardi.{call}", text)
            same(f"{call} fails", False, True)
        except pq.Error as error:
            if error.code[:2] in ("XX", "P0", "57", "08", "42601") or error.code == "42601":
                failures.append((call, error, "a meant error"))
        run("ROLLBACK TO s")


tables = "SELECT array_agg(oid::regclass::text ORDER BY oid) FROM pg_class WHERE relnamespace IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace)"
before = one(tables)
for text in TEXTS:
    run("BEGIN")
    source = "a" + text + "z"
    told = len(failures)
    try:
        run("SELECT tracardi.create_source($1, $1, $1, channel => $1, static_profile_id => true, bots => 'accept')", source)
        for step in (lambda: payloads(text, source), lambda: functions(text, source), lambda: errors(text)):
            try:
                run("SAVEPOINT step")
                step()
            except (pq.Error, IndexError) as error:
                failures.append((error, getattr(error, "detail", ""), getattr(error, "hint", "")))
                run("ROLLBACK TO step")
    finally:
        run("ROLLBACK")
    for failure in failures[told:]:
        print(f"{text!r}: {failure[0]}\n  got {failure[1]!r}\n  wanted {failure[2]!r}")
same("the tables", one(tables), before)
print(f"{len(TEXTS)} texts, {len(failures)} failures")
sys.exit(1 if failures else 0)
