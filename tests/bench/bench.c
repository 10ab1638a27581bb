// Measures tracardi against what one would write by hand (twin.sql). Run by tests/bench/run, which says what the columns
// mean:   bench [-s SECONDS] CASE…
//
// The two sides of a case take turns in slices of 0.06 s, A B B A …; each has backends of its own. A row tells the medians
// of the turns. What clients send is made here: payloads as the browser's tracker sends them, about 490 bytes of JSON an
// event, and for plain INSERTs the same values as parameters: ids (UUIDv7), times and arrays in binary, JSON as text.
#include <arpa/inet.h>
#include <errno.h>
#include <libpq-fe.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { UUID = 2950, TEXT = 25, TIMESTAMPTZ = 1184, JSONB = 3802 };
enum { BATCH = 100, LOOP = 500, CLIENTS = 8, KNOWN = 10000, VARIANTS = 1024 };

// ---- What a side does, and the cases -------------------------------------------------------------------------------

typedef enum { CALL, INSERT, UNNEST, VISIT, LOOP_CALL, LOOP_INSERT } What;

typedef struct {
  What what;
  const char *sql;
  int events;             // in one call
  bool ids;               // the client gives the events their ids
  bool new_visitor;       // each call has a new session, and no profile
  bool context;           // the payload tells of the browser, as the tracker does
  const char *source_id;  // NULL: shop
  const char *type;       // NULL: page-view
  bool email;             // the properties name the visitor's address
  const char *before;     // run by the superuser before each turn
} Side;

typedef struct {
  const char *name, *title, *against;
  Side ours, theirs;
  double goal;      // theirs / ours, in wall time; 0: none
  double cpu_goal;  // ours / theirs; 0: none
  int clients;      // 0: one
  bool commit;      // synchronous_commit
  bool big;         // on stored events
  bool whole_call;  // µs of a call, not of an event
  const char *setup;
} Case;

#define COLUMNS "(id, type, kind, time, source_id, session_id, profile_id, properties, context)"
#define TRACK "SELECT tracardi.track($1)"
#define LOOP_TRACK "SELECT bench.loop_track($1)"
#define BARE "INSERT INTO bench.event " COLUMNS " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
#define BARE_MANY \
  "INSERT INTO bench.event " COLUMNS " SELECT u.id, u.type, 'profile', u.time, $1, $2, $3, u.properties, u.context " \
  "FROM unnest($4::uuid[], $5::text[], $6::timestamptz[], $7::jsonb[], $8::jsonb[]) AS u (id, type, time, properties, context)"
#define KEYED \
  "WITH k AS (INSERT INTO bench.event_key (id) VALUES ($1) ON CONFLICT (id) DO NOTHING RETURNING id) " \
  "INSERT INTO bench.event " COLUMNS " SELECT k.id, $2, $3, $4, $5, $6, $7, $8, $9 FROM k ON CONFLICT (id, time) DO NOTHING"
#define KEYED_MANY \
  "WITH u AS MATERIALIZED (SELECT * FROM unnest($4::uuid[], $5::text[], $6::timestamptz[], $7::jsonb[], $8::jsonb[]) " \
  "AS u (id, type, time, properties, context)), " \
  "k AS (INSERT INTO bench.event_key (id) SELECT u.id FROM u ON CONFLICT (id) DO NOTHING RETURNING id) " \
  "INSERT INTO bench.event " COLUMNS " SELECT u.id, u.type, 'profile', u.time, $1, $2, $3, u.properties, u.context " \
  "FROM u JOIN k USING (id) ON CONFLICT (id, time) DO NOTHING"
// A new visitor: six rows, by six INSERTs in one statement, or by three.
#define VISITOR \
  "WITH s AS (INSERT INTO bench.session (id, profile_id, source_id, status, started_at, last_seen_at, context) " \
  "VALUES ($1, $2, $3, 'active', $4, $4, $5)), " \
  "p AS (INSERT INTO bench.profile (id, visit_count, first_seen_at, last_seen_at) VALUES ($2, 1, $4, $4))"
#define INTO_EVENT "INSERT INTO bench.event (id, type, kind, time, source_id, session_id, profile_id, properties, context, tags) VALUES "
#define CREATED "($6, 'profile-created', 'system', $7, $3, $1, $2, '{}', '{}', '{event:system}')"
#define OPENED "($8, 'session-opened', 'system', $9, $3, $1, $2, '{}', '{}', '{event:system}')"
#define STARTED "($10, 'visit-started', 'system', $11, $3, $1, $2, $12, '{}', '{event:system}')"
#define VIEWED "($13, $14, 'profile', $15, $3, $1, $2, $16, $17, '{}')"
#define SIX \
  VISITOR ", c AS (" INTO_EVENT CREATED "), o AS (" INTO_EVENT OPENED "), v AS (" INTO_EVENT STARTED ") " INTO_EVENT VIEWED
#define THREE VISITOR " " INTO_EVENT CREATED ", " OPENED ", " STARTED ", " VIEWED

