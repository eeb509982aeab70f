#include "base/buf.h"
#include "tls/tls_hello.h"
#include "tests/unit/cuts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static const char *corpus; /* a directory with hellos of real clients */

/* Parts of a hello that is made here; an empty `extensions` with has_block false: no block of them at all. */
struct made {
    uint16_t version;
    struct span session_id, suites, compressions;
    struct buf extensions;
    bool has_no_block;
};

static struct made ordinary(void)
{
    return (struct made){0x0303, SPAN(""), SPAN("\xc0\x2b\xc0\x2f"), SPAN("\0"), {0}, false};
}

static void add_number(struct buf *out, size_t number, unsigned octets)
{
    while (octets--)
        buf_add_char(out, (char)(number >> 8 * octets));
}

static void add_vector(struct buf *out, struct span bytes, unsigned length_octets)
{
    add_number(out, bytes.n, length_octets);
    buf_add(out, bytes);
}

static void add_extension(struct made *made, uint16_t type, struct span bytes)
{
    add_number(&made->extensions, type, 2);
    add_vector(&made->extensions, bytes, 2);
}

static void add_server_name(struct made *made, struct span name)
{
    struct buf entry = {0}, list = {0};

    buf_add_char(&entry, 0);
    add_vector(&entry, name, 2);
    add_vector(&list, buf_span(&entry), 2);
    add_extension(made, 0, buf_span(&list));
    buf_fini(&entry);
    buf_fini(&list);
}

static void make_message(const struct made *made, struct buf *out)
{
    struct buf body = {0};

    add_number(&body, made->version, 2);
    for (int i = 0; i < 32; i++)
        buf_add_char(&body, (char)i);
    add_vector(&body, made->session_id, 1);
    add_vector(&body, made->suites, 2);
    add_vector(&body, made->compressions, 1);
    if (!made->has_no_block)
        add_vector(&body, buf_span(&made->extensions), 2);
    buf_add_char(out, 1);
    add_vector(out, buf_span(&body), 3);
    buf_fini(&body);
}

/* Cuts the message into records of this size. */
static void add_records(struct buf *out, struct span message, size_t size)
{
    for (; message.n; message = span_from(message, size)) {
        buf_add(out, SPAN("\x16\x03\x01"));
        add_vector(out, span_first(message, size), 2);
    }
}

static enum tls_hello_result parse_exact(struct span bytes, struct tls_hello *hello)
{
    char *exact = malloc(bytes.n ? bytes.n : 1);
    enum tls_hello_result result;

    if (bytes.n)
        memcpy(exact, bytes.p, bytes.n);
    result = tls_hello_parse((struct span){exact, bytes.n}, hello);
    free(exact);
    return result;
}

struct feeding {
    struct buf bytes;
    struct tls_hello hello;
    enum tls_hello_result result;
};

static void feed(void *context, struct span piece)
{
    struct feeding *feeding = context;
    enum tls_hello_result before = feeding->result;

    buf_add(&feeding->bytes, piece);
    feeding->result = parse_exact(buf_span(&feeding->bytes), &feeding->hello);
    if (before != TLS_HELLO_MORE)
        assert_int_equal(feeding->result, before);
}

/* Parses the bytes whole, one by one and cut at random. */
static enum tls_hello_result parse_cut(struct span bytes, struct tls_hello *hello)
{
    enum tls_hello_result result = parse_exact(bytes, hello);

    for (unsigned mode = 0; mode < CUTS_MODES; mode++) {
        struct feeding feeding = {.result = TLS_HELLO_MORE};

        cuts_feed(bytes, mode, feed, &feeding);
        assert_int_equal(feeding.result, result);
        if (result == TLS_HELLO_COMPLETE)
            assert_memory_equal(&feeding.hello, hello, sizeof *hello);
        buf_fini(&feeding.bytes);
    }
    return result;
}

