#include "base/buf.h"
#include "core/mail_facts.h"
#include "mail/mail_address.h"
#include "tests/unit/cuts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static struct mail_facts facts;
static struct kept_header kept;

static void read_message(struct span bytes)
{
    struct mail_facts_reader reader;
    struct mail_header header;
    struct mail_field field;

    mail_facts_init(&reader, &facts, &kept);
    mail_header_init(&header);
    while (mail_header_next(&header, &bytes, &field) == MAIL_HEADER_FIELD)
        mail_facts_field(&reader, &field);
    while (mail_header_finish(&header, &field) == MAIL_HEADER_FIELD)
        mail_facts_field(&reader, &field);
}

static struct span kept_span(void)
{
    return (struct span){kept.text, kept.n};
}

static void expect_kept(const char *text)
{
    assert_int_equal(kept.n, strlen(text));
    assert_memory_equal(kept.text, text, kept.n);
    assert_true(kept_header_clean(&kept));
    assert_int_equal(kept.n, strlen(text));
}

static void reads_what_a_notice_tells(void **state)
{
    read_message(SPAN("Return-Path: <webmaster@divx.example>\r\n"
                      "Received: from b\r\n\tby c; Sat, 05 Feb 2005 14:30:25 +0100\r\n"
                      "X-Sieve: Server\r\n"
                      "Received: from a by b\r\n"
                      "from: =?utf-8?q?Zo=C3=A9?= <webmaster@divx.example>\r\n"
                      "To: chris@free.example\r\n"
                      "Date: Sat, 05 Feb 2005 14:30:34 +0100\r\n"
                      "Subject: =?iso-8859-1?q?T=E9?= Information\r\n"
                      "Message-ID: <1@divx.example>\r\n\r\nTo: body\r\n"));
    assert_string_equal(facts.from, "Zo\xc3\xa9 <webmaster@divx.example>");
    assert_string_equal(facts.to, "chris@free.example");
    assert_string_equal(facts.date, "Sat, 05 Feb 2005 14:30:34 +0100");
    assert_string_equal(facts.subject, "T\xc3\xa9 Information");
    assert_string_equal(facts.message_id, "<1@divx.example>");
    expect_kept("Return-Path: <webmaster@divx.example>\r\n"
                "Received: from b\r\n\tby c; Sat, 05 Feb 2005 14:30:25 +0100\r\n"
                "Received: from a by b\r\n"
                "from: =?utf-8?q?Zo=C3=A9?= <webmaster@divx.example>\r\n"
                "To: chris@free.example\r\n"
                "Date: Sat, 05 Feb 2005 14:30:34 +0100\r\n");
}

static void counts_the_first_of_a_field(void **state)
{
    read_message(SPAN("From: a@x\nSubject: 1\nFrom: b@x\nSubject: 2\nCc: c\nCc: d\n\n"));
    assert_string_equal(facts.from, "a@x");
    assert_string_equal(facts.subject, "1");
    expect_kept("From: a@x\r\nCc: c\r\n");
}

static void encodes_raw_8_bit_names(void **state)
{
    read_message(SPAN("From: Ren\xe9 M\xfcller <r@x.example>\r\nTo: \"D\xc3\xa9, A\" <d@x>, b@x\r\nCc: "
                      "(\xe9) x@y\r\n\r\n"));
    assert_string_equal(facts.from, "Ren\xc3\xa9 M\xc3\xbcller <r@x.example>");
    expect_kept("From:\r\n =?utf-8?q?Ren=C3=A9_M=C3=BCller?= <r@x.example>\r\n"
                "To: \r\n =?utf-8?b?RMOpLCBB?=  <d@x>, b@x\r\n"
                "Cc: (\r\n =?utf-8?b?w6k=?= ) x@y\r\n");
}