#define CHECKED \
  "SELECT tracardi.create_event_type('checked', schema => '{\"type\": \"object\", \"required\": [\"sku\", \"price\"], \"properties\": " \
  "{\"category\": {\"type\": \"string\", \"maxLength\": 80}, \"name\": {\"type\": \"string\"}, \"sku\": {\"type\": \"string\", \"pattern\": \"^[A-Z]+-[0-9]+$\"}, " \
  "\"price\": {\"type\": \"number\", \"minimum\": 0}, \"currency\": {\"enum\": [\"EUR\", \"USD\"]}, \"in_stock\": {\"type\": \"boolean\"}}}')"

static const Case cases[] = {
  {"single", "1 event, known visitor", "bare INSERT",
   {CALL, TRACK, 1}, {INSERT, BARE, 1}, .goal = 0.90, .cpu_goal = 1.25},
  {"batch", "100 events in a payload", "bare INSERT … SELECT unnest",
   {CALL, TRACK, BATCH}, {UNNEST, BARE_MANY, BATCH}, .goal = 1.0},
  {"loop", "1 event, in a loop in the server", "bare INSERT in the same loop",
   {LOOP_CALL, LOOP_TRACK, LOOP},
   {LOOP_INSERT, "SELECT bench.loop_insert($1, $2, $3, $4, $5, $6)", LOOP}, .goal = 0.75},
  {"set", "100 events in a payload", "set-based SQL function",
   {CALL, TRACK, BATCH}, {CALL, "SELECT bench.track_set($1)", BATCH}, .goal = 1.25},
  {"plpgsql", "1 event, known visitor", "PL/pgSQL function with a loop",
   {CALL, TRACK, 1}, {CALL, "SELECT bench.track_loop($1)", 1}, .goal = 1.6},
  {"plpgsql-batch", "100 events in a payload", "PL/pgSQL function with a loop",
   {CALL, TRACK, BATCH}, {CALL, "SELECT bench.track_loop($1)", BATCH}, .goal = 2.6},
  {"once", "1 event with the client's id", "INSERT … ON CONFLICT, key and event",
   {CALL, TRACK, 1, .ids = true}, {INSERT, KEYED, 1}, .goal = 0.80},
  {"once-batch", "100 events with the client's ids", "INSERT … ON CONFLICT, keys and events",
   {CALL, TRACK, BATCH, .ids = true}, {UNNEST, KEYED_MANY, BATCH}, .goal = 0.90},
  {"new", "1 event, new visitor (6 rows)", "6 bare INSERTs in one statement",
   {CALL, TRACK, 1, .new_visitor = true, .context = true}, {VISIT, SIX, 4}, .goal = 0.90, .whole_call = true},
  {"new-3", "1 event, new visitor (6 rows)", "3 bare INSERTs in one statement",
   {CALL, TRACK, 1, .new_visitor = true, .context = true}, {VISIT, THREE, 4}, .whole_call = true},
  {"clients", "1 event, 8 clients, synchronous_commit", "bare INSERT, 8 clients",
   {CALL, TRACK, 1}, {INSERT, BARE, 1}, .goal = 0.92, .clients = CLIENTS, .commit = true},
  {"ephemeral", "ephemeral, a workflow answers", "function over jsonb that answers",
   {CALL, TRACK, 1, .source_id = "pixel"}, {CALL, "SELECT bench.answer_offer($1)", 1, .source_id = "pixel"}, .goal = 0.80,
   .setup = "SELECT tracardi.create_workflow('offer', 'bench.offer', 'page-view')"},
  {"workflow", "1 event, a workflow updates the profile", "INSERT, a trigger updates it",
   {CALL, TRACK, 1}, {INSERT, BARE, 1}, .goal = 0.90,
   .setup = "SELECT tracardi.create_workflow('remember page', 'bench.remember_page', 'page-view');"
            "CREATE TRIGGER bench AFTER INSERT ON bench.event FOR EACH ROW EXECUTE FUNCTION bench.remember_page_twin()"},
  {"unmatched", "1,000 workflows, 1,000 types: not this one", "none of them; both in a loop in the server",
   {LOOP_CALL, LOOP_TRACK, LOOP, .before = "CALL bench.unmatched('type')"},
   {LOOP_CALL, LOOP_TRACK, LOOP, .before = "CALL bench.unmatched('none')"}, .goal = 1 / 1.03},
  {"unmatched-any", "… of any type: not this source or kind", "none of them; both in a loop in the server",
   {LOOP_CALL, LOOP_TRACK, LOOP, .before = "CALL bench.unmatched('any')"},
   {LOOP_CALL, LOOP_TRACK, LOOP, .before = "CALL bench.unmatched('none')"}, .goal = 1 / 1.03},
  {"unidentified", "1,000 identification points: of other types", "none of them; both in a loop in the server",
   {LOOP_CALL, LOOP_TRACK, LOOP, .before = "CALL bench.identification(1000)"},
   {LOOP_CALL, LOOP_TRACK, LOOP, .before = "CALL bench.identification(0)"}, .goal = 1 / 1.03},
  {"validated", "1 event, checked by a schema", "a plain event",
   {CALL, TRACK, 1, .type = "checked"}, {CALL, TRACK, 1}, .goal = 1 / 1.3, .setup = CHECKED},
  {"validated-batch", "100 events, checked by a schema", "plain events",
   {CALL, TRACK, BATCH, .type = "checked"}, {CALL, TRACK, BATCH}, .goal = 1 / 1.7, .setup = CHECKED},
  {"mapped", "1 event that sets 5 fields of the profile", "a plain event, and an UPDATE by hand",
   {CALL, TRACK, 1, .type = "mapped"}, {CALL, "SELECT bench.hand_track($1)", 1}, .goal = 0.5,
   .setup = "INSERT INTO tracardi.event_mapping (event_type, profile_path, source) "
            "SELECT 'mapped', 'traits.' || p, 'properties.' || p FROM unnest('{category,name,sku,price,currency}'::text[]) p"},
  {"identified", "1 event that tells who it is", "a plain event",
   {CALL, TRACK, 1, .type = "identified", .email = true}, {CALL, TRACK, 1, .email = true},
   .setup = "SELECT tracardi.create_identification_point('address', 'identified', '{email}')"},
  {"async", "1 event, and an asynchronous workflow", "none",
   {CALL, TRACK, 1, .before = "CALL bench.asynchronous(true)"},
   {CALL, TRACK, 1, .before = "CALL bench.asynchronous(false)"}, .goal = 1 / 1.05},
  {"tracker", "1 event, and all of the browser's context", "bare INSERT",
   {CALL, TRACK, 1, .context = true}, {INSERT, BARE, 1}},
  {"big", "1 event, on all that is stored", "bare INSERT, grown alike",
   {CALL, TRACK, 1}, {INSERT, BARE, 1}, .goal = 0.90, .big = true},
};