/* Parses what was made, in one record and in records of many sizes, and frees it. */
static enum tls_hello_result parse_made(struct made *made, struct tls_hello *hello)
{
    static const size_t sizes[] = {1, 2, 3, 4, 5, 37, 38, 100};
    struct buf message = {0}, bytes = {0};
    enum tls_hello_result result;

    make_message(made, &message);
    add_records(&bytes, buf_span(&message), TLS_HELLO_MAX);
    result = parse_cut(buf_span(&bytes), hello);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct tls_hello again;

        buf_clear(&bytes);
        add_records(&bytes, buf_span(&message), sizes[i]);
        assert_int_equal(parse_cut(buf_span(&bytes), &again), result);
        if (result == TLS_HELLO_COMPLETE) {
            assert_int_equal(again.octets, bytes.n);
            again.octets = hello->octets;
            assert_memory_equal(&again, hello, sizeof again);
        }
    }
    buf_fini(&message);
    buf_fini(&bytes);
    buf_fini(&made->extensions);
    return result;
}

static struct tls_hello read_file(const char *name)
{
    char path[512], bytes[4096];
    struct tls_hello hello;
    FILE *file;
    size_t n;

    snprintf(path, sizeof path, "%s/%s", corpus, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_int_equal(parse_cut((struct span){bytes, n}, &hello), TLS_HELLO_COMPLETE);
    assert_int_equal(hello.octets, n);
    return hello;
}

static void reads_the_hellos_of_real_clients(void **state)
{
    static const struct {
        const char *file, *sni;
        uint16_t version_max;
        bool ecdsa, rsa, ech;
    } clients[] = {
        {"openssl_3_0", "pop.example.org", 0x0304, true, true, false},
        {"openssl_3_0_tls12", "pop.example.org", 0x0303, true, true, false},
        {"openssl_3_0_no_sni", "", 0x0304, true, true, false},
        {"openssl_3_0_rsa_only", "pop.example.org", 0x0303, false, true, false},
        {"openssl_3_0_p384_only", "pop.example.org", 0x0303, false, true, false},
        {"openssl_3_0_tls11", "pop.example.org", 0x0302, true, true, false},
        {"gnutls_3_7", "pop.example.org", 0x0304, true, true, false},
        {"gnutls_3_7_no_sni", "", 0x0304, true, true, false},
        {"gnutls_3_7_tls12", "pop.example.org", 0x0303, true, true, false},
        {"nss_3_87", "pop.example.org", 0x0304, true, true, false},
        {"nss_3_87_no_sni", "", 0x0304, true, true, false},
        {"nss_3_87_grease_ech", "pop.example.org", 0x0304, true, true, true},
        {"curl_7_88", "pop.example.org", 0x0304, true, true, false},
        {"curl_7_88_address", "", 0x0304, true, true, false},
        {"python_poplib", "localhost", 0x0304, true, true, false},
    };

    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
        struct tls_hello hello = read_file(clients[i].file);

        assert_string_equal(hello.sni, clients[i].sni);
        assert_int_equal(hello.has_sni, clients[i].sni[0] != '\0');
        assert_int_equal(hello.version_max, clients[i].version_max);
        assert_int_equal(hello.offers_tls13, clients[i].version_max == 0x0304);
        assert_int_equal(hello.offers_ecdsa_p256, clients[i].ecdsa);
        assert_int_equal(hello.offers_rsa, clients[i].rsa);
        assert_int_equal(hello.has_ech, clients[i].ech);
    }
}

static void reads_the_list_of_protocol_names(void **state)
{
    struct tls_hello hello = read_file("openssl_3_0_alpn");

    assert_int_equal(hello.alpn.n, 8);
    assert_memory_equal(hello.alpn.p, "\4pop3\2h2", 8);
    assert_int_equal(read_file("openssl_3_0").alpn.n, 0);
}

