"""A slow reader of Tracardi's payload, written from README alone: which events are accepted, as what, and which are rejected, and why."""

import re
import uuid
from time import time_ns

NAMESPACE = uuid.UUID("e8e9b84d-1f78-5118-a2d1-299eb3f2b1a6")
BLANKS = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
# How deep what comes as text may be nested.
MOST_LEVELS = 1000
# Microseconds from 1970 to 2000, and what timestamptz holds, with a second for system events before the first moment.
EPOCH = 946_684_800_000_000
FIRST, END = -211_813_488_000_000_000 + 1_000_000 + EPOCH, 9_223_371_331_200_000_000 + EPOCH
HOUR = 3_600_000_000

# ---- JSON -----------------------------------------------------------------------------------------------------------

TOKEN = re.compile(r'[ \t\n\r]*(?:([{}\[\],:])|"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"'
                   r'|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![0-9.eE+-])|(null|true|false)(?![0-9A-Za-z]))')
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class NotJson(Exception):
    pass


class Node:
    """A value and where it stands. `faults`: the SQLSTATEs of what jsonb can't hold of it; `height`: its nested containers.
    `all_faults`: also of what stands under a key that comes again, which does not count; PostgreSQL reads it first."""

    __slots__ = ("kind", "start", "end", "data", "faults", "height", "all_faults")

    def __init__(self, kind, start, end, data, faults=frozenset(), height=0, all_faults=None):
        self.kind, self.start, self.end, self.data, self.faults, self.height = kind, start, end, data, faults, height
        self.all_faults = faults if all_faults is None else all_faults

    def get(self, key):
        """The last of these keys counts; null is as good as absent."""
        found = [value for name, value in self.data if name == key] if self.kind == "object" else []
        return found[-1] if found and found[-1].kind != "null" else None

    def unfit(self, levels=None):
        """What makes it nothing that jsonb can hold, at this many levels at most."""
        return self.faults | {"54001"} if levels is not None and self.height > levels else self.faults


def string(raw, start, end):
    text = ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else SHORT.get(m[2], m[2]), raw) if "\\" in raw else raw
    faults = set()
    if "\\u" in raw:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        if "\0" in text:
            faults.add("22P05")
        if any("\ud800" <= c <= "\udfff" for c in text):
            faults.add("22P02")
    return Node("string", start, end, text, frozenset(faults))


def number(raw, start, end):
    mantissa, _, exponent = raw.lower().partition("e")
    exponent = int(exponent or 0)
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    highest = len(digits) - len(fraction) - 1 + exponent
    too_far = abs(exponent) >= 2**31 // 2 - 1 or len(fraction) - exponent > 16383 or (digits and highest > 131071)
    return Node("number", start, end, raw, frozenset({"22003"} if too_far else ()))


def read(text):
    """A tree, without recursion."""
    at, stack, root = 0, [], None
    while True:
        match = TOKEN.match(text, at)
        if not match:
            break
        at, start = match.end(), match.start(match.lastindex) - (match.lastindex == 2)
        punctuation, raw, digits, word = match.groups()
        state = stack[-1] if stack else None
        if punctuation in (",", ":", "}", "]"):
            if state is None:
                raise NotJson
            if punctuation == ":":
                if state["expects"] != ":":
                    raise NotJson
                state["expects"] = "value"
                continue
            if punctuation == ",":
                if state["expects"] != ",":
                    raise NotJson
                state["expects"] = "key" if state["kind"] == "object" else "value"
                continue
            if (punctuation == "}") != (state["kind"] == "object") or not (state["expects"] == "," or state["expects"] == state["first"] and not state["items"]):
                raise NotJson
            stack.pop()
            items = state["items"]
            if state["kind"] == "object":
                names = [name for name, _ in items]
                kept = {name.data: value for name, value in items}
                bad = frozenset().union(*(name.faults for name in names))
                faults = bad.union(*(value.faults for value in kept.values()))
                all_faults = bad.union(*(value.all_faults for _, value in items))
                inside = kept.values()
                items = [(name.data, value) for name, value in items]
            else:
                faults = frozenset().union(*(item.faults for item in items))
                all_faults = frozenset().union(*(item.all_faults for item in items))
                inside = items
            node = Node(state["kind"], state["start"], at, items, faults, 1 + max((item.height for item in inside), default=0), all_faults)
            state = stack[-1] if stack else None
        elif punctuation:
            if (state is None and root is not None) or (state and state["expects"] != "value"):
                raise NotJson
            kind = "object" if punctuation == "{" else "array"
            first = "key" if kind == "object" else "value"
            stack.append({"kind": kind, "start": start, "items": [], "expects": first, "first": first, "key": None})
            continue
        elif raw is not None:
            node = string(raw, start, at)
            if state and state["expects"] == "key":
                state["key"], state["expects"] = node, ":"
                continue
        elif digits is not None:
            node = number(digits, start, at)
        else:
            node = Node("null" if word == "null" else "boolean", start, at, word == "true")
        if state is None:
            if root is not None:
                raise NotJson
            root = node
        else:
            if state["expects"] != "value":
                raise NotJson
            state["items"].append((state["key"], node) if state["kind"] == "object" else node)
            state["expects"] = ","
    if stack or root is None or text[at:].strip(" \t\n\r"):
        raise NotJson
    return root