// ---- A client ------------------------------------------------------------------------------------------------------

typedef struct {
  unsigned char session[16], profile[16];
  char session_text[37], profile_text[37];
} Visitor;

typedef struct {
  char *bytes;
  size_t length, room;
} Buffer;

typedef struct {
  const Side *side;
  PGconn *connection;
  clockid_t cpu;
  uint64_t random;
  Buffer payload, arrays[6];
  const Visitor *visitor;  // of the payload
  double stop;
  long calls, all_calls;
} Client;

static Visitor *visitors;
static int visitor_count;
static struct { char *properties, *context; int properties_length, context_length; } variants[VARIANTS];
static const char browser[] =
  "{\"device\":{\"gpu\":{\"vendor\":\"Google Inc. (Intel)\",\"renderer\":\"ANGLE (Intel, Mesa Intel(R) UHD Graphics 620 (KBL GT2), "
  "OpenGL 4.6)\"}},\"browser\":{\"local\":{\"browser\":{\"name\":\"Netscape\",\"engine\":\"Gecko\",\"appVersion\":\"5.0 (X11; Linux "
  "x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36\",\"userAgent\":\"Mozilla/5.0 (X11; Linux x86_64) "
  "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36\",\"language\":\"de-DE\",\"onLine\":true,"
  "\"javaEnabled\":false,\"cookieEnabled\":true},\"device\":{\"platform\":\"Linux x86_64\"}}},\"screen\":{\"local\":{\"width\":1920,"
  "\"height\":1080,\"innerWidth\":1440,\"innerHeight\":812,\"availWidth\":1920,\"availHeight\":1053,\"colorDepth\":24,"
  "\"pixelDepth\":24,\"orientation\":\"landscape-primary\"}},\"utm\":{\"source\":\"newsletter\",\"medium\":\"email\","
  "\"campaign\":\"spring\"}}";

static void fail(const char *what, const char *why) {
  fprintf(stderr, "bench: %s: %s\n", what, why);
  exit(1);
}

static double clock_us(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t)) fail("clock_gettime", "the backend is gone");
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int64_t unix_us(void) { return (int64_t)clock_us(CLOCK_REALTIME); }

static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static void put(Buffer *to, const void *bytes, size_t length) {
  if (to->length + length + 1 > to->room) {
    to->room = 2 * (to->length + length + 1);
    to->bytes = realloc(to->bytes, to->room);
    if (!to->bytes) fail("realloc", "out of memory");
  }
  memcpy(to->bytes + to->length, bytes, length);
  to->length += length;
  to->bytes[to->length] = 0;
}

static void put_text(Buffer *to, const char *text) { put(to, text, strlen(text)); }

static void put_int(Buffer *to, uint32_t value) {
  value = htonl(value);
  put(to, &value, 4);
}

// A one-dimensional array in the binary format.
static void begin_array(Buffer *to, int type, int length) {
  to->length = 0;
  put_int(to, 1), put_int(to, 0), put_int(to, type), put_int(to, length), put_int(to, 1);
}

static void put_item(Buffer *to, const void *bytes, int length) {
  put_int(to, length);
  put(to, bytes, length);
}

static void put_jsonb(Buffer *to, const char *text, int length) {
  put_int(to, length + 1);
  put(to, "\1", 1);
  put(to, text, length);
}