static void leaves_out_a_list_of_protocol_names_that_is_too_long(void **state)
{
    struct made made = ordinary();
    struct buf names = {0}, list = {0};
    struct tls_hello hello;

    for (int i = 0; i < 64; i++)
        buf_add(&names, SPAN("\3abc"));
    add_vector(&list, buf_span(&names), 2);
    add_extension(&made, 16, buf_span(&list));
    assert_int_equal(parse_made(&made, &hello), TLS_HELLO_COMPLETE);
    assert_int_equal(hello.alpn.n, 0);
    buf_fini(&names);
    buf_fini(&list);
}

static void a_hello_may_end_before_the_extensions(void **state)
{
    struct made made = ordinary();
    struct tls_hello hello;

    made.has_no_block = true;
    assert_int_equal(parse_made(&made, &hello), TLS_HELLO_COMPLETE);
    assert_int_equal(hello.version_max, 0x0303);
    assert_false(hello.has_sni);
    assert_false(hello.offers_tls13);
    assert_true(hello.offers_ecdsa_p256);
    assert_true(hello.offers_rsa);

    made = ordinary();
    made.version = 0x0301;
    assert_int_equal(parse_made(&made, &hello), TLS_HELLO_COMPLETE);
    assert_int_equal(hello.version_max, 0x0301);
}

static void ignores_values_that_are_unknown(void **state)
{
    struct made made = ordinary();
    struct tls_hello hello;

    made.suites = SPAN("\x1a\x1a\x13\x01");
    add_extension(&made, 0x2a2a, SPAN(""));
    add_extension(&made, 43, SPAN("\6\x3a\x3a\x7f\x1c\3\4"));
    add_extension(&made, 10, SPAN("\0\4\xca\xca\x11\xec"));
    add_extension(&made, 13, SPAN("\0\4\x5a\x5a\4\3"));
    add_server_name(&made, SPAN("POP.Example.org."));
    add_extension(&made, 0xfafa, SPAN("\0"));
    assert_int_equal(parse_made(&made, &hello), TLS_HELLO_COMPLETE);
    assert_string_equal(hello.sni, "pop.example.org");
    assert_int_equal(hello.version_max, 0x0304);
    assert_true(hello.offers_tls13);
    assert_true(hello.offers_ecdsa_p256); /* TLS 1.3: the key's curve is no matter of the groups */
    assert_false(hello.offers_rsa);
}

static void reads_a_hello_of_nearly_the_maximum_size(void **state)
{
    struct made made = ordinary();
    struct buf padding = {0};
    struct tls_hello hello;

    for (int i = 0; i < 14000; i++)
        buf_add_char(&padding, 0);
    add_extension(&made, 21, buf_span(&padding));
    add_server_name(&made, SPAN("pop.example.org"));
    {
        struct buf message = {0}, bytes = {0};

        make_message(&made, &message);
        add_records(&bytes, buf_span(&message), 1000);
        assert_int_equal(parse_exact(buf_span(&bytes), &hello), TLS_HELLO_COMPLETE);
        assert_int_equal(hello.octets, bytes.n);
        assert_string_equal(hello.sni, "pop.example.org");
        /* In records of one octet it exceeds the limit. */
        buf_clear(&bytes);
        add_records(&bytes, buf_span(&message), 1);
        assert_int_equal(parse_exact(span_first(buf_span(&bytes), TLS_HELLO_MAX - 1), &hello),
                         TLS_HELLO_MORE);
        assert_int_equal(parse_exact(span_first(buf_span(&bytes), TLS_HELLO_MAX), &hello),
                         TLS_HELLO_MALFORMED);
        assert_int_equal(parse_exact(buf_span(&bytes), &hello), TLS_HELLO_MALFORMED);
        buf_fini(&message);
        buf_fini(&bytes);
    }
    buf_fini(&padding);
    buf_fini(&made.extensions);
}

