"""Calls every function and procedure of tracardi and tracardi_api with odd arguments, as each kind of role. Whatever they are: no
crash, no internal error, and an error is one that was meant.

FUZZ_SEED repeats a run, FUZZ_CALLS says how many calls there are."""

import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.environ["TRACARDI_ROOT"], "tests", "lib"))
import pq

seed, count = int(os.environ["FUZZ_SEED"]), int(os.environ["FUZZ_CALLS"])
print(f"seed {seed}, {count} calls")
choose = random.Random(seed)

ODD = ["", " ", "\t\n", "'", "''", "'; DROP TABLE tracardi.event; --", "$$", "$1", "\\", "\\.", "\\x00", "%", "%s%n%1$s", "{}", "{0}", "null", "NULL",
       "a\nb", '"', '"; DROP SCHEMA tracardi CASCADE; --', "\u202e\u200f", "\ufeff", "\ufffe\uffff", "\U0001f600", "\U000e0001", "İIıß", "e\u0301",
       "x" * 255, "x" * 256, "ü" * 255, "y" * 3000, "..", "a..b", ".a", "a.", "a.{b}", "{", "[0]", "a.0", "-1", "1e9", "@x", "infinity", "epoch"]
KNOWN = ["sql", "web", "mouse", "shut", "wf", "later", "seg", "sub", "point", "newsletter", "rule", "typed", "page-view", "customer-1", "s1",
         "properties.email", "properties.a.b", "data.contact.email.main", "traits.{properties.x}", "interests.a", "consents", "primary_id",
         "equals", "append", "ratio", "delete", "flag", "reject", "drop", "hash", "sync", "async", "grant", "deny", "mark", "workflow", "source",
         "public", "tracardi", "pg_temp", "2024-02-30T00:00:00Z", "2024-02-29T12:00:00+14:00", "0190e0a1-0000-7000-8000-000000000001",
         "00000000-0000-0000-0000-000000000000", "1:1:", "0/0/0"]