static void leaves_out_fields_that_readers_would_take_differently(void **state)
{
    read_message(SPAN("Received: a\r\n \r\n b\r\nReceived: \xe9\r\nFrom: a\0@x\r\nTo: \x1b[2J\r\nCc: "
                      "d\xe9@x\r\nDate:\r\n \t\r\n\r\n"));
    assert_int_equal(kept.n, 0);
    assert_string_equal(facts.to, "[2J");
    read_message(SPAN("From: \"a <a@x>\r\nTo: <<a@x>\r\nCc: (a\\) a@x\r\nDate: now\r\n\r\n"));
    expect_kept("Date: now\r\n");
    read_message(SPAN("From: \"a\\\"<(\" (b\\)<\"(c)) <a@x>\r\n\r\n"));
    expect_kept("From: \"a\\\"<(\" (b\\)<\"(c)) <a@x>\r\n");
    read_message(SPAN("To: <\xe9@x>\r\nDate: now\r\n\r\n"));
    expect_kept("Date: now\r\n");
}

static void drops_a_sender_of_9000_bytes_and_knows_the_address(void **state)
{
    struct buf bytes = {0};

    buf_add(&bytes, SPAN("From: "));
    for (int i = 0; i < 9000; i++)
        buf_add_char(&bytes, 'A');
    buf_add(&bytes, SPAN(" <a@x.example>\r\nTo: b@x\r\n\r\n"));
    read_message(buf_span(&bytes));
    expect_kept("To: b@x\r\n");
    assert_true(strlen(facts.from) < sizeof facts.from);
    assert_string_equal(facts.from + strlen(facts.from) - strlen("\xe2\x80\xa6 <a@x.example>"),
                        "\xe2\x80\xa6 <a@x.example>");
    buf_fini(&bytes);
}

static void keeps_a_line_of_998_octets_and_none_longer(void **state)
{
    for (size_t n = 997; n <= 999; n++) {
        struct buf bytes = {0};

        buf_add(&bytes, SPAN("To: "));
        while (bytes.n < n)
            buf_add_char(&bytes, 'x');
        buf_add(&bytes, SPAN("\r\n\r\n"));
        read_message(buf_span(&bytes));
        assert_int_equal(kept.n, n <= 998 ? n + 2 : 0);
        buf_fini(&bytes);
    }
}

static void takes_received_fields_out_of_the_middle(void **state)
{
    struct buf bytes = {0};

    for (int i = 0; i < 3000; i++)
        buf_add_format(&bytes, "Received: from host%d by somewhere\r\n", i);
    buf_add(&bytes, SPAN("From: a@x\r\nDate: d\r\n\r\n"));
    read_message(buf_span(&bytes));
    assert_true(
        span_starts(kept_span(), SPAN("Received: from host0 by somewhere\r\nReceived: from host1 by")));
    assert_non_null(strstr(kept.text, "Received: from host2999 by somewhere\r\nFrom: a@x\r\nDate: d\r\n"));
    assert_null(strstr(kept.text, "host1500 "));
    assert_true(kept_header_clean(&kept));
    assert_true(kept.n > 1000);
    buf_fini(&bytes);
}

static void makes_room_for_the_sender_among_large_received_fields(void **state)
{
    struct buf bytes = {0};

    for (int i = 0; i < 40; i++)
        buf_add_format(&bytes, "Received: %d%900s\r\n", i, "x");
    buf_add(&bytes, SPAN("From: a@x\r\n\r\n"));
    read_message(buf_span(&bytes));
    assert_true(kept.n <= sizeof kept.text);
    assert_memory_equal(kept.text + kept.n - 11, "From: a@x\r\n", 11);
    assert_memory_equal(kept.text, "Received: 0 ", 12);
    assert_true(kept_header_clean(&kept));
    buf_fini(&bytes);
}

static void set_kept(struct span text)
{
    memset(&kept, 'z', sizeof kept);
    kept.n = (uint32_t)text.n;
    memcpy(kept.text, text.p, text.n);
}