// Strictly increasing within a client: 48 bits of milliseconds, 12 of microseconds, the rest at random.
static void make_id(Client *client, unsigned char id[16]) {
  static __thread int64_t last;
  int64_t now = unix_us();
  if (now <= last) now = last + 1;
  last = now;
  uint64_t high = (uint64_t)(now / 1000) << 16 | 0x7000 | (now % 1000) * 4;
  uint64_t low = next_random(&client->random) >> 2 | 1ULL << 63;
  for (int i = 0; i < 8; i++) id[i] = high >> (56 - 8 * i), id[8 + i] = low >> (56 - 8 * i);
}

static void id_text(const unsigned char id[16], char text[37]) {
  static const char hex[] = "0123456789abcdef";
  for (int i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *text++ = '-';
    *text++ = hex[id[i] >> 4], *text++ = hex[id[i] & 15];
  }
  *text = 0;
}

static void time_text(int64_t us, char text[32]) {
  static __thread time_t second;
  static __thread char prefix[24];
  if (us / 1000000 != second) {
    struct tm tm;
    second = us / 1000000;
    strftime(prefix, sizeof prefix, "%Y-%m-%dT%H:%M:%S", gmtime_r(&second, &tm));
  }
  int ms = us / 1000 % 1000;
  memcpy(text, prefix, 19);
  text[19] = '.', text[20] = '0' + ms / 100, text[21] = '0' + ms / 10 % 10, text[22] = '0' + ms % 10, text[23] = 'Z', text[24] = 0;
}

static int64_t time_binary(int64_t us) { return (int64_t)__builtin_bswap64(us - 946684800000000); }

static void make_variants(void) {
  for (int i = 0; i < VARIANTS; i++) {
    int n = 1000 + i * 37 % 9000;
    variants[i].properties_length = asprintf(&variants[i].properties,
      "{\"category\":\"espresso machines\",\"name\":\"Classic %d\",\"sku\":\"ESP-%d\",\"price\":%d.90,\"currency\":\"EUR\",\"in_stock\":true}", n, n, 100 + n % 900);
    variants[i].context_length = asprintf(&variants[i].context,
      "{\"page\":{\"url\":\"https://shop.example.com/espresso/classic-%d?utm_source=newsletter&utm_medium=email\",\"path\":"
      "\"/espresso/classic-%d\",\"hash\":\"\",\"title\":\"Classic %d – Example Shop\",\"referer\":{\"host\":\"www.example.org\","
      "\"query\":null},\"history\":{\"length\":%d}}}", n, n, n, n % 20);
  }
}

static void put_event(Client *client, Buffer *to, int64_t time) {
  const typeof(variants[0]) *variant = &variants[next_random(&client->random) % VARIANTS];
  char text[40];
  put_text(to, "{");
  if (client->side->ids) {
    unsigned char id[16];
    make_id(client, id);
    id_text(id, text);
    put_text(to, "\"id\":\""), put_text(to, text), put_text(to, "\",");
  }
  time_text(time, text);
  put_text(to, "\"time\":{\"create\":\""), put_text(to, text);
  put_text(to, "\"},\"properties\":");
  if (client->side->email) {
    put_text(to, "{\"email\":\""), put_text(to, client->visitor->profile_text), put_text(to, "@example.com\",");
    put(to, variant->properties + 1, variant->properties_length - 1);
  } else {
    put(to, variant->properties, variant->properties_length);
  }
  put_text(to, ",\"type\":\""), put_text(to, client->side->type ? client->side->type : "page-view");
  put_text(to, "\",\"options\":{\"fire\":true},\"context\":");
  put(to, variant->context, variant->context_length);
  put_text(to, "}");
}

static void put_payload(Client *client, Buffer *to, int events) {
  const Side *side = client->side;
  const Visitor *visitor = client->visitor = &visitors[next_random(&client->random) % visitor_count];
  put_text(to, "{\"source\":{\"id\":\""), put_text(to, side->source_id ? side->source_id : "shop"), put_text(to, "\"},");
  if (side->context) put_text(to, "\"context\":"), put(to, browser, sizeof browser - 1), put_text(to, ",");
  if (side->new_visitor) {
    unsigned char id[16];
    char text[37];
    make_id(client, id);
    id_text(id, text);
    put_text(to, "\"profile\":null,\"session\":{\"id\":\""), put_text(to, text);
  } else {
    put_text(to, "\"profile\":{\"id\":\""), put_text(to, visitor->profile_text);
    put_text(to, "\"},\"session\":{\"id\":\""), put_text(to, visitor->session_text);
  }
  put_text(to, "\"},\"options\":{},\"events\":[");
  int64_t now = unix_us();
  for (int i = 0; i < events; i++) {
    if (i) put_text(to, ",");
    put_event(client, to, now - (events - i) * 1000);
  }
  put_text(to, "]}");
}

static void check(Client *client, PGresult *result) {
  ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    fail(client->side->sql, PQerrorMessage(client->connection));
  if (client->side->what == CALL && (!strstr(PQgetvalue(result, 0, 0), "\"errors\": []") ||
                                     !strstr(PQgetvalue(result, 0, 0), "\"warnings\": []")))
    fail("unexpected answer", PQgetvalue(result, 0, 0));
  PQclear(result);
}

#define EXECUTE(client, n, ...) check(client, PQexecPrepared((client)->connection, "0", n, __VA_ARGS__, 0))

