#include "mail/mime_tnef.h"
#include "base/buf.h"
#include "mail/mime_rtf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MESSAGE = 1, ATTACHMENT = 2, CONTENTS_MAX = 16 };
enum { DATA = 0x6800f, TITLE = 0x18010, BEGIN = 0x69002, MESSAGE_PROPERTIES = 0x69003, PROPERTIES = 0x69005 };
enum { INT16 = 2, INT32 = 3, OBJECT = 0x0d, STRING8 = 0x1e, UNICODE = 0x1f, GUID = 0x48, BINARY = 0x102 };

#define SIGNATURE "\x78\x9f\x3e\x22\x01\x00"
#define IID_MESSAGE "\7\3\2\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"
#define IID_OTHER "\x0b\0\0\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"

static void add_number(struct buf *out, uint32_t number, size_t octets)
{
    for (; octets; octets--, number >>= 8)
        buf_add_char(out, (char)(number & 0xff));
}

static void add_attribute(struct buf *out, int level, uint32_t id, struct span octets)
{
    buf_add_char(out, (char)level);
    add_number(out, id, 4);
    add_number(out, (uint32_t)octets.n, 4);
    buf_add(out, octets);
    add_number(out, 0, 2); /* the checksum is not compared */
}

static void add_tag(struct buf *out, unsigned type, unsigned id)
{
    add_number(out, type, 2);
    add_number(out, id, 2);
}

static void add_octets(struct buf *out, struct span octets)
{
    add_number(out, (uint32_t)octets.n, 4);
    buf_add(out, octets);
    add_number(out, 0, -octets.n & 3);
}

static void add_value(struct buf *out, unsigned type, unsigned id, struct span octets)
{
    add_tag(out, type, id);
    add_number(out, 1, 4);
    add_octets(out, octets);
}

/* The properties of an attachment: one of each shape before its content and its name. */
static void add_properties(struct buf *out, unsigned type, struct span content, struct span name)
{
    add_number(out, 8, 4);
    add_tag(out, INT16, 0x3001);
    add_number(out, 7, 4);
    add_tag(out, GUID, 0x3002);
    buf_add(out, SPAN(IID_OTHER));
    add_tag(out, INT32 | 0x1000, 0x3003);
    add_number(out, 2, 4);
    add_number(out, 1, 4);
    add_number(out, 2, 4);
    add_tag(out, BINARY | 0x1000, 0x3004);
    add_number(out, 2, 4);
    add_octets(out, SPAN("one"));
    add_octets(out, SPAN("three"));
    add_tag(out, INT32, 0x8001);
    buf_add(out, SPAN(IID_OTHER));
    add_number(out, 0, 4);
    add_number(out, 0x8233, 4);
    add_number(out, 5, 4);
    add_tag(out, INT32, 0x8002);
    buf_add(out, SPAN(IID_OTHER));
    add_number(out, 1, 4);
    add_octets(out, SPAN("n\0a\0m\0\0\0\0"));
    add_number(out, 5, 4);
    add_value(out, type, 0x3701, content);
    add_value(out, UNICODE, 0x3707, name);
}