JSON = ["null", "true", "0", '""', "[]", "{}", "[[]]", '{"": ""}', '"$.x"', "1e1000", "-1e-1000", '{"a": {"b": [1, null, {"c": "x"}]}}',
        '{"source": {"id": "web"}, "events": [{"type": "a"}, null, 1, {"type": ""}]}', '{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"type": "a"}]}',
        '{"source": {"id": "mouse"}, "events": [{"type": "a"}]}', '{"source": {"id": "nobody"}, "events": [{}]}', '{"source": null}', '{"events": 1}',
        '{"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}}', '{"type": 1}', '{"$ref": "#/x"}', '{"$ref": "#"}', '{"pattern": "(a+)+$"}',
        '{"properties": {"a": "$.properties.b"}}', '{"properties": {"a": "$$"}, "context": {}}', '{"properties": {"a": "$["}}', '{"context": []}',
        '{"newsletter": true}', '{"newsletter": {"revoke": "never"}}', '{"x": {"revoke": null}, "y": 1}', '["traits.a", "traits.b"]',
        '{"event_source": []}', '{"event_source": [{}]}', '{"event_source": [null, 1]}', '{"event_source": {}}', '{"workflow": [{"name": null}]}',
        '{"system_event": [{"type": "a", "enabled": null}]}', '{"segment": "x"}', '{"nothing": []}', '{"merge_salt": []}', '{"merge_salt": [{"salt": 1}]}',
        "[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, '{"a": "' + "x" * 100000 + '"}', "[" + ",".join(map(str, range(5000))) + "]"]
VALUES = {
    "text": ODD + KNOWN * 2,
    "name": ODD[:20] + KNOWN,
    "jsonb": JSON,
    "json": JSON + ['{"a": "\\u0000"}', '{"events": [{"type": "\\ud800"}], "source": {"id": "web"}}', "1e999999", '{"a":1,"a":2}'],
    "text[]": ["{}", "{NULL}", "{a,NULL}", '{""}', "{{a,b},{c,d}}", "[5:6]={a,b}", "{sql}", "{rest,webhook,sql}", "{profile,system}", "{ephemeral}",
               "{newsletter}", "{properties.email}", "{properties.a,properties.b}", "{{}}", pq.array(["x" * 300] * 3), pq.array(str(n) for n in range(200)), pq.array(ODD)],
    "jsonpath": ["$", "strict $.a.b", "$.**", "true", "null", "1", '"x"', '$.type == "a"', "$.properties.price > 100", "1 / 0", "strict $.x.datetime()",
                 '$.profile.traits.x like_regex "(a*)*b"', "$[last]", "$.a[0 to 100000]", "-$.a", "$.segments.size() > 0", "exists($.x)",
                 '$.a ? (@.b == "' + "x" * 1000 + '")', "$" + ".a" * 500],
    "regproc": ["0", "4294967295", "pg_catalog.now", "public.wf", "public.not_a_trigger", "public.\"odd name'\"", "pg_catalog.pg_backend_pid",
                "pg_catalog.suppress_redundant_updates_trigger", "pg_catalog.array_in"],
    "regclass": ["0", "4294967295", "pg_class", "tracardi.event", "tracardi.event_pkey", "public.typed", "pg_catalog.pg_statistic"],
    "regrole": ["0", "4294967295", "postgres", "nobody", "\"odd role'\"", "pg_monitor"],
    "interval": ["0", "-1 day", "1 microsecond", "1 hour", "25 days", "100 years", "178000000 years", "-178000000 years", "1 mon -30 days",
                 "2147483647 mons 2147483647 days", *(["infinity", "-infinity"] if int(os.environ["PGMAJOR"]) >= 17 else [])],
    "timestamptz": ["infinity", "-infinity", "4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00", "epoch", "now", "tomorrow", "2024-02-29", "1000-01-01",
                    "290000-01-01"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "0190e0a1-0000-7000-8000-000000000001"],
    "integer": ["0", "1", "-1", "2", "100", "1000", "2147483647", "-2147483648"],
    "bigint": ["0", "1", "-1", "100", "2147483648", "9223372036854775807", "-9223372036854775808"],
    "boolean": ["true", "false"],
}
VALUES = {name: [None] + values for name, values in VALUES.items()}
ALIASES = {"timestamp with time zone": "timestamptz"}

# These do much at each call.
HEAVY = {"setup", "make_predefined_types", "make_partitions", "maintain", "setup_delivery", "refresh_segment"}

connection = pq.Connection(user="postgres")
connection.run("SET statement_timeout = '30s'")
ROLES = ["postgres", "tracker", "analyst", "administrator", "web", "consumer", "flows", "events", "nobody"]
functions = connection.run("""
  SELECT p.oid, n.nspname, p.proname, p.prokind, array_to_string(ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, place) ORDER BY place), '|'),
         p.proisstrict, p.pronargdefaults, p.prorettype = 'trigger'::regtype, array_to_string(ARRAY(SELECT has_function_privilege(r, p.oid, 'EXECUTE') FROM unnest($1::text[]) AS r), '|')
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('tracardi', 'tracardi_api') ORDER BY n.nspname, p.proname, p.oid""", pq.array(ROLES))
samples = {name: [row[0] for row in connection.run(sql)] for name, sql in {
    "uuid": "SELECT id FROM tracardi.event_rejected UNION ALL SELECT id FROM tracardi.workflow_failure UNION ALL SELECT id FROM tracardi.profile",
    "text": "SELECT position FROM tracardi.poll('sub')",
}.items()}
for name, found in samples.items():
    VALUES[name] = VALUES[name] + found * 3

UNMEANT = re.compile(r"panick|unexpected|unreachable|unwrap|called `|cache lookup failed|could not find|internal error|index out of bounds|overflow$", re.I)
# Of a document to import, which speaks of rows, the tables themselves say what is wrong with them.
RAW_NULL = {"import_configuration"}
codes, odd = {}, {}


def report(call, error):
    odd.setdefault((call[0], error.code, error.message[:80]), (call, error))


def one(function, role):
    _, schema, name, kind, types, strict, defaults, trigger, allowed = function
    types = types.split("|") if types else []
    # With its defaults a call gets further.
    types = types[:len(types) - choose.choice([0, choose.randint(0, int(defaults))])]
    arguments = [choose.choice(VALUES.get(ALIASES.get(t, t), [None])) for t in types]
    marks = ", ".join(f"${n}::{t}" for n, t in enumerate(types, 1))
    statement = f"CALL {schema}.{name}({marks})" if kind == "p" else f"SELECT {schema}.{name}({marks})" if trigger == "t" or choose.random() < 0.5 else f"SELECT * FROM {schema}.{name}({marks})"
    call = (f"{schema}.{name}({', '.join(types)})", role, statement, arguments)
    commits = kind == "p"
    # A strict function is not called with a NULL, so nobody asks for the right to.
    may = dict(zip(ROLES, allowed.split("|")))[role] == "t" or (strict == "t" and None in arguments)
    connection.run("RESET SESSION AUTHORIZATION" if commits else "BEGIN")
    try:
        connection.run(f"SET {'' if commits else 'LOCAL '}ROLE {role}")
        try:
            connection.run(statement, *arguments) if arguments else connection.run(statement)
            code = "00000"
            if not may:
                report(call, pq.Error(code, "was allowed"))
        except pq.Error as error:
            code = error.code
            if code == "08006":
                print(f"the connection is lost: {error.message}\n  {call}")
                sys.exit(1)
            if code[:2] in ("XX", "P0", "57") and code != "P0002" or UNMEANT.search(error.message) or (error.message.startswith("null value in column") and name not in RAW_NULL):
                report(call, error)
            if not may and code not in ("42501", "22P02"):
                report(call, error)
        codes[code] = codes.get(code, 0) + 1
    finally:
        connection.run("ROLLBACK" if not commits else "RESET ROLE")


def memory():
    return int(connection.run("SELECT sum(used_bytes) FROM pg_backend_memory_contexts")[0][0])


print(f"{len(functions)} functions")
flat = []
for n in range(count):
    heavy = lambda function: function[2] in HEAVY
    function = functions[n % len(functions)] if n < 3 * len(functions) else choose.choice(functions)
    if heavy(function) and n >= len(functions) and choose.random() < 0.95:
        continue
    one(function, choose.choice(ROLES[:1] * 6 + ROLES))
    if n >= count // 2 and not flat:
        flat.append(memory())
flat.append(memory())

print("SQLSTATEs: " + ", ".join(f"{code} {n}" for code, n in sorted(codes.items())))
for (function, role, statement, arguments), error in odd.values():
    shown = [a if a is None or len(a) < 100 else a[:100] + "…" for a in arguments]
    print(f"{function} as {role}\n  {statement} {shown}\n  {error} {error.detail}")
print(f"used bytes: {flat[0]} half-way, {flat[-1]} at the end")
if connection.pid != int(connection.run("SELECT pg_backend_pid()")[0][0]):
    print("the backend is another one")
    odd[0] = 0
sys.exit(1 if odd else 0)
