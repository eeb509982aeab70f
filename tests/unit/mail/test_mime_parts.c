/* Messages in odd MIME. In each the content "marker-4711" is attached, and must be reported exactly. */
#include "mail/mime_parts.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define MARKER "marker-4711"
#define BASE64 "bWFya2VyLTQ3MTE="
#define TEXT "Content-Type: text/plain\r\n\r\nhello\r\n"
#define MIXED "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
#define ATTACHED "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
#define PART "--b\r\n" ATTACHED BASE64 "\r\n"

static const struct mime_parts_limits limits = {1 << 20, 1000, 8};

struct search {
    struct span wanted;
    unsigned count, found;
    char how[64];
    unsigned stop_at;
};

static bool look(void *context, const struct mime_part *part)
{
    struct search *search = context;

    search->count++;
    if (span_eq(part->content, search->wanted)) {
        search->found++;
        snprintf(search->how, sizeof search->how, "%s", part->how);
    }
    return search->count != search->stop_at;
}

static enum mime_parts_result search_with(struct search *search, struct span message,
                                          const struct mime_parts_limits *most)
{
    char *copy = malloc(message.n + !message.n);
    enum mime_parts_result result;

    memcpy(copy, message.p, message.n);
    result = mime_parts((struct span){copy, message.n}, most, look, search);
    free(copy);
    return result;
}

