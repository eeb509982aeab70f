#include "quarantine/incident_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#define ID "0123456789abcdef0123456789abcdef"

static struct incident_record sample(void)
{
    struct incident_record record = {
        .incident =
            {
                .id = ID,
                .file = ID ".eml",
                .facts = {.from = "Žofie \"Z\" <z@example.org>",
                          .to = "christian@example.net",
                          .date = "Sat, 05 Feb 2005 14:30:34 +0100",
                          .subject = "tab\tescape\x1b[2J backslash \\ ' été",
                          .message_id = "<1@example.org>"},
                .protocol = "POP3",
                .user = "christian",
                .client = "192.168.0.10:1395",
                .server = "[2001:db8:1::4]:110",
                .size = 10240,
                .received_s = 1107610234,
                .uidl = "whqtswO00WBw418f9t5JxYwZ",
                .session = "5f0c-12",
            },
        .sha256 = {{0xba, 0x78, [31] = 0xad}},
        .state = INCIDENT_QUARANTINED,
        .count = 3,
        .first_s = 1107610000,
        .received = {77, "4f1d0b3e-0000-4000-8000-000000000001"},
        .released_until_s = 1107910000,
        .released_at = {1107610300, {143, "4f1d0b3e-0000-4000-8000-000000000001"}},
    };

    verdict_set(&record.incident.verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS, SPAN("Heuristics.Limits"));
    snprintf(record.incident.verdict.engine, sizeof record.incident.verdict.engine, "builtin");
    snprintf(record.incident.verdict.signatures, sizeof record.incident.verdict.signatures,
             "27000/2005-02-05");
    return record;
}

/* The input is in a heap buffer of its exact size, so that ASan detects an over-read. */
static bool read_exactly(struct span text, struct incident_record *record)
{
    char *copy = malloc(text.n ? text.n : 1);
    bool is_good;

    memcpy(copy, text.p, text.n);
    is_good = incident_json_read((struct span){copy, text.n}, record);
    free(copy);
    return is_good;
}

static void comes_back_as_it_was_written(void **state)
{
    struct incident_record record = sample(), back;
    struct buf text = {0};

    incident_json_write(&record, &text);
    assert_true(read_exactly(buf_span(&text), &back));
    assert_memory_equal(&back.incident, &record.incident, sizeof back.incident);
    assert_memory_equal(&back.sha256, &record.sha256, sizeof back.sha256);
    assert_int_equal(back.state, INCIDENT_QUARANTINED);
    assert_int_equal(back.count, 3);
    assert_int_equal(back.first_s, 1107610000);
    buf_fini(&text);
}