# ---- Ids, types, times ----------------------------------------------------------------------------------------------


def client_id(text, source=None, guarded=False):
    """(uuid, external id), None for a blank text, an SQLSTATE for one that is too long."""
    text = text.strip(BLANKS)
    if not text:
        return None
    if len(text) > 255:
        return "22001"
    if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        found = uuid.UUID(text)
        if not (guarded and text[14] == "5"):
            return str(found), None, text
    namespace = uuid.uuid5(NAMESPACE, source) if source is not None else NAMESPACE
    return str(uuid.uuid5(namespace, text)), text, text


def normal_type(text):
    return "".join("-" if c in BLANKS else c.lower() for c in text.strip(BLANKS))


TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)([T ])(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?", re.A)


def days(year, month, day):
    """Since 1970, by the proleptic Gregorian calendar."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + (153 * ((month + 9) % 12) + 2) // 5 + day - 1 - 719468


def moment(node):
    """Microseconds since 1970, an SQLSTATE, or None for a form of which the manual does not speak."""
    if node.kind == "number":
        value = float(node.data)
        seconds = value if abs(value) <= 2e10 else value / 1000
        micros = seconds * 1e6
        return round(micros) if abs(micros) < 2**63 and FIRST <= round(micros) < END else "22008"
    if node.kind != "string":
        return "22007"
    match = TIME.fullmatch(node.data.strip(BLANKS))
    if not match:
        # Without two digits, a colon and a hyphen it is no date with a time.
        return None if re.search(r"\d.*-.*\d.*:.*\d", node.data, re.S) else "22007"
    year, month, day, between, hour, minute, second, fraction, zone = match.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in (year, month, day, hour, minute, second))
    if zone and zone != "Z" and match[7] is None:
        return None
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not (1 <= month <= 12 and 1 <= day <= [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] and hour < 24 and minute < 60):
        return "22007"
    if second >= 60:
        return None if second == 60 else "22007"
    offset = 0
    if zone and zone != "Z":
        hours, minutes = int(zone[1:3]), int(zone[-2:])
        if hours > 23 or minutes > 59:
            return None
        offset = (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)
    fraction = int(((fraction or "") + "000000")[:6])
    return ((days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60_000_000 + second * 1_000_000 + fraction


def clock(node):
    """The client's own, with a zone; "?" where it can't be said."""
    if node is None or node.kind != "string":
        return None
    text = node.data.strip(BLANKS)
    match = TIME.fullmatch(text)
    if not match:
        return None if not re.search(r"\d.*-.*\d.*:.*\d", text, re.S) else "?"
    if match[9] is None or match[7] is None:
        return None
    if match[4] != "T" or (match[9] != "Z" and ":" not in match[9]):
        return "?"
    found = moment(node)
    return None if isinstance(found, str) else "?" if found is None else found

# ---- The payload ----------------------------------------------------------------------------------------------------

PAYLOAD = ["source", "session", "profile", "profile_less", "options", "context", "properties"]
EVENT = ["id", "type", "time", "properties", "context", "options", "tags"]


class Flags:
    def __init__(self, node):
        flags = {key: value.data for key, value in node.data if value.kind == "boolean"} if node is not None and node.kind == "object" else {}
        # Of equal keys the last one counts, also if it is no boolean.
        if node is not None and node.kind == "object":
            flags = {key: flag for key, flag in flags.items() if node.get(key) is not None and node.get(key).kind == "boolean"}
        saves = [flags[key] for key in ("saveEvent", "saveEvents", "save") if key in flags]
        self.ephemeral = not all(saves)
        self.profileless = flags.get("profileLess") is True or flags.get("saveProfile") is False


class Outcome:
    """Of a payload: `codes` with which it is refused, or `events`; neither: it has no events."""

    def __init__(self, codes=None, events=None):
        self.codes, self.events = codes, events


class Seen:
    """Of an event: `codes` with which it is rejected (None: it is accepted), and what it is."""

    def __init__(self, **fields):
        self.codes = self.client = self.type = self.kind = self.when = self.properties = self.context = self.tags = None
        self.kept = False
        self.__dict__.update(fields)


def payload(root, door, sources):
    """`door`: jsonb or text. `sources`: {id: whether it is ephemeral}, those that are let in."""
    text = door == "text"
    if root.kind != "object":
        return Outcome({"22023"})
    if text:
        unfit = set().union(*(field.unfit(MOST_LEVELS - 1) for field in (root.get(name) for name in PAYLOAD) if field))
        if unfit:
            return Outcome({code if code == "54001" else "22023" for code in unfit})
    events = root.get("events")
    bad = events is not None and events.kind != "array"
    for name in ("source", "session", "profile", "options", "context", "properties"):
        field = root.get(name)
        bad |= field is not None and field.kind != "object"
        inner = field.get("id") if field and name in ("source", "session", "profile") else None
        bad |= inner is not None and inner.kind != "string"
        if not bad and inner and name != "source":
            bad |= client_id(inner.data) == "22001"
    source = root.get("source") and root.get("source").get("id")
    if bad or source is None or not source.data.strip(BLANKS):
        return Outcome({"22023"})
    source = source.data.strip(BLANKS)
    if source not in sources:
        return Outcome({"28000"})
    if events is None or not events.data:
        return Outcome()
    options = Flags(root.get("options"))
    options.ephemeral |= sources[source]
    less = root.get("profile_less")
    options.profileless |= less is not None and less.kind == "boolean" and less.data
    context = root.get("context")
    time = context.get("time") if context else None
    local = clock(time.get("local")) if time and time.kind == "object" else None
    return Outcome(events=[event(node, text, source, options, local) for node in events.data])


def event(node, text, source, options, local):
    asked = node.get("options")
    if text and asked and asked.unfit(MOST_LEVELS - 1):
        asked = None
    own = Flags(asked)
    ephemeral = options.ephemeral or own.ephemeral
    rejected = lambda *codes: Seen(codes=set(codes), kept=not ephemeral, node=node)
    if text:
        if node.kind != "object" and node.unfit(MOST_LEVELS):
            return rejected(*node.unfit(MOST_LEVELS))
        for name in sorted(EVENT, key=lambda name: (len(name), name)):
            field = node.get(name)
            if field and field.unfit(MOST_LEVELS - 1):
                return rejected(*field.unfit(MOST_LEVELS - 1))
    if node.kind != "object":
        return rejected("22023")
    client = node.get("id")
    if client:
        if client.kind != "string":
            return rejected("22023")
        client = client_id(client.data, source, guarded=text)
        if client == "22001":
            return rejected("22001")
    kind = node.get("type")
    if kind is None or kind.kind != "string" or not normal_type(kind.data):
        return rejected("22023")
    if len(normal_type(kind.data)) > 255:
        return rejected("22001")
    for name in ("properties", "context", "options"):
        if node.get(name) and node.get(name).kind != "object":
            return rejected("22023")
    tags = node.get("tags")
    if tags and (tags.kind != "array" or len(tags.data) > 100 or any(tag.kind != "string" or len(tag.data) > 255 for tag in tags.data)):
        return rejected("22023")
    when = node.get("time")
    told, unsure = ("arrival", 0), False
    if when is not None:
        forms = [("client", when)] if when.kind != "object" else [(way, when.get(field)) for way, field in (("client", "create"), ("set", "insert")) if when.get(field)]
        for way, field in forms:
            micros = moment(field)
            if isinstance(micros, str):
                return rejected(micros, *(["22007", "22008"] if unsure else []))
            if way == "client" and local == "?":
                micros = None
            elif way == "client" and micros is not None and isinstance(local, int):
                # How far a clock is off is no bound to what it can do to a time; arrival is about now.
                if not FIRST + HOUR <= micros + time_ns() // 1000 - local < END - HOUR:
                    return rejected("22008")
            unsure |= micros is None
            told = (way, micros)
    return Seen(client=client, type=normal_type(kind.data), kind="ephemeral" if ephemeral else "profileless" if options.profileless or own.profileless else "profile",
                when=told, local=local, properties=node.get("properties"), context=node.get("context"), tags=[tag.data for tag in tags.data] if tags else [],
                unsure=unsure, kept=not ephemeral, node=node)