static void empties_a_kept_header_that_lies(void **state)
{
    static const struct span lies[] = {
        SPAN("X-Evil: a\r\n"),       SPAN("From: a"),          SPAN("From: a\n"),
        SPAN("From: a\r\n\r\nbody"), SPAN("From: a\0b\r\n"),   SPAN("From: a\rb\r\n"),
        SPAN(" From: a\r\n"),        SPAN("From: a\r\n \r\n"), SPAN("From: a\r\nFrom: b\r\n"),
        SPAN("From: \xc3\xa9\r\n"),  SPAN("From : a\r\n"),     SPAN("From: a\r\nno field\r\n"),
    };

    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        set_kept(lies[i]);
        assert_false(kept_header_clean(&kept));
        assert_int_equal(kept.n, 0);
        assert_int_equal(kept.text[0], 0);
    }
    set_kept(SPAN("From: a\r\nReceived: 1\r\nReceived: 2\r\n 3\r\n"));
    assert_true(kept_header_clean(&kept));
    assert_int_equal(kept.text[kept.n], 0);
    kept.n = sizeof kept.text + 1;
    assert_false(kept_header_clean(&kept));
    set_kept(SPAN(""));
    assert_true(kept_header_clean(&kept));
}

static void believes_no_text_of_an_incident(void **state)
{
    struct incident incident;

    memset(&incident, 0xff, sizeof incident);
    incident_clean(&incident);
    assert_string_equal(incident.id, "");
    assert_string_equal(incident.file, "");
    assert_int_equal(incident.kind, MESSAGE_MAIL);
    assert_int_equal(incident.direction, MESSAGE_DOWNLOAD);
    assert_int_equal(incident.undeliverable, 1);
    assert_true(strlen(incident.name) < sizeof incident.name);
    assert_int_equal(incident.verdict.kind, VERDICT_FAILED);
    assert_true(strlen(incident.facts.subject) < sizeof incident.facts.subject);
    assert_int_equal(incident.facts.subject[0], '?');
    memcpy(incident.id, "0123456789abcdef0123456789abcdef", INCIDENT_ID_SIZE);
    memcpy(incident.file, "../../etc/passwd", 17);
    memcpy(incident.user, "a\r\nb", 5);
    incident.kind = MESSAGE_FILE;
    memcpy(incident.name, "ftp://x/\r\n\x1b[2J\xc3", 16);
    incident_clean(&incident);
    assert_string_equal(incident.id, "0123456789abcdef0123456789abcdef");
    assert_string_equal(incident.file, "");
    assert_string_equal(incident.user, "a b");
    assert_int_equal(incident.kind, MESSAGE_FILE);
    assert_string_equal(incident.name, "ftp://x/ [2J?");
}

static void finds_the_address_in_a_field(void **state)
{
    struct mail_address found;

    assert_true(mail_address_find(SPAN("\"A <x>\" <a.b+c@x.example>"), &found));
    assert_true(span_eq(found.name, SPAN("A <x>")));
    assert_true(span_eq(found.address, SPAN("a.b+c@x.example")));
    assert_true(mail_address_find(SPAN(" a@[192.0.2.1] "), &found));
    assert_false(mail_address_find(SPAN("a@b@c"), &found));
    assert_false(mail_address_find(SPAN("<a@.c>"), &found));
    assert_false(mail_address_find(SPAN(""), &found));
    assert_false(mail_address_find(SPAN("a b@c"), &found));
    assert_true(mail_address_is_message_id(SPAN("<1.2@x>")));
    assert_false(mail_address_is_message_id(SPAN("<1.2@x> <3@y>")));
    assert_false(mail_address_is_message_id(SPAN("<>")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_a_notice_tells),
        cmocka_unit_test(counts_the_first_of_a_field),
        cmocka_unit_test(encodes_raw_8_bit_names),
        cmocka_unit_test(leaves_out_fields_that_readers_would_take_differently),
        cmocka_unit_test(drops_a_sender_of_9000_bytes_and_knows_the_address),
        cmocka_unit_test(keeps_a_line_of_998_octets_and_none_longer),
        cmocka_unit_test(takes_received_fields_out_of_the_middle),
        cmocka_unit_test(makes_room_for_the_sender_among_large_received_fields),
        cmocka_unit_test(empties_a_kept_header_that_lies),
        cmocka_unit_test(believes_no_text_of_an_incident),
        cmocka_unit_test(finds_the_address_in_a_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