static const struct {
    const char *name;
    struct span message;
} odd[] = {
#define ODD(name, message)  \
    {                       \
        name, SPAN(message) \
    }
    ODD("well-formed", MIXED "--b\r\n" TEXT PART "--b--\r\n"),
    ODD("no multipart", ATTACHED BASE64 "\r\n"),
    ODD("more before the name of a field", "-Content-Transfer-Encoding: base64\r\n\r\n" BASE64),
    ODD("no colon after the name of a field", "Content-Transfer-Encoding; base64\r\n\r\n" BASE64),
    ODD("bare LF", "Content-Transfer-Encoding: base64\n\n" BASE64 "\n"),
    ODD("bare CR", "Content-Transfer-Encoding: base64\r\r" BASE64 "\r"),
    ODD("mixed line ends",
        MIXED "--b\n" TEXT "--b\rContent-Transfer-Encoding: base64\n\r\n" BASE64 "\r--b--\n"),
    ODD("byte order mark first", "\xef\xbb\xbf" ATTACHED BASE64),
    ODD("blank lines first", "\r\n \r\n" ATTACHED BASE64),
    ODD("mbox line first", "From a@example.org Thu Jan  1\n" ATTACHED BASE64),
    ODD("no end", MIXED "--b\r\n" TEXT PART),
    ODD("no boundary parameter",
        "Content-Type: multipart/mixed\r\n\r\n--x\r\n" ATTACHED BASE64 "\r\n--x--\r\n"),
    ODD("not declared as multipart", "Content-Type: text/plain\r\n\r\n" PART "--b--\r\n"),
    ODD("empty boundary",
        "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n" ATTACHED BASE64 "\r\n----\r\n"),
    ODD("part in the preamble", MIXED ATTACHED BASE64 "\r\n--b\r\n" TEXT "--b--\r\n"),
    ODD("part in the epilogue", MIXED "--b\r\n" TEXT "--b--\r\n" PART),
    ODD("boundary that begins with another",
        MIXED "--b\r\n" TEXT "--bb\r\n" ATTACHED BASE64 "\r\n--bb--\r\n--b--\r\n"),
    ODD("blanks before a delimiter", MIXED "--b\r\n" TEXT " --b\r\n" ATTACHED BASE64 "\r\n\t--b--\r\n"),
    ODD("blanks after a delimiter", MIXED "--b \t\r\n" ATTACHED BASE64 "\r\n--b-- \r\n"),
    ODD("no empty line before the content",
        MIXED "--b\r\nContent-Transfer-Encoding: base64\r\n" BASE64 "\r\n--b--\r\n"),
    ODD("blanks in the empty line",
        MIXED "--b\r\nContent-Transfer-Encoding: base64\r\n \r\n" BASE64 "\r\n--b--\r\n"),
    ODD("header only in a nested part",
        MIXED "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" PART "--b--\r\n--b--\r\n"),
    ODD("message/rfc822",
        MIXED "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n" ATTACHED BASE64 "\r\n--b--\r\n"),
    ODD("blank before the colon", "Content-Transfer-Encoding : base64\r\n\r\n" BASE64),
    ODD("case", "CONTENT-TRANSFER-encoding:BASE64\r\n\r\n" BASE64),
    ODD("folded", "Content-Transfer-Encoding:\r\n base\r\n\t64\r\n\r\n" BASE64),
    ODD("comment", "Content-Transfer-Encoding: (7bit) base64 (quoted-printable)\r\n\r\n" BASE64),
    ODD("nested comment", "Content-Transfer-Encoding: ((a)b) ba(c)se64\r\n\r\n" BASE64),
    ODD("quoted value", "Content-Transfer-Encoding: \"base64\"\r\n\r\n" BASE64),
    ODD("parameter", "Content-Transfer-Encoding: base64; x=y\r\n\r\n" BASE64),
    ODD("other name", "Content-Transfer-Encoding: base-64\r\n\r\n" BASE64),
    ODD("unknown name", "Content-Transfer-Encoding: x-secret\r\n\r\n" BASE64),
    ODD("first of two",
        "Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" BASE64),
    ODD("second of two",
        "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\n" BASE64),
    ODD("stray line in the header", "Stray\r\nContent-Transfer-Encoding: base64\r\n\r\n" BASE64),
    ODD("junk in base64", "Content-Transfer-Encoding: base64\r\n\r\nbWFy*a2VyLT\r\n.Q3MTE=\r\n"),
    ODD("no padding", "Content-Transfer-Encoding: base64\r\n\r\nbWFya2VyLTQ3MTE"),
    ODD("padding within", "Content-Transfer-Encoding: base64\r\n\r\nbWFya2Vy=\r\nLTQ3MTE="),
    ODD("more after the padding", "Content-Transfer-Encoding: base64\r\n\r\n" BASE64 "\r\nbW9yZQ==\r\n"),
    ODD("a content line like the boundary without its last dashes",
        "Content-Type: multipart/mixed; boundary=b--\r\n\r\n--b--\r\n" ATTACHED
        "bWFya2Vy\r\n--b\r\nLTQ3MTE=\r\n--b----\r\n"),
    ODD("false delimiters before the part and within",
        MIXED "--b\r\n--other\r\n" ATTACHED "bWFya2Vy\r\n--other\r\nLTQ3MTE=\r\n"),
    ODD("base64 across a delimiter of another multipart",
        MIXED "--b\r\n" ATTACHED "bWFya2Vy\r\n--other-x\r\nLTQ3MTE=\r\n--b--\r\n"),
    ODD("base64 across a delimiter with a blank before it",
        MIXED "--b\r\n" ATTACHED "bWFya2Vy\r\n --b\r\nLTQ3MTE=\r\n--b--\r\n"),
    ODD("a delimiter in the header",
        MIXED "--b\r\nContent-Transfer-Encoding: base64\r\n--b--\r\n" BASE64 "\r\n--b--\r\n"),
    ODD("a delimiter in the header, and more of it",
        MIXED "--b\r\nContent-Transfer-Encoding: base64\r\n--x\r\nabc\r\n\r\n" BASE64 "\r\n--b--\r\n"),
    ODD("control characters before the colon", "Content-Transfer-Encoding\0\v: base64\r\n\r\n" BASE64),
    ODD("folded before the colon", "Content-Transfer-Encoding\r\n : base64\r\n\r\n" BASE64),
    ODD("quoted-printable", "Content-Transfer-Encoding: quoted-printable\r\n\r\nmar=\r\nker=2d47=  \r\n11"),
    ODD("quoted-printable, with blanks at the ends of lines that do not count",
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nmarker=2D=\r\n4711 \t"),
    ODD("base64 twice", "Content-Transfer-Encoding: base64\r\n\r\n"
                        "Q29udGVudC1UcmFuc2Zlci1FbmNvZGluZzogYmFzZTY0CgpiV0Z5YTJWeUxUUTNNVEU9Cg=="),
    ODD("uuencode", "Subject: x\r\n\r\nbegin 644 a.bin\r\n+;6%R:V5R+30W,3$ \r\n`\r\nend\r\n"),
    ODD("uuencode in other letters",
        "Subject: x\r\n\r\nbegin 644 a.bin\r\n+{v%R:V5R+30W,3$ \r\n`\r\nend\r\n"),
    ODD("declared uuencode", "Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin x\r\n+;6%R:V5R+30W,3$ \r\n"),
    ODD("declared uuencode without a first line",
        "Content-Transfer-Encoding: uue\r\n\r\n+;6%R:V5R+30W,3$ \r\n`\r\nend\r\n"),
    ODD("uuencode in base64", "Content-Transfer-Encoding: base64\r\n\r\n"
                              "YmVnaW4gNjQ0IGEuYmluCis7NiVSOlY1UiszMFcsMyQgCmAKZW5kCg=="),
    ODD("begin-base64", "\r\nbegin-base64 644 a\r\n" BASE64 "\r\n====\r\n"),
    ODD("yEnc",
        "Subject: x\r\n\r\n=ybegin line=128 size=11 name=a\r\n\x97\x8b\x9c\x95\x8f\x9cW^a[[\r\n=yend\r\n"),
    ODD("data: URL",
        "Content-Type: text/html\r\n\r\n<a href=\"data:application/zip;base64," BASE64 "\">x</a>"),
    ODD("data: URL, percent", "Content-Type: text/html\r\n\r\n<a href='data:text/plain,marker%2D4711'>"),
    ODD("data: URL in capitals",
        "Content-Type: text/html\r\n\r\n<a href=\"DATA:application/zip;Base64," BASE64 "\">"),
    ODD("UTF-16 without a mark, in base64",
        "Content-Type: text/plain; charset=utf-16le\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\nbQBhAHIAawBlAHIALQA0ADcAMQAxAA==\r\n"),
    ODD("UTF-7 in quoted-printable",
        "Content-Type: text/plain; charset=utf-7\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nmar=2BAGs-er+AC0-4711"),
    ODD("byte order mark after a delimiter",
        MIXED "--b\r\n\xef\xbb\xbf"
              "Content-Transfer-Encoding: base64\r\n\r\n" BASE64 "\r\n--b--\r\n"),
    ODD("blanks before the first field",
        MIXED "--b\r\n\t Content-Transfer-Encoding: base64\r\n\r\n" BASE64 "\r\n--b--\r\n"),
    ODD("named, without an encoding",
        MIXED "--b\r\nContent-Type: text/plain; name=a\r\n\r\n" MARKER "\r\n--b--\r\n"),
    ODD("by disposition", MIXED "--b\r\nContent-Disposition: attachment\r\n\r\n" MARKER "\r\n--b--\r\n"),
    ODD("UTF-7", "Content-Type: text/plain; charset=\"utf-7\"\r\n\r\nmar+AGs-er+AC0-4711"),
    ODD("UTF-16",
        "Content-Type: text/plain; charset=UTF-16LE\r\n\r\nm\0a\0r\0k\0e\0r\0-\0004\0007\0001\0001\0"),
    ODD("UTF-16 in base64", "Content-Transfer-Encoding: base64\r\n\r\n/v8AbQBhAHIAawBlAHIALQA0ADcAMQAx"),
    ODD("S/MIME", "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                  "MDAGCSqGSIb3DQEHAqAjMCECAQExADAaBgkqhkiG9w0BBwGgDQQLbWFya2VyLTQ3MTE="),
    ODD("TNEF", "Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                "eJ8+IgEAAQaQCAAEAAAAAAABAAEAAgKQBgAOAAAAAAAAAAAAAAAAAAAAAAAAAAIQgAEABgAAAEEu\r\n"
                "QklOAEgBAg+ABgALAAAAbWFya2VyLTQ3MTF8AwIFkAYAOAAAAAIAAAADAAU3AQAAAB8ABzcBAAAA\r\n"
                "IAAAAGEAIABsAG8AbgBnACAAbgBhAG0AZQAuAGIAaQBuAAAAGQY=\r\n"),
    ODD("TNEF of another type",
        "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "eJ8+IgEAAQaQCAAEAAAAAAABAAEAAgKQBgAOAAAAAAAAAAAAAAAAAAAAAAAAAAIQgAEABgAAAEEu\r\n"
        "QklOAEgBAg+ABgALAAAAbWFya2VyLTQ3MTF8AwIFkAYAOAAAAAIAAAADAAU3AQAAAB8ABzcBAAAA\r\n"
        "IAAAAGEAIABsAG8AbgBnACAAbgBhAG0AZQAuAGIAaQBuAAAAGQY=\r\n"),
    ODD("TNEF, binary property",
        "Content-Type: application/vnd.ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "eJ8+IgEAAQaQCAAEAAAAAAABAAEAAgKQBgAOAAAAAAAAAAAAAAAAAAAAAAAAAAIFkAYAMAAAAAIA\r\n"
        "AAAeAAc3AQAAAAgAAABhYmMuYmluAAIBATcBAAAACwAAAG1hcmtlci00NzExALcG\r\n"),
    ODD("TNEF, object", "Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                        "eJ8+IgEAAQaQCAAEAAAAAAABAAEAAgKQBgAOAAAAAAAAAAAAAAAAAAAAAAAAAAIFkAYAQAAAAAIA\r\n"
                        "AAAeAAc3AQAAAAgAAABhYmMuYmluAA0AATcBAAAAGwAAAAsAAAAAAAAAwAAAAAAAAEZtYXJrZXIt\r\n"
                        "NDcxMQDiBw==\r\n"),
    ODD("TNEF, message within",
        "Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "eJ8+IgEAAQaQCAAEAAAAAAABAAEAAgKQBgAOAAAAAAAAAAAAAAAAAAAAAAAAAAIFkAYAzAAAAAIA\r\n"
        "AAAeAAc3AQAAAAgAAABhYmMuYmluAA0AATcBAAAAqAAAAAcDAgAAAAAAwAAAAAAAAEZ4nz4iAQAB\r\n"
        "BpAIAAQAAAAAAAEAAQACApAGAA4AAAAAAAAAAAAAAAAAAAAAAAAAAhCAAQAGAAAAQS5CSU4ASAEC\r\n"
        "D4AGAAsAAABtYXJrZXItNDcxMXwDAgWQBgA4AAAAAgAAAAMABTcBAAAAHwAHNwEAAAAgAAAAYQAg\r\n"
        "AGwAbwBuAGcAIABuAGEAbQBlAC4AYgBpAG4AAAAZBo0V\r\n"),
    ODD("TNEF, RTF", "Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                     "eJ8+IgEAAQaQCAAEAAAAAAABAAEAAQOQBgAwAAAAAQAAAAIBCRABAAAAHwAAABsAAAALAAAATFpG\r\n"
                     "dTr3Ol0AbWFya2VyLTQINzExDaAAvQc=\r\n"),
    ODD("TNEF, UTF-16", "Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                        "eJ8+IgEAAQaQCAAEAAAAAAABAAEAAQOQBgAoAAAAAQAAAB8AABABAAAAFgAAAG0AYQByAGsAZQBy\r\n"
                        "AC0ANAA3ADEAMQAAAMMD\r\n"),
    ODD("TNEF without an encoding",
        "Content-Type: application/ms-tnef\r\n\r\n"
        "x\237>"
        "\042\001\000\001\006\220\010\000\004\000\000\000\000\000\001\000\001\000\002\002\220\006\000\016\000"
        "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\002\020\200\001\000\006\000"
        "\000\000A.BIN\000H\001\002\017\200\006\000\013\000\000\000marker-4711|"
        "\003\002\005\220\006\0008\000\000\000\002\000\000\000\003\000\0057\001\000\000\000\037\000\0077\001"
        "\000\000\000 \000\000\000a\000 \000l\000o\000n\000g\000 "
        "\000n\000a\000m\000e\000.\000b\000i\000n\000\000\000\031\006"),
    ODD("S/MIME, of indefinite length",
        "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "MIAGCSqGSIb3DQEHAqCAMIACAQExADCABgkqhkiG9w0BBwGggCSABAZtYXJrZXIEBS00NzExAAAAAAAAAAAAAAAA"),
#undef ODD
};

static void the_content_is_reported(void **state)
{
    unsigned missed = 0;

    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct search search = {.wanted = SPAN(MARKER)};
        enum mime_parts_result result = search_with(&search, odd[i].message, &limits);

        if (search.found && result == MIME_PARTS_ALL)
            continue;
        print_error("%s: %u of %u contents, result %d\n", odd[i].name, search.found, search.count, result);
        missed++;
    }
    assert_int_equal(missed, 0);
}

static void a_prefix_of_a_message_is_searched_without_over_reading(void **state)
{
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        for (size_t n = 0; n < odd[i].message.n; n++)
            search_with(&(struct search){.wanted = SPAN("?")}, span_first(odd[i].message, n), &limits);
}

static void a_field_within_a_long_line_counts(void **state)
{
    struct buf message = {0};
    struct search search = {.wanted = SPAN(MARKER)};

    buf_add(&message, SPAN("Content-Type: text/plain\r\nX-A: "));
    for (int i = 0; i < 1000; i++)
        buf_add_char(&message, 'x');
    buf_add(&message, SPAN("Content-Transfer-Encoding: base64\r\n\r\n" BASE64 "\r\n"));
    search_with(&search, buf_span(&message), &limits);
    assert_int_equal(search.found, 1);
    buf_fini(&message);
}

static void what_is_attached_ends_before_its_delimiter(void **state)
{
    struct span message = SPAN(
        MIXED "--b\r\nContent-Disposition: attachment\r\n\r\none\r\n-- \r\ntwo\r\n--b\r\n" TEXT "--b--\r\n");
    struct search whole = {.wanted = SPAN("one\r\n-- \r\ntwo")}, cut = {.wanted = SPAN("one")};

    search_with(&whole, message, &limits);
    search_with(&cut, message, &limits);
    assert_int_equal(whole.found, 1);
    assert_int_equal(cut.found, 1);
    assert_string_equal(cut.how, "attachment");
}

/* Engines see text and structure in the message itself. */
static void nothing_is_reported_of_a_message_without_attachments(void **state)
{
    struct search search = {.wanted = SPAN("?")};

    assert_int_equal(search_with(&search, SPAN(MIXED "--b\r\n" TEXT "--b--\r\n"), &limits), MIME_PARTS_ALL);
    assert_int_equal(search_with(&search, SPAN(""), &limits), MIME_PARTS_ALL);
    assert_int_equal(search.count, 0);
}

static void a_part_that_is_elsewhere_is_reported(void **state)
{
    struct search search = {.wanted = SPAN("?")};

    assert_int_equal(
        search_with(&search, SPAN("Content-Type: message/External-Body; access-type=URL\r\n\r\n"), &limits),
        MIME_PARTS_EXTERNAL);
}

static enum mime_parts_result search_tnef(struct search *search, struct span lines)
{
    struct buf message = {0};
    enum mime_parts_result result;

    *search = (struct search){.wanted = SPAN(MARKER)};
    buf_add(&message, SPAN("Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
    buf_add(&message, lines);
    result = search_with(search, buf_span(&message), &limits);
    buf_fini(&message);
    return result;
}

/* The content that was found is reported all the same. */
static void damaged_tnef_is_reported(void **state)
{
    struct search search;

    assert_int_equal(search_tnef(&search, SPAN("eJ8+IgEAAg+ABgALAAAAbWFya2VyLTQ3MTF8AwI=")),
                     MIME_PARTS_DAMAGED);
    assert_int_equal(search.found, 1);
    assert_int_equal(search_tnef(&search, SPAN("eJ8+IgEAAg+ABgANAAAAbWFya2VyLTQ3MTE=")), MIME_PARTS_DAMAGED);
    assert_int_equal(search.found, 1);
    assert_int_equal(search_tnef(&search, SPAN(BASE64)), MIME_PARTS_DAMAGED);
    assert_int_equal(search_tnef(&search, SPAN("eJ8+IgEA")), MIME_PARTS_DAMAGED);
    assert_int_equal(
        search_tnef(&search, SPAN("eJ8+IgEAAQaQCAAEAAAAAAABAAEAAgWQBgAMAAAAAQAAAAMABTcCAAAAQgA=")),
        MIME_PARTS_EXTERNAL);
}

/* A message with a field of that length, of letters, before the text. */
static enum mime_parts_result search_long_field(struct search *search, struct span field, size_t n,
                                                struct span text)
{
    struct buf message = {0};
    enum mime_parts_result result;

    buf_add(&message, field);
    for (size_t i = 0; i < n; i++)
        buf_add_char(&message, i % 70 ? 'x' : '-');
    buf_add(&message, text);
    result = search_with(search, buf_span(&message), &limits);
    buf_fini(&message);
    return result;
}

/* Text that quotes a mail with blanks before each line continues a field that it quotes. */
static void a_long_value_says_only_what_it_says(void **state)
{
    const struct span lines = SPAN(MIXED "--b\r\n Content-Type: a/b;\r\n ");
    struct search search = {.wanted = SPAN(MARKER)};

    for (size_t n = 900; n < 1200; n += 7)
        assert_int_equal(search_long_field(&search, lines, n, SPAN("\r\n")), MIME_PARTS_ALL);
    for (size_t n = 900; n < 1200; n++) {
        search = (struct search){.wanted = SPAN(MARKER)};
        assert_int_equal(search_long_field(&search, lines, n, SPAN(" message/external-body\r\n")),
                         MIME_PARTS_EXTERNAL);
        search_long_field(&search, SPAN("Content-Transfer-Encoding: "), n,
                          SPAN(" base64\r\n\r\n" BASE64 "\r\n"));
        assert_int_equal(search.found, 1);
    }
}

static void limits_are_kept(void **state)
{
    struct span message = SPAN(MIXED PART PART PART "--b--\r\n");
    struct search search = {.wanted = SPAN(MARKER)};

    assert_int_equal(search_with(&search, message, &(struct mime_parts_limits){33, 3, 1}), MIME_PARTS_ALL);
    assert_int_equal(search.count, 3);
    assert_int_equal(search_with(&search, message, &(struct mime_parts_limits){32, 3, 1}),
                     MIME_PARTS_TOO_MANY);
    assert_int_equal(search_with(&search, message, &(struct mime_parts_limits){33, 2, 1}),
                     MIME_PARTS_TOO_MANY);
    assert_int_equal(search_with(&search, message, &(struct mime_parts_limits){33, 3, 0}),
                     MIME_PARTS_TOO_MANY);
}

/* Nine messages, each within the one before. */
static void messages_in_tnef_are_bounded(void **state)
{
    struct search search = {.wanted = SPAN(MARKER)};
    struct span message = SPAN(
        "Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "eJ8+IgEAAQaQCAAEAAAAAAABAAEAAgKQBgAOAAAAAAAAAAAAAAAAAAAAAAAAAAIFkAYA3AMAAAIAAAAeAAc3AQAAAAgAAABhYmMu"
        "YmluAA0AATcBAAAAtQMAAAcDAgAAAAAAwAAAAAAAAEZ4nz4iAQABBpAIAAQAAAAAAAEAAQACApAGAA4AAAAAAAAAAAAAAAAAAAAA"
        "AAAAAgWQBgBsAwAAAgAAAB4ABzcBAAAACAAAAGFiYy5iaW4ADQABNwEAAABFAwAABwMCAAAAAADAAAAAAAAARnifPiIBAAEGkAgA"
        "BAAAAAAAAQABAAICkAYADgAAAAAAAAAAAAAAAAAAAAAAAAACBZAGAPwCAAACAAAAHgAHNwEAAAAIAAAAYWJjLmJpbgANAAE3AQAA"
        "ANUCAAAHAwIAAAAAAMAAAAAAAABGeJ8+IgEAAQaQCAAEAAAAAAABAAEAAgKQBgAOAAAAAAAAAAAAAAAAAAAAAAAAAAIFkAYAjAIA"
        "AAIAAAAeAAc3AQAAAAgAAABhYmMuYmluAA0AATcBAAAAZQIAAAcDAgAAAAAAwAAAAAAAAEZ4nz4iAQABBpAIAAQAAAAAAAEAAQAC"
        "ApAGAA4AAAAAAAAAAAAAAAAAAAAAAAAAAgWQBgAcAgAAAgAAAB4ABzcBAAAACAAAAGFiYy5iaW4ADQABNwEAAAD1AQAABwMCAAAA"
        "AADAAAAAAAAARnifPiIBAAEGkAgABAAAAAAAAQABAAICkAYADgAAAAAAAAAAAAAAAAAAAAAAAAACBZAGAKwBAAACAAAAHgAHNwEA"
        "AAAIAAAAYWJjLmJpbgANAAE3AQAAAIUBAAAHAwIAAAAAAMAAAAAAAABGeJ8+IgEAAQaQCAAEAAAAAAABAAEAAgKQBgAOAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAIFkAYAPAEAAAIAAAAeAAc3AQAAAAgAAABhYmMuYmluAA0AATcBAAAAFQEAAAcDAgAAAAAAwAAAAAAAAEZ4"
        "nz4iAQABBpAIAAQAAAAAAAEAAQACApAGAA4AAAAAAAAAAAAAAAAAAAAAAAAAAgWQBgDMAAAAAgAAAB4ABzcBAAAACAAAAGFiYy5i"
        "aW4ADQABNwEAAACoAAAABwMCAAAAAADAAAAAAAAARnifPiIBAAEGkAgABAAAAAAAAQABAAICkAYADgAAAAAAAAAAAAAAAAAAAAAA"
        "AAACEIABAAYAAABBLkJJTgBIAQIPgAYACwAAAG1hcmtlci00NzExfAMCBZAGADgAAAACAAAAAwAFNwEAAAAfAAc3AQAAACAAAABh"
        "ACAAbABvAG4AZwAgAG4AYQBtAGUALgBiAGkAbgAAABkGjRUAAAC/HgAAAA0oAAAAkzEAAACKOgAAAGFEAAAA+k0AAAAWWA==");

    assert_int_equal(search_with(&search, message, &(struct mime_parts_limits){1 << 20, 1000, 10}),
                     MIME_PARTS_ALL);
    assert_int_equal(search.found, 1);
    search = (struct search){.wanted = SPAN(MARKER)};
    assert_int_equal(search_with(&search, message, &(struct mime_parts_limits){1 << 20, 1000, 9}),
                     MIME_PARTS_TOO_MANY);
}

static bool look_at_names(void *context, const struct mime_part *part)
{
    unsigned *found = context;

    *found += span_eq(part->content, SPAN(MARKER)) && span_eq(part->title, SPAN("A.BIN")) &&
              span_eq(part->name, SPAN("a long name.bin"));
    return true;
}

static void names_in_tnef_are_reported(void **state)
{
    unsigned found = 0;

    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        if (strcmp(odd[i].name, "TNEF") == 0)
            mime_parts(odd[i].message, &limits, look_at_names, &found);
    assert_int_equal(found, 1);
}

static void the_callback_can_stop(void **state)
{
    struct search search = {.wanted = SPAN(MARKER), .stop_at = 2};

    assert_int_equal(search_with(&search, SPAN(MIXED PART PART PART "--b--\r\n"), &limits),
                     MIME_PARTS_STOPPED);
    assert_int_equal(search.count, 2);
}

/* 20,000 parts, each nested in the one before, all with the same delimiter. */
static void nesting_costs_no_stack(void **state)
{
    struct mime_parts_limits most = {1 << 20, 20000, 8};
    struct search search = {.wanted = SPAN(MARKER)};
    struct buf message = {0};

    for (int i = 0; i < 20000; i++)
        buf_add(&message, SPAN("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"));
    buf_add(&message, SPAN(ATTACHED BASE64 "\r\n--b--\r\n"));
    assert_int_equal(search_with(&search, buf_span(&message), &most), MIME_PARTS_ALL);
    assert_int_equal(search.found, 1);
    buf_fini(&message);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_content_is_reported),
        cmocka_unit_test(a_prefix_of_a_message_is_searched_without_over_reading),
        cmocka_unit_test(a_field_within_a_long_line_counts),
        cmocka_unit_test(what_is_attached_ends_before_its_delimiter),
        cmocka_unit_test(nothing_is_reported_of_a_message_without_attachments),
        cmocka_unit_test(a_part_that_is_elsewhere_is_reported),
        cmocka_unit_test(damaged_tnef_is_reported),
        cmocka_unit_test(messages_in_tnef_are_bounded),
        cmocka_unit_test(names_in_tnef_are_reported),
        cmocka_unit_test(a_long_value_says_only_what_it_says),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(the_callback_can_stop),
        cmocka_unit_test(nesting_costs_no_stack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