static void call(Client *client) {
  client->payload.length = 0;
  put_payload(client, &client->payload, client->side->events);
  const char *values[] = {client->payload.bytes};
  EXECUTE(client, 1, values, NULL, NULL);
}

// The parameters of BARE.
typedef struct {
  unsigned char id[16];
  int64_t time;
  const char *values[9];
} Row;
static const int row_lengths[9] = {16, 0, 0, 8, 0, 16, 16, 0, 0}, row_formats[9] = {1, 0, 0, 1, 0, 1, 1, 0, 0};

static void make_row(Client *client, Row *row, const Visitor *visitor, int64_t time) {
  const typeof(variants[0]) *variant = &variants[next_random(&client->random) % VARIANTS];
  make_id(client, row->id);
  row->time = time_binary(time / 1000 * 1000);
  const char *values[] = {(char *)row->id, "page-view", "profile", (char *)&row->time, "shop",
                          (char *)visitor->session, (char *)visitor->profile, variant->properties, variant->context};
  memcpy(row->values, values, sizeof values);
}

static void insert(Client *client) {
  Row row;
  make_row(client, &row, &visitors[next_random(&client->random) % visitor_count], unix_us() - 1000);
  EXECUTE(client, 9, row.values, row_lengths, row_formats);
}

static void insert_many(Client *client) {
  const Visitor *visitor = &visitors[next_random(&client->random) % visitor_count];
  int n = client->side->events;
  int64_t now = unix_us();
  Buffer *a = client->arrays;
  begin_array(&a[0], UUID, n), begin_array(&a[1], TEXT, n), begin_array(&a[2], TIMESTAMPTZ, n);
  begin_array(&a[3], JSONB, n), begin_array(&a[4], JSONB, n);
  for (int i = 0; i < n; i++) {
    Row row;
    make_row(client, &row, visitor, now - (n - i) * 1000);
    put_item(&a[0], row.id, 16), put_item(&a[1], "page-view", 9), put_item(&a[2], &row.time, 8);
    put_jsonb(&a[3], row.values[7], strlen(row.values[7])), put_jsonb(&a[4], row.values[8], strlen(row.values[8]));
  }
  const char *values[] = {"shop", (char *)visitor->session, (char *)visitor->profile,
                          a[0].bytes, a[1].bytes, a[2].bytes, a[3].bytes, a[4].bytes};
  const int lengths[] = {0, 16, 16, a[0].length, a[1].length, a[2].length, a[3].length, a[4].length};
  const int formats[] = {0, 1, 1, 1, 1, 1, 1, 1};
  EXECUTE(client, 8, values, lengths, formats);
}

static void loop_call(Client *client) {
  Buffer *a = client->arrays;
  begin_array(&a[0], TEXT, client->side->events);
  for (int i = 0; i < client->side->events; i++) {
    client->payload.length = 0;
    put_payload(client, &client->payload, 1);
    put_item(&a[0], client->payload.bytes, client->payload.length);
  }
  const char *values[] = {a[0].bytes};
  const int lengths[] = {a[0].length}, formats[] = {1};
  EXECUTE(client, 1, values, lengths, formats);
}

static void loop_insert(Client *client) {
  static const int types[] = {UUID, TIMESTAMPTZ, UUID, UUID, TEXT, TEXT};
  const char *values[6];
  int n = client->side->events, lengths[6], formats[6];
  Buffer *a = client->arrays;
  for (int i = 0; i < 6; i++) begin_array(&a[i], types[i], n);
  for (int i = 0; i < n; i++) {
    const Visitor *visitor = &visitors[next_random(&client->random) % visitor_count];
    Row row;
    make_row(client, &row, visitor, unix_us() - 1000);
    put_item(&a[0], row.id, 16), put_item(&a[1], &row.time, 8);
    put_item(&a[2], visitor->session, 16), put_item(&a[3], visitor->profile, 16);
    put_item(&a[4], row.values[7], strlen(row.values[7])), put_item(&a[5], row.values[8], strlen(row.values[8]));
  }
  for (int i = 0; i < 6; i++) values[i] = a[i].bytes, lengths[i] = a[i].length, formats[i] = 1;
  EXECUTE(client, 6, values, lengths, formats);
}

static void insert_visit(Client *client) {
  unsigned char ids[3][16];
  Visitor visitor;
  Row row;
  int64_t now = unix_us() - 1000, times[3];
  make_id(client, visitor.session), make_id(client, visitor.profile);
  for (int i = 0; i < 3; i++) make_id(client, ids[i]), times[i] = time_binary(now / 1000 * 1000 - 3 + i);
  make_row(client, &row, &visitor, now);
  const char *values[] = {(char *)visitor.session, (char *)visitor.profile, "shop", (char *)&row.time, browser,
                          (char *)ids[0], (char *)&times[0], (char *)ids[1], (char *)&times[1], (char *)ids[2], (char *)&times[2],
                          "{\"trigger-event-types\":[\"page-view\",\"profile-created\"]}",
                          (char *)row.id, row.values[1], (char *)&row.time, row.values[7], row.values[8]};
  static const int lengths[] = {16, 16, 0, 8, 0, 16, 8, 16, 8, 16, 8, 0, 16, 0, 8, 0, 0};
  static const int formats[] = {1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0};
  EXECUTE(client, 17, values, lengths, formats);
}