static void a_server_name_that_is_no_host_name_is_none(void **state)
{
    static const char *const names[] = {
        "192.0.2.1", "2001:db8::1", "*.example.org", "a b", "a\r\nb.org", "a_b.org", "."};
    struct tls_hello hello;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct made made = ordinary();

        add_server_name(&made, span_of(names[i]));
        assert_int_equal(parse_made(&made, &hello), TLS_HELLO_COMPLETE);
        assert_false(hello.has_sni);
        assert_true(hello.has_invalid_sni);
        assert_string_equal(hello.sni, "");
    }
    {
        struct made made = ordinary();

        add_server_name(&made, SPAN("pop.example.org\0.evil.org"));
        assert_int_equal(parse_made(&made, &hello), TLS_HELLO_COMPLETE);
        assert_true(hello.has_invalid_sni);
    }
}

static void expect_bad_extension(uint16_t type, struct span bytes)
{
    struct made made = ordinary();
    struct tls_hello hello;

    add_extension(&made, type, bytes);
    assert_int_equal(parse_made(&made, &hello), TLS_HELLO_MALFORMED);
}

static void refuses_malformed_extensions(void **state)
{
    expect_bad_extension(0, SPAN(""));
    expect_bad_extension(0, SPAN("\0\0"));
    expect_bad_extension(0, SPAN("\0\4\0\0\2a"));
    expect_bad_extension(0, SPAN("\0\3\0\0\0"));          /* an empty name */
    expect_bad_extension(0, SPAN("\0\4\1\0\1a"));         /* another type */
    expect_bad_extension(0, SPAN("\0\x8\0\0\1a\0\0\1b")); /* two names */
    expect_bad_extension(0, SPAN("\0\4\0\0\1a!"));        /* something after the list */
    expect_bad_extension(10, SPAN("\0\3\0\x17\0"));
    expect_bad_extension(10, SPAN("\0\0"));
    expect_bad_extension(13, SPAN("\0\2\4"));
    expect_bad_extension(16, SPAN("\0\3\4ab"));
    expect_bad_extension(16, SPAN("\0\1\0"));
    expect_bad_extension(43, SPAN("\3\3\4\3"));
    expect_bad_extension(43, SPAN("\0"));
}

static void refuses_an_extension_that_comes_twice(void **state)
{
    struct made made = ordinary();
    struct tls_hello hello;

    add_server_name(&made, SPAN("a.example.org"));
    add_server_name(&made, SPAN("b.example.org"));
    assert_int_equal(parse_made(&made, &hello), TLS_HELLO_MALFORMED);
    made = ordinary();
    add_extension(&made, 43, SPAN("\2\3\4"));
    add_extension(&made, 43, SPAN("\2\3\3"));
    assert_int_equal(parse_made(&made, &hello), TLS_HELLO_MALFORMED);
}

static void expect_bad_body(struct made made)
{
    struct tls_hello hello;

    assert_int_equal(parse_made(&made, &hello), TLS_HELLO_MALFORMED);
}

static void refuses_malformed_bodies(void **state)
{
    struct made made = ordinary();

    made.version = 0x0200;
    expect_bad_body(made);
    made = ordinary();
    made.session_id = SPAN("123456789012345678901234567890123");
    expect_bad_body(made);
    made = ordinary();
    made.suites = SPAN("");
    expect_bad_body(made);
    made.suites = SPAN("\xc0\x2b\xc0");
    expect_bad_body(made);
    made = ordinary();
    made.compressions = SPAN("");
    expect_bad_body(made);
}

static enum tls_hello_result result_of(struct span bytes)
{
    struct tls_hello hello;

    return parse_cut(bytes, &hello);
}