static void add_attachment(struct buf *out, struct span title, struct span content)
{
    add_attribute(out, ATTACHMENT, BEGIN, SPAN("\1\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    if (title.n)
        add_attribute(out, ATTACHMENT, TITLE, title);
    add_attribute(out, ATTACHMENT, DATA, content);
}

static void add_attachment_of_properties(struct buf *out, unsigned type, struct span content)
{
    struct buf properties = {0};

    add_properties(&properties, type, content, SPAN("l\0o\0n\0g\0\"\0\xe4\0\0\0"));
    add_attribute(out, ATTACHMENT, BEGIN, SPAN("\1\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    add_attribute(out, ATTACHMENT, PROPERTIES, buf_span(&properties));
    buf_fini(&properties);
}

static struct buf begin_stream(void)
{
    struct buf stream = {0};

    buf_add(&stream, SPAN(SIGNATURE));
    add_attribute(&stream, MESSAGE, 0x89006, SPAN("\0\0\1\0"));
    return stream;
}

struct result {
    size_t count;
    struct mime_tnef_content contents[CONTENTS_MAX];
    struct mime_tnef tnef; /* at the last content */
    bool is_damaged;
};

static struct result read_stream(struct span stream)
{
    struct result result = {0};
    struct mime_tnef_content content;
    struct mime_tnef tnef;

    mime_tnef_init(&tnef, stream);
    while (mime_tnef_next(&tnef, &content)) {
        if (result.count < CONTENTS_MAX)
            result.contents[result.count] = content;
        result.count++;
        result.tnef = tnef;
    }
    result.is_damaged = tnef.is_damaged;
    return result;
}

static bool has_content(const struct result *result, struct span wanted)
{
    for (size_t i = 0; i < result->count; i++)
        if (span_eq(result->contents[i].octets, wanted))
            return true;
    return false;
}

static void assert_name(const struct mime_tnef_name *name, const char *expected)
{
    assert_true(span_eq((struct span){name->text, name->n}, span_of(expected)));
}

static void attachments_are_given_with_their_names(void **state)
{
    struct buf stream = begin_stream();
    struct result result;

    add_attachment(&stream, SPAN("FIRST.TXT\0"), SPAN("one"));
    add_attachment_of_properties(&stream, BINARY, SPAN("two"));
    assert_true(mime_tnef_is(buf_span(&stream)));
    result = read_stream(buf_span(&stream));
    assert_int_equal(result.count, 2);
    assert_true(has_content(&result, SPAN("one")) && has_content(&result, SPAN("two")));
    assert_int_equal(result.tnef.title.n, 0);
    assert_name(&result.tnef.long_name, "long__");
    assert_false(result.is_damaged);
    buf_fini(&stream);
}

static void a_name_may_follow_the_content(void **state)
{
    struct buf stream = begin_stream(), properties = {0};
    struct result result;

    add_attachment(&stream, (struct span){0}, SPAN("one"));
    add_number(&properties, 2, 4);
    add_value(&properties, STRING8, 0x3707, SPAN("long.exe\0"));
    add_value(&properties, STRING8, 0x3704, SPAN("SHORT.EXE\0"));
    add_attribute(&stream, ATTACHMENT, PROPERTIES, buf_span(&properties));
    add_attribute(&stream, ATTACHMENT, TITLE, SPAN("TITLE.EXE\0"));
    result = read_stream(buf_span(&stream));
    assert_int_equal(result.count, 1);
    assert_name(&result.tnef.title, "TITLE.EXE");
    assert_name(&result.tnef.long_name, "long.exe");
    buf_fini(&stream);
    buf_fini(&properties);
}

static void the_end_of_a_long_name_is_kept(void **state)
{
    struct buf stream = begin_stream(), name = {0};
    struct result result;

    for (int i = 0; i < 500; i++)
        buf_add_char(&name, 'x');
    buf_add(&name, SPAN(".exe\0\0"));
    add_attachment(&stream, buf_span(&name), SPAN("one"));
    result = read_stream(buf_span(&stream));
    assert_int_equal(result.tnef.title.n, MIME_TNEF_NAME_MAX);
    assert_memory_equal(result.tnef.title.text + MIME_TNEF_NAME_MAX - 5, "x.exe", 5);
    buf_fini(&stream);
    buf_fini(&name);
}

static void an_object_follows_its_interface(void **state)
{
    struct buf stream = begin_stream();
    struct result result;

    add_attachment_of_properties(&stream, OBJECT, SPAN(IID_OTHER "object"));
    add_attachment_of_properties(&stream, OBJECT, SPAN(IID_MESSAGE SIGNATURE));
    result = read_stream(buf_span(&stream));
    assert_true(has_content(&result, SPAN("object")) && has_content(&result, SPAN(SIGNATURE)));
    assert_false(result.is_damaged);
    add_attachment_of_properties(&stream, OBJECT, SPAN(IID_MESSAGE "no TNEF"));
    result = read_stream(buf_span(&stream));
    assert_true(has_content(&result, SPAN("no TNEF")) && result.is_damaged);
    buf_fini(&stream);
}

static void texts_of_the_message_are_given(void **state)
{
    struct buf stream = begin_stream(), properties = {0};
    struct result result;

    add_number(&properties, 2, 4);
    add_value(&properties, UNICODE, 0x1000, SPAN("t\0"));
    add_value(&properties, BINARY, 0x1009, SPAN("rtf"));
    add_attribute(&stream, MESSAGE, MESSAGE_PROPERTIES, buf_span(&properties));
    result = read_stream(buf_span(&stream));
    assert_int_equal(result.count, 2);
    assert_int_equal(result.contents[0].kind, MIME_TNEF_UTF16);
    assert_int_equal(result.contents[1].kind, MIME_TNEF_RTF);
    buf_fini(&stream);
    buf_fini(&properties);
}

static void an_attachment_elsewhere_is_external(void **state)
{
    static const struct {
        uint32_t method;
        bool is_external;
    } methods[] = {{0, false}, {1, false}, {2, true},  {3, true},
                   {4, true},  {5, false}, {6, false}, {7, true}};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct buf stream = begin_stream(), properties = {0};
        struct result result;

        add_number(&properties, 1, 4);
        add_tag(&properties, INT32, 0x3705);
        add_number(&properties, methods[i].method, 4);
        add_attribute(&stream, ATTACHMENT, PROPERTIES, buf_span(&properties));
        result = read_stream(buf_span(&stream));
        assert_int_equal(result.count, methods[i].is_external);
        assert_true(result.count == 0 || result.contents[0].kind == MIME_TNEF_EXTERNAL);
        buf_fini(&stream);
        buf_fini(&properties);
    }
}

static void padding_is_no_damage(void **state)
{
    struct buf stream = begin_stream();

    add_attachment(&stream, SPAN("A\0"), SPAN("one"));
    buf_add(&stream, SPAN("\r\n\0\0\0\0 some other text that follows"));
    assert_false(read_stream(buf_span(&stream)).is_damaged);
    buf_fini(&stream);
}

static void what_cannot_be_read_is_damage(void **state)
{
    static const struct {
        const char *name;
        struct span octets;
        bool is_found;
    } damaged[] = {
        {"an attribute longer than the stream",
         SPAN("\2\x0f\x80\6\0\xff\xff\xff\xff"
              "content"),
         true},
        {"the beginning of an attribute", SPAN("\2\x0f\x80"), false},
        {"a level that does not exist", SPAN("\3\x0f\x80\6\0\7\0\0\0content\0\0"), true},
        {"other octets before an attribute", SPAN("octets\2\x0f\x80\6\0\7\0\0\0content\0\0"), true},
        {"a property of an unknown type", SPAN("\1\3\x90\6\0\x8\0\0\0\1\0\0\0\x77\0\1\0\0\0"), false},
        {"a property that is missing", SPAN("\1\3\x90\6\0\4\0\0\0\1\0\0\0\0\0"), false},
        {"a number of properties that is cut", SPAN("\1\3\x90\6\0\2\0\0\0\1\0\0\0"), false},
        {"a value longer than its attribute",
         SPAN("\2\5\x90\6\0\x17\0\0\0\1\0\0\0\2\1\1\x37\1\0\0\0\xff\0\0\0content\0\0"), true},
        {"values without end", SPAN("\2\5\x90\6\0\x0c\0\0\0\1\0\0\0\3\x10\1\x30\xff\xff\xff\xff\0\0"), false},
        {"properties without end", SPAN("\2\5\x90\6\0\x08\0\0\0\xff\xff\xff\xff\3\x10\1\x30\0\0"), false},
    };

    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        struct buf stream = begin_stream();
        struct result result;

        buf_add(&stream, damaged[i].octets);
        result = read_stream(buf_span(&stream));
        if (!result.is_damaged || has_content(&result, SPAN("content")) != damaged[i].is_found)
            fail_msg("%s", damaged[i].name);
        buf_fini(&stream);
    }
    assert_true(read_stream(SPAN(SIGNATURE)).is_damaged);
    assert_true(read_stream(SPAN("\x78\x9f\x3e\x22")).is_damaged);
}

static struct buf make_whole(void)
{
    struct buf stream = begin_stream();

    add_attachment(&stream, SPAN("A\0"), SPAN("one"));
    add_attachment_of_properties(&stream, OBJECT, SPAN(IID_MESSAGE SIGNATURE));
    add_attachment_of_properties(&stream, BINARY, SPAN("two"));
    return stream;
}

/* In memory of exactly that size, so that a sanitizer sees an access beyond it. */
static struct result read_exact(struct span stream)
{
    char *copy = malloc(stream.n + !stream.n);
    struct result result;

    memcpy(copy, stream.p, stream.n);
    result = read_stream((struct span){copy, stream.n});
    free(copy);
    return result;
}

/* A cut stream is damaged, unless the cut is between two attributes or in the last checksum. */
static void a_cut_stream_is_damaged(void **state)
{
    struct buf stream = make_whole();
    size_t whole = 0;

    assert_false(read_exact(buf_span(&stream)).is_damaged);
    for (size_t n = 0; n < stream.n; n++)
        whole += !read_exact(span_first(buf_span(&stream), n)).is_damaged;
    assert_in_range(whole, 1, 3 * 8);
    buf_fini(&stream);
}

static void random_damage_is_no_crash(void **state)
{
    unsigned seed = 4711;

    for (int round = 0; round < 20000; round++) {
        struct buf stream = make_whole();
        size_t from;

        for (int i = round % 4; i >= 0; i--) {
            seed = seed * 1103515245u + 12345u;
            stream.p[seed / 65536 % stream.n] ^= (char)(1u << seed / 16384 % 8);
        }
        from = seed / 65536 % stream.n;
        read_exact(span_first(buf_span(&stream), from));
        assert_true(read_exact(buf_span(&stream)).count < 100);
        buf_fini(&stream);
    }
}

static void assert_rtf(struct span content, bool is_whole, struct span expected)
{
    struct buf out = {0};

    assert_int_equal(mime_rtf_decode(content, &out), is_whole);
    assert_true(span_eq(buf_span(&out), expected));
    buf_fini(&out);
}

/* The first two examples are those of [MS-OXRTFCP], 4.1 and 4.2. */
static void rtf_is_decompressed(void **state)
{
#define EXAMPLE                                                                                            \
    "\x2d\0\0\0\x2b\0\0\0\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42" \
    "\x32\x0a\xf3\x20\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0"
    const struct span example = SPAN(EXAMPLE),
                      text = SPAN("{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
    const struct span again = SPAN(
        "\x1a\0\0\0\x1c\0\0\0\x4c\x5a\x46\x75\xe2\xd4\x4b\x51\x41\x00\x04\x20\x57\x58\x59\x5a\x0d\x6e\x7d"
        "\x01\x0e\xb0");

    assert_rtf(example, true, text);
    assert_rtf(again, true, SPAN("{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"));
    assert_rtf(SPAN("\0\0\0\0\5\0\0\0MELA\0\0\0\0plain"), true, SPAN("plain"));
    assert_rtf(span_first(example, example.n - 2), true, text);
    assert_rtf(span_first(example, example.n - 4), false, span_first(text, text.n - 2));
    assert_rtf(SPAN("\0\0\0\0\5\0\0\0LZFX\0\0\0\0plain"), false, SPAN(""));
    for (size_t n = 0; n < example.n - 4; n++) {
        struct buf out = {0};

        assert_false(mime_rtf_decode(span_first(example, n), &out));
        buf_fini(&out);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(attachments_are_given_with_their_names),
        cmocka_unit_test(a_name_may_follow_the_content),
        cmocka_unit_test(the_end_of_a_long_name_is_kept),
        cmocka_unit_test(an_object_follows_its_interface),
        cmocka_unit_test(texts_of_the_message_are_given),
        cmocka_unit_test(an_attachment_elsewhere_is_external),
        cmocka_unit_test(padding_is_no_damage),
        cmocka_unit_test(what_cannot_be_read_is_damage),
        cmocka_unit_test(a_cut_stream_is_damaged),
        cmocka_unit_test(random_damage_is_no_crash),
        cmocka_unit_test(rtf_is_decompressed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