static void (*const operations[])(Client *) = {call, insert, insert_many, insert_visit, loop_call, loop_insert};

static void operate(Client *client) {
  operations[client->side->what](client);
  client->all_calls++;
}

static PGconn *connect_as(const char *user, const char *options) {
  const char *keys[] = {"dbname", "user", "options", NULL}, *values[] = {"bench", user, options, NULL};
  PGconn *connection = PQconnectdbParams(keys, values, 0);
  if (PQstatus(connection) != CONNECTION_OK) fail("connection", PQerrorMessage(connection));
  return connection;
}

static char *query(PGconn *connection, const char *sql) {
  PGresult *result = PQexec(connection, sql);
  ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(sql, PQerrorMessage(connection));
  char *value = status == PGRES_TUPLES_OK && PQntuples(result) ? strdup(PQgetvalue(result, 0, 0)) : NULL;
  PQclear(result);
  return value;
}

static void prepare(PGconn *connection, const char *sql) {
  PGresult *result = PQprepare(connection, "0", sql, 0, NULL);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) fail(sql, PQerrorMessage(connection));
  PQclear(result);
}

static void open_client(Client *client, const Side *side, bool commit, int number) {
  *client = (Client){.side = side, .random = 0x5eed + 7919 * number};
  client->connection = connect_as("app", commit ? "-c synchronous_commit=on" : "-c synchronous_commit=off");
  if (clock_getcpuclockid(PQbackendPID(client->connection), &client->cpu)) fail("clock_getcpuclockid", "no such backend");
  prepare(client->connection, side->sql);
}

static void close_client(Client *client) {
  PQfinish(client->connection);
  free(client->payload.bytes);
  for (int i = 0; i < 6; i++) free(client->arrays[i].bytes);
}

static void *run_client(void *argument) {
  Client *client = argument;
  client->calls = 0;
  do {
    operate(client);
    client->calls++;
  } while (clock_us(CLOCK_MONOTONIC) < client->stop);
  return NULL;
}

// ---- A case --------------------------------------------------------------------------------------------------------

typedef struct { double wall, cpu; } Cost;

// One turn of one side: the cost of a call, in µs.
static Cost turn(PGconn *admin, Client *clients, int count, double slice) {
  pthread_t threads[CLIENTS];
  double cpu = 0;
  long calls = 0;
  if (clients->side->before) {
    query(admin, clients->side->before);
    clients->stop = clock_us(CLOCK_MONOTONIC) + slice / 2;
    run_client(clients);
  }
  for (int i = 0; i < count; i++) cpu -= clock_us(clients[i].cpu);
  double begin = clock_us(CLOCK_MONOTONIC);
  for (int i = 0; i < count; i++) clients[i].stop = begin + slice;
  if (count == 1) {
    run_client(clients);
  } else {
    for (int i = 0; i < count; i++)
      if (pthread_create(&threads[i], NULL, run_client, &clients[i])) fail("pthread_create", "no thread");
    for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
  }
  double wall = clock_us(CLOCK_MONOTONIC) - begin;
  for (int i = 0; i < count; i++) cpu += clock_us(clients[i].cpu), calls += clients[i].calls;
  return (Cost){wall / calls, cpu / calls};
}

// Keeps a client on one processor and its backend on another, where there are two: where the scheduler puts them would decide
// more than what is measured. (false) lets them go where they want.
static void part(Client *client, bool apart) {
  static cpu_set_t all;
  cpu_set_t one;
  if (!CPU_COUNT(&all) && sched_getaffinity(0, sizeof all, &all)) fail("sched_getaffinity", strerror(errno));
  if (CPU_COUNT(&all) < 2) return;
  for (int cpu = 0, n = 0; n < 2; cpu++) {
    if (!CPU_ISSET(cpu, &all)) continue;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(n++ ? PQbackendPID(client->connection) : 0, sizeof one, apart ? &one : &all)) fail("sched_setaffinity", strerror(errno));
  }
}

static int by_size(const void *a, const void *b) { return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b); }