static void knows_what_is_not_tls(void **state)
{
    assert_int_equal(result_of(SPAN("USER fred\r\n")), TLS_HELLO_NOT_TLS);
    assert_int_equal(result_of(SPAN("\r\n")), TLS_HELLO_NOT_TLS);
    assert_int_equal(result_of(SPAN("\x16 is a control character")), TLS_HELLO_NOT_TLS);
    assert_int_equal(result_of(SPAN("\x80\x2e\x01\x00\x02")), TLS_HELLO_NOT_TLS); /* SSL 2 */
    assert_int_equal(result_of(SPAN("\x15\x03\x01\x00\x02\x02\x28")), TLS_HELLO_NOT_TLS);
    assert_int_equal(result_of(SPAN("")), TLS_HELLO_MORE);
    assert_int_equal(result_of(SPAN("\x16")), TLS_HELLO_MORE);
}

static void refuses_malformed_records(void **state)
{
    assert_int_equal(result_of(SPAN("\x16\3\1\0\0")), TLS_HELLO_MALFORMED);         /* empty */
    assert_int_equal(result_of(SPAN("\x16\3\1\x40\1")), TLS_HELLO_MALFORMED);       /* too long */
    assert_int_equal(result_of(SPAN("\x16\3\1\0\4\2\0\0\0")), TLS_HELLO_MALFORMED); /* a ServerHello */
    assert_int_equal(result_of(SPAN("\x16\3\1\0\4\1\0\x40\0")),
                     TLS_HELLO_MALFORMED); /* a message that is too long */
    assert_int_equal(result_of(SPAN("\x16\3\1\0\4\1\xff\xff\xff")), TLS_HELLO_MALFORMED);
    assert_int_equal(result_of(SPAN("\x16\3\1\0\1\1\x15\3\1\0\2\2\x28")),
                     TLS_HELLO_MALFORMED);                                          /* an alert inside */
    assert_int_equal(result_of(SPAN("\x16\3\1\0\4\1\0\0\0")), TLS_HELLO_MALFORMED); /* an empty message */
}

static void nothing_may_follow_the_hello_in_its_record(void **state)
{
    struct made made = ordinary();
    struct buf message = {0}, bytes = {0};
    struct tls_hello hello;

    make_message(&made, &message);
    buf_add_char(&message, 1);
    add_records(&bytes, buf_span(&message), TLS_HELLO_MAX);
    assert_int_equal(parse_cut(buf_span(&bytes), &hello), TLS_HELLO_MALFORMED);
    buf_fini(&message);
    buf_fini(&bytes);
}

static void what_follows_the_record_of_the_hello_is_not_read(void **state)
{
    struct made made = ordinary();
    struct buf message = {0}, bytes = {0};
    struct tls_hello hello;
    size_t octets;

    make_message(&made, &message);
    add_records(&bytes, buf_span(&message), 50);
    octets = bytes.n;
    buf_add(&bytes, SPAN("\x14\3\3\0\1\1 and early data"));
    assert_int_equal(parse_cut(buf_span(&bytes), &hello), TLS_HELLO_COMPLETE);
    assert_int_equal(hello.octets, octets);
    buf_fini(&message);
    buf_fini(&bytes);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_hellos_of_real_clients),
        cmocka_unit_test(reads_the_list_of_protocol_names),
        cmocka_unit_test(leaves_out_a_list_of_protocol_names_that_is_too_long),
        cmocka_unit_test(a_hello_may_end_before_the_extensions),
        cmocka_unit_test(ignores_values_that_are_unknown),
        cmocka_unit_test(reads_a_hello_of_nearly_the_maximum_size),
        cmocka_unit_test(a_server_name_that_is_no_host_name_is_none),
        cmocka_unit_test(refuses_malformed_extensions),
        cmocka_unit_test(refuses_an_extension_that_comes_twice),
        cmocka_unit_test(refuses_malformed_bodies),
        cmocka_unit_test(knows_what_is_not_tls),
        cmocka_unit_test(refuses_malformed_records),
        cmocka_unit_test(nothing_may_follow_the_hello_in_its_record),
        cmocka_unit_test(what_follows_the_record_of_the_hello_is_not_read),
    };

    corpus = argc == 2 ? argv[1] : "";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
