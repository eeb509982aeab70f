/* tls_hello: the result depends on the bytes alone, and a prefix never has another final result. */
#include "tests/fuzz/fuzz.h"

#include "tls/tls_hello.h"
#include "tls/tls_names.h"

enum { HEADER = 5 };

static enum tls_hello_result parse(struct span bytes, struct tls_hello *hello)
{
    struct span exact = fuzz_exact(bytes);
    enum tls_hello_result result = tls_hello_parse(exact, hello);

    fuzz_free(exact);
    return result;
}

static void check_fields(const struct tls_hello *hello)
{
    struct span sni = span_of(hello->sni);

    must(hello->has_sni == (sni.n > 0));
    must(!hello->has_sni || tls_name_is_host(sni));
    must(!hello->has_sni || !hello->has_invalid_sni);
    must(hello->alpn.n <= TLS_HELLO_ALPN_MAX);
    must(hello->version_max <= TLS_VERSION_1_3);
    must(!hello->offers_tls13 || hello->version_max == TLS_VERSION_1_3);
    must(hello->octets <= TLS_HELLO_MAX);
}

static void check_prefix(struct span bytes, size_t n, enum tls_hello_result whole, size_t octets)
{
    struct tls_hello hello;
    enum tls_hello_result part = parse(span_first(bytes, n), &hello);

    must(part == TLS_HELLO_MORE || part == whole);
    must(whole != TLS_HELLO_COMPLETE || (part == TLS_HELLO_COMPLETE) == (n >= octets));
}

/* The same message in records of another size gives the same hello. */
static void check_cut(struct span bytes, const struct tls_hello *hello, size_t size)
{
    struct buf message = {0}, cut = {0};
    struct tls_hello again;

    for (struct span rest = span_first(bytes, hello->octets); rest.n;) {
        size_t length = (size_t)(uint8_t)rest.p[3] << 8 | (uint8_t)rest.p[4];

        buf_add(&message, span_first(span_from(rest, HEADER), length));
        rest = span_from(rest, HEADER + length);
    }
    for (struct span rest = buf_span(&message); rest.n; rest = span_from(rest, size)) {
        size_t length = rest.n < size ? rest.n : size;

        buf_add(&cut, SPAN("\x16\x03\x01"));
        buf_add_char(&cut, (char)(length >> 8));
        buf_add_char(&cut, (char)length);
        buf_add(&cut, span_first(rest, length));
    }
    if (cut.n <= TLS_HELLO_MAX) {
        must(parse(buf_span(&cut), &again) == TLS_HELLO_COMPLETE);
        must(again.octets == cut.n);
        again.octets = hello->octets;
        must(memcmp(&again, hello, sizeof again) == 0);
    }
    buf_fini(&message);
    buf_fini(&cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = fuzz_span(data, size);
    struct tls_hello hello;
    enum tls_hello_result result = parse(bytes, &hello);
    size_t step = size / 200 + 1;

    for (size_t n = 0; n < size; n += step)
        check_prefix(bytes, n, result, hello.octets);
    if (result == TLS_HELLO_COMPLETE) {
        check_fields(&hello);
        check_prefix(bytes, hello.octets, result, hello.octets);
        check_prefix(bytes, hello.octets - 1, result, hello.octets);
        check_cut(bytes, &hello, 1);
        check_cut(bytes, &hello, 1 + size % 97);
    }
    return 0;
}