static double quantile(double *sorted, int n, double q) {
  double at = q * (n - 1);
  int i = at;
  return i + 1 < n ? sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

// Pads by characters, not bytes.
static void cell(int width, const char *format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  int length = 0;
  for (const char *c = text; *c; c++) length += (*c & 0xc0) != 0x80;
  printf(width < 0 ? "%1$*2$s%3$s  " : "%3$s%1$*2$s  ", "", (abs(width) - length > 0 ? abs(width) - length : 0), text);
}

static void header(void) {
  static bool done;
  if (done) return;
  done = true;
  cell(43, "case"), cell(42, "against"), cell(-8, "ours µs"), cell(-8, "theirs"), cell(-18, "theirs/ours"), cell(-9, "CPU ours/");
  cell(-14, "goal"), puts("met");
  cell(43, ""), cell(42, ""), cell(-8, "wall"), cell(-8, "wall"), cell(-18, "wall (p10..p90)"), cell(-9, "theirs");
  cell(-14, "wall; CPU"), puts("");
}

static void reset(PGconn *admin, int known) {
  char sql[64];
  query(admin, "DROP TRIGGER IF EXISTS bench ON bench.event");
  snprintf(sql, sizeof sql, "CALL bench.reset(%d)", known);
  query(admin, sql);
}

// How many events are stored, there and in the twin.
static void count_events(PGconn *admin, long stored[2]) {
  char *ours = query(admin, "SELECT count(*) FROM tracardi.event"), *theirs = query(admin, "SELECT count(*) FROM bench.event");
  stored[0] = atol(ours), stored[1] = atol(theirs);
  free(ours), free(theirs);
}

// How many a client has stored in this table.
static long stored_by(const Client *client, bool twin) {
  const Side *side = client->side;
  if (twin != !strstr(side->sql, "track(") || side->source_id) return 0;
  return client->all_calls * (side->events + (side->new_visitor ? 3 : 0));
}

static void settle(PGconn *admin) {
  query(admin, "VACUUM ANALYZE");
  query(admin, "CHECKPOINT");
  PGresult *result = PQexecParams(admin, "SELECT session_id, profile_id FROM bench.visitor ORDER BY n", 0, NULL, NULL, NULL, NULL, 1);
  visitor_count = PQntuples(result);
  visitors = realloc(visitors, visitor_count * sizeof *visitors);
  for (int i = 0; i < visitor_count; i++) {
    Visitor *visitor = &visitors[i];
    memcpy(visitor->session, PQgetvalue(result, i, 0), 16), memcpy(visitor->profile, PQgetvalue(result, i, 1), 16);
    id_text(visitor->session, visitor->session_text), id_text(visitor->profile, visitor->profile_text);
  }
  PQclear(result);
}

static void run_case(PGconn *admin, const Case *c, double seconds) {
  // The shorter, the less a noisy machine tells the two sides apart.
  const double slice = c->ours.before ? 150000 : 60000;
  int count = c->clients ? c->clients : 1, per = c->whole_call ? 1 : c->ours.events;
  int rounds = seconds * 1e6 / (2 * slice);
  if (rounds < 3) rounds = 3;
  if (c->big) {
    const char *events = getenv("BENCH_BIG_EVENTS"), *profiles = getenv("BENCH_BIG_PROFILES");
    char sql[128];
    reset(admin, atoi(profiles ? profiles : "1000000"));
    snprintf(sql, sizeof sql, "CALL bench.grow(%s, %s)", events ? events : "10000000", profiles ? profiles : "1000000");
    query(admin, sql);
  } else {
    reset(admin, KNOWN);
  }
  if (c->setup) query(admin, c->setup);
  if (c->big) query(admin, "VACUUM ANALYZE"), query(admin, "CALL bench.wake(10000)");
  settle(admin);
  long stored[2], expected[2];
  count_events(admin, expected);
  Client ours[CLIENTS], theirs[CLIENTS];
  for (int i = 0; i < count; i++) open_client(&ours[i], &c->ours, c->commit, 2 * i), open_client(&theirs[i], &c->theirs, c->commit, 2 * i + 1);
  if (count == 1) part(ours, true), part(theirs, true);
  turn(admin, ours, count, slice), turn(admin, theirs, count, slice);
  double wall[rounds], cpu[rounds], a[rounds], b[rounds];
  for (int i = 0; i < rounds; i++) {
    Cost our, their;
    if (i % 2) their = turn(admin, theirs, count, slice), our = turn(admin, ours, count, slice);
    else our = turn(admin, ours, count, slice), their = turn(admin, theirs, count, slice);
    a[i] = our.wall / per, b[i] = their.wall / per, wall[i] = their.wall / our.wall, cpu[i] = our.cpu / their.cpu;
  }
  if (count == 1) part(ours, false);
  for (int i = 0; i < count; i++) {
    for (int twin = 0; twin < 2; twin++) expected[twin] += stored_by(&ours[i], twin) + stored_by(&theirs[i], twin);
    close_client(&ours[i]), close_client(&theirs[i]);
  }
  count_events(admin, stored);
  if (stored[0] != expected[0] || stored[1] != expected[1]) fail(c->name, "not every event was stored, or one twice");
  qsort(a, rounds, sizeof *a, by_size), qsort(b, rounds, sizeof *b, by_size);
  qsort(wall, rounds, sizeof *wall, by_size), qsort(cpu, rounds, sizeof *cpu, by_size);
  double ratio = quantile(wall, rounds, 0.5), cpu_ratio = quantile(cpu, rounds, 0.5);
  header();
  cell(43, "%s", c->title), cell(42, "%s", c->against);
  cell(-8, "%.1f", quantile(a, rounds, 0.5)), cell(-8, "%.1f", quantile(b, rounds, 0.5));
  cell(-18, "%.2f (%.2f..%.2f)", ratio, quantile(wall, rounds, 0.1), quantile(wall, rounds, 0.9));
  cell(-9, "%.2f", cpu_ratio);
  if (c->goal && c->cpu_goal) cell(-14, "≥ %.2f; ≤ %.2f", c->goal, c->cpu_goal);
  else if (c->goal) cell(-14, "≥ %.2f", c->goal);
  else cell(-14, "");
  // As far as it is shown: two digits.
  bool met = round(100 * ratio) >= round(100 * c->goal) && (!c->cpu_goal || round(100 * cpu_ratio) <= round(100 * c->cpu_goal));
  puts(!c->goal ? "" : met ? "yes" : "NO");
  fflush(stdout);
}

// ---- Memory, and bytes on disk -------------------------------------------------------------------------------------

typedef struct { long contexts, resident; } Memory;

static Memory memory_of(Client *client) {
  Memory memory = {0, 0};
  char path[64], line[256];
  char *sum = query(client->connection, "SELECT sum(total_bytes) / 1024 FROM pg_backend_memory_contexts");
  memory.contexts = atol(sum);
  free(sum);
  snprintf(path, sizeof path, "/proc/%d/status", PQbackendPID(client->connection));
  FILE *status = fopen(path, "r");
  while (status && fgets(line, sizeof line, status)) sscanf(line, "RssAnon: %ld", &memory.resident);
  if (status) fclose(status);
  return memory;
}

static void run_memory(PGconn *admin) {
  const Side side = {CALL, TRACK, 1};
  long calls = atol(getenv("BENCH_CALLS") ? getenv("BENCH_CALLS") : "1000000"), warm = calls / 100;
  reset(admin, KNOWN);
  settle(admin);
  Client client;
  open_client(&client, &side, false, 0);
  memory_of(&client);
  for (long i = 0; i < warm; i++) call(&client);
  Memory begin = memory_of(&client);
  for (long i = warm; i < calls; i++) call(&client);
  Memory end = memory_of(&client);
  close_client(&client);
  bool met = end.contexts <= begin.contexts + 64 && end.resident <= begin.resident + 256;
  printf("memory of a backend after %ld and %ld calls: contexts %ld -> %ld kB, resident without shared %ld -> %ld kB; goal: flat; met: %s\n",
         warm, calls, begin.contexts, end.contexts, begin.resident, end.resident, met ? "yes" : "NO");
  fflush(stdout);
}

static void run_disk(PGconn *admin) {
  const Side side = {CALL, TRACK, 1};
  const int events = 100000;
  reset(admin, KNOWN);
  settle(admin);
  Client client;
  open_client(&client, &side, false, 0);
  for (int i = 0; i < events; i++) call(&client);
  long text = 0;
  for (int i = 0; i < 1000; i++) {
    client.payload.length = 0;
    put_event(&client, &client.payload, unix_us());
    text += client.payload.length;
  }
  close_client(&client);
  PGresult *result = PQexec(admin,
    "WITH d AS (SELECT part, is_index, sum(bytes) AS bytes FROM bench.disk WHERE pg_relation_size(relid) > 1000000 GROUP BY 1, 2) "
    "SELECT regexp_replace(part, '^CREATE (UNIQUE )?INDEX \\S+ ON \\S+ USING (\\S+) ', '\\1index \\2 '), "
    "bytes, is_index, round(100 * sum(bytes) FILTER (WHERE is_index) OVER () / sum(bytes) FILTER (WHERE NOT is_index) OVER (), 1) "
    "FROM d ORDER BY is_index, 1");
  if (PQresultStatus(result) != PGRES_TUPLES_OK) fail("disk", PQerrorMessage(admin));
  printf("bytes on disk an event, after %d calls with one each; its JSON text has %.0f bytes\n", events, text / 1000.0);
  for (int i = 0; i < PQntuples(result); i++) printf("  %7.1f  %s\n", atof(PQgetvalue(result, i, 1)) / events, PQgetvalue(result, i, 0));
  double percent = PQntuples(result) ? atof(PQgetvalue(result, 0, 3)) : 0;
  printf("  indexes are %.1f %% of the heap; goal: <= 40 %%; met: %s\n", percent, percent <= 40 ? "yes" : "NO");
  PQclear(result);
  fflush(stdout);
}

int main(int count, char **arguments) {
  double seconds = 12;
  int option;
  while ((option = getopt(count, arguments, "s:")) != -1) {
    if (option != 's') return 2;
    seconds = atof(optarg);
  }
  PGconn *admin = connect_as("postgres", "-c client_min_messages=warning");
  make_variants();
  for (int i = optind; i < count; i++) {
    const char *name = arguments[i];
    bool found = false;
    for (size_t j = 0; j < sizeof cases / sizeof *cases; j++) {
      bool all = !strcmp(name, "all") && !cases[j].big;
      if (all || !strcmp(name, cases[j].name)) run_case(admin, &cases[j], seconds), found = true;
    }
    if (!strcmp(name, "memory") || !strcmp(name, "all")) run_memory(admin), found = true;
    if (!strcmp(name, "disk") || !strcmp(name, "all")) run_disk(admin), found = true;
    if (!found) {
      fprintf(stderr, "bench: no case \"%s\"; there are: all, memory, disk", name);
      for (size_t j = 0; j < sizeof cases / sizeof *cases; j++) fprintf(stderr, ", %s", cases[j].name);
      fputs("\n", stderr);
      return 2;
    }
  }
  PQfinish(admin);
}