static void the_keys_are_these(void **state)
{
    struct incident_record record = sample();
    json_t *object = incident_json_new(&record);
    static const char *const pairs[][2] = {
        {"id", ID},
        {"state", "quarantined"},
        {"file", ID ".eml"},
        {"sha256", "ba780000000000000000000000000000000000000000000000000000000000ad"},
        {"verdict", "unscannable"},
        {"reason", "limits"},
        {"virus", "Heuristics.Limits"},
        {"engine", "builtin"},
        {"signatures", "27000/2005-02-05"},
        {"sender", "Žofie \"Z\" <z@example.org>"},
        {"recipient", "christian@example.net"},
        {"date", "Sat, 05 Feb 2005 14:30:34 +0100"},
        {"message_id", "<1@example.org>"},
        {"kind", "mail"},
        {"protocol", "POP3"},
        {"direction", "download"},
        {"name", ""},
        {"user", "christian"},
        {"client", "192.168.0.10:1395"},
        {"server", "[2001:db8:1::4]:110"},
        {"session", "5f0c-12"},
        {"received", "2005-02-05T13:30:34Z"},
        {"first_received", "2005-02-05T13:26:40Z"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_string_equal(json_string_value(json_object_get(object, pairs[i][0])), pairs[i][1]);
    assert_int_equal(json_integer_value(json_object_get(object, "size")), 10240);
    assert_int_equal(json_integer_value(json_object_get(object, "count")), 3);
    json_decref(object);
}

static struct incident_record sample_of_a_file(void)
{
    struct incident_record record = sample();

    record.incident.kind = MESSAGE_FILE;
    record.incident.direction = MESSAGE_UPLOAD;
    record.incident.facts = (struct mail_facts){0};
    snprintf(record.incident.protocol, sizeof record.incident.protocol, "FTP");
    snprintf(record.incident.name, sizeof record.incident.name, "/pub/été.zip");
    return record;
}

static void a_file_comes_back_as_it_was_written(void **state)
{
    struct incident_record record = sample_of_a_file(), back;
    json_t *object = incident_json_new(&record);
    struct buf text = {0};

    assert_string_equal(json_string_value(json_object_get(object, "kind")), "file");
    assert_string_equal(json_string_value(json_object_get(object, "direction")), "upload");
    assert_string_equal(json_string_value(json_object_get(object, "protocol")), "FTP");
    assert_string_equal(json_string_value(json_object_get(object, "name")), "/pub/été.zip");
    json_decref(object);
    incident_json_write(&record, &text);
    assert_true(read_exactly(buf_span(&text), &back));
    assert_memory_equal(&back.incident, &record.incident, sizeof back.incident);
    buf_fini(&text);
}

/* As version 0.1.0 wrote it before there were files. */
static void an_older_record_is_that_of_a_mail_on_its_way_to_the_client(void **state)
{
    static const char old[] =
        "{\"id\": \"" ID "\", \"state\": \"quarantined\", \"file\": \"" ID ".eml\","
        " \"sha256\": \"ba780000000000000000000000000000000000000000000000000000000000ad\","
        " \"size\": 10240, \"verdict\": \"infected\", \"reason\": \"\", \"virus\": \"Eicar\","
        " \"engine\": \"builtin\", \"signatures\": \"27000\", \"sender\": \"a@example.org\","
        " \"recipient\": \"b@example.net\", \"subject\": \"s\", \"date\": \"\", \"message_id\": \"\","
        " \"protocol\": \"POP3\", \"user\": \"christian\", \"client\": \"192.168.0.10:1395\","
        " \"server\": \"193.252.22.90:110\", \"uidl\": \"1\", \"session\": \"5f0c-12\","
        " \"received\": \"2005-02-05T13:30:34Z\", \"first_received\": \"2005-02-05T13:26:40Z\","
        " \"count\": 1, \"deliverable\": true}";
    struct incident_record record;

    assert_true(read_exactly(span_of(old), &record));
    assert_int_equal(record.incident.kind, MESSAGE_MAIL);
    assert_int_equal(record.incident.direction, MESSAGE_DOWNLOAD);
    assert_string_equal(record.incident.protocol, "POP3");
    assert_string_equal(record.incident.name, "");
}

static void a_control_character_never_stands_bare_in_the_text(void **state)
{
    struct incident_record record = sample();
    struct buf text = {0};

    for (int c = 1; c < 32; c++)
        record.incident.facts.subject[c - 1] = (char)c;
    incident_json_write(&record, &text);
    for (size_t i = 0; i < text.n; i++)
        assert_true((unsigned char)text.p[i] >= ' ' || text.p[i] == '\n');
    assert_true(incident_json_read(buf_span(&text), &record));
    assert_int_equal(record.incident.facts.subject[26], 27);
    buf_fini(&text);
}

static void broken_utf8_is_written_all_the_same(void **state)
{
    static const char *const broken[] = {"\xff",     "a\xc3", "\xc3(", "\xed\xa0\x80", "\xf5\x80\x80\x80",
                                         "\xc0\x80", "\x80"};

    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct incident_record record = sample(), back;
        struct buf text = {0};

        snprintf(record.incident.user, sizeof record.incident.user, "%s!", broken[i]);
        incident_json_write(&record, &text);
        assert_true(incident_json_read(buf_span(&text), &back));
        assert_int_equal(strlen(back.incident.user), strlen(broken[i]) + 1);
        assert_non_null(strchr(back.incident.user, '?'));
        buf_fini(&text);
    }
}

static void no_start_of_a_record_is_a_record(void **state)
{
    struct incident_record record = sample(), back;
    struct buf text = {0};

    incident_json_write(&record, &text);
    for (size_t n = 0; n < text.n - 2; n++)
        assert_false(read_exactly(span_first(buf_span(&text), n), &back));
    buf_fini(&text);
}

/* Sets one key of the sample to another value. Returns whether it is still a valid record. */
static bool reads_with(const char *key, json_t *value)
{
    struct incident_record record = sample(), back;
    json_t *object = incident_json_new(&record);
    char *text;
    bool is_good;

    json_object_set_new(object, key, value);
    text = json_dumps(object, 0);
    is_good = read_exactly(span_of(text), &back);
    free(text);
    json_decref(object);
    return is_good;
}

static void a_record_that_could_not_be_ours_is_none(void **state)
{
    char longer[600] = {0};

    memset(longer, 'x', sizeof longer - 1);
    assert_true(reads_with("unknown", json_integer(1)));
    assert_true(reads_with("user", json_string("")));
    assert_false(reads_with("id", json_string("../0123456789abcdef0123456789abc")));
    assert_false(reads_with("id", json_string("0123")));
    assert_false(reads_with("id", json_integer(5)));
    assert_false(reads_with("file", json_string("/etc/passwd")));
    assert_false(reads_with("file", json_string("")));
    assert_false(reads_with("sha256", json_string("ba78")));
    assert_false(reads_with("sha256",
                            json_string("zz780000000000000000000000000000000000000000000000000000000000ad")));
    assert_false(reads_with("size", json_integer(-1)));
    assert_false(reads_with("size", json_string("5")));
    assert_false(reads_with("count", json_integer(0)));
    assert_false(reads_with("count", json_integer(INT64_MAX)));
    assert_false(reads_with("subject", json_string(longer)));
    assert_false(reads_with("verdict", json_string("infected"))); /* which still has a reason */
    assert_false(reads_with("verdict", json_string("rotten")));
    assert_false(reads_with("reason", json_string("")));
    assert_false(reads_with("state", json_string("missing")));
    assert_false(reads_with("state", json_string("destroyed"))); /* which still has a file */
    assert_true(reads_with("kind", json_string("file")));
    assert_false(reads_with("kind", json_string("")));
    assert_false(reads_with("kind", json_string("parcel")));
    assert_false(reads_with("kind", json_integer(0)));
    assert_false(reads_with("direction", json_string("sideways")));
    assert_false(reads_with("name", json_string(longer)));
    assert_false(reads_with("received", json_string("yesterday")));
    assert_false(reads_with("received", json_string("1969-12-31T23:59:59Z")));
    assert_false(reads_with("released_until", json_string("1013-01-01T00:00:00Z")));
    assert_false(reads_with("received", json_string("2005-02-05T13:30:34Zx")));
}

static void what_is_no_object_is_no_record(void **state)
{
    static const char *const texts[] = {
        "", "null", "[]", "\"x\"", "{}", "{\"id\":\"" ID "\",\"id\":\"" ID "\"}", "\xff\xfe"};
    struct incident_record record;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(read_exactly(span_of(texts[i]), &record));
}

static void times_that_no_calendar_has_are_moved_to_its_ends(void **state)
{
    char text[INCIDENT_TIME_SIZE];

    incident_time(INT64_MIN, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    incident_time(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was_written),
        cmocka_unit_test(the_keys_are_these),
        cmocka_unit_test(a_file_comes_back_as_it_was_written),
        cmocka_unit_test(an_older_record_is_that_of_a_mail_on_its_way_to_the_client),
        cmocka_unit_test(a_control_character_never_stands_bare_in_the_text),
        cmocka_unit_test(broken_utf8_is_written_all_the_same),
        cmocka_unit_test(no_start_of_a_record_is_a_record),
        cmocka_unit_test(a_record_that_could_not_be_ours_is_none),
        cmocka_unit_test(what_is_no_object_is_no_record),
        cmocka_unit_test(times_that_no_calendar_has_are_moved_to_its_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
