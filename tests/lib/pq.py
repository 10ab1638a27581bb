"""libpq, by Python's own library: as much of it as tests need. PG_BINDIR says where it is, PGHOST and so on where the server is."""

import ctypes
import os
import pathlib

_LIB = pathlib.Path(os.environ["PG_BINDIR"]).parent / "lib"
_FOUND = [str(path) for path in (_LIB / "libpq.so.5", _LIB / "postgresql" / "libpq.so.5") if path.exists()]
_pq = ctypes.CDLL((_FOUND or ["libpq.so.5"])[0])

for _name, _result, *_args in [
    ("PQconnectdb", "p", "s"), ("PQstatus", "i", "p"), ("PQerrorMessage", "s", "p"), ("PQfinish", None, "p"), ("PQbackendPID", "i", "p"),
    ("PQexecParams", "p", "p", "s", "i", "p", "p", "p", "p", "i"), ("PQexec", "p", "p", "s"), ("PQresultStatus", "i", "p"),
    ("PQresultErrorField", "s", "p", "i"), ("PQntuples", "i", "p"), ("PQnfields", "i", "p"), ("PQgetisnull", "i", "p", "i", "i"),
    ("PQgetvalue", "p", "p", "i", "i"), ("PQgetlength", "i", "p", "i", "i"), ("PQclear", None, "p"), ("PQtransactionStatus", "i", "p"),
]:
    _types = {"p": ctypes.c_void_p, "s": ctypes.c_char_p, "i": ctypes.c_int, None: None}
    getattr(_pq, _name).restype = _types[_result]
    getattr(_pq, _name).argtypes = [_types[arg] for arg in _args]


class Error(Exception):
    """What the server, or libpq, says."""

    def __init__(self, code, message, detail="", hint="", constraint=""):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.detail, self.hint, self.constraint = code, message, detail, hint, constraint


class Connection:
    def __init__(self, **options):
        told = " ".join(f"{name}='{value}'" for name, value in {"client_encoding": "UTF8", **options}.items())
        self._conn = _pq.PQconnectdb(told.encode())
        if _pq.PQstatus(self._conn) != 0:
            raise Error("08001", _pq.PQerrorMessage(self._conn).decode())
        self.pid = _pq.PQbackendPID(self._conn)
        _pq_notices(self._conn)

    def close(self):
        _pq.PQfinish(self._conn)

    def run(self, sql, *values):
        """The rows, each a list of texts and Nones; $1, $2, … stand for values, which are texts or None."""
        if values:
            texts = (ctypes.c_char_p * len(values))(*[value if value is None or isinstance(value, bytes) else value.encode() for value in values])
            result = _pq.PQexecParams(self._conn, sql.encode(), len(values), None, texts, None, None, 0)
        else:
            result = _pq.PQexec(self._conn, sql.encode())
        try:
            if _pq.PQresultStatus(result) in (1, 2):
                return [[self._value(result, row, column) for column in range(_pq.PQnfields(result))]
                        for row in range(_pq.PQntuples(result))]
            field = lambda code: (_pq.PQresultErrorField(result, ord(code)) or b"").decode(errors="replace")
            # Without a code it was not the server who spoke: it is gone.
            raise Error(field("C") or "08006", field("M") or _pq.PQerrorMessage(self._conn).decode(errors="replace"), field("D"), field("H"), field("n"))
        finally:
            _pq.PQclear(result)

    def _value(self, result, row, column):
        if _pq.PQgetisnull(result, row, column):
            return None
        return ctypes.string_at(_pq.PQgetvalue(result, row, column), _pq.PQgetlength(result, row, column)).decode()


_SILENT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(lambda _, __: None)


def _pq_notices(conn):
    """Notices are nobody's business here."""
    _pq.PQsetNoticeReceiver.argtypes = [ctypes.c_void_p, type(_SILENT), ctypes.c_void_p]
    _pq.PQsetNoticeReceiver(conn, _SILENT, None)


def literal(text):
    """A text as an element of an array literal."""
    return "NULL" if text is None else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def array(texts):
    return "{" + ",".join(map(literal, texts)) + "}"
