/* Requests for the page: whole, octet by octet, and what is not one. */
#include "page/page_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static const struct row {
    const char *text;
    enum page_route route;
    bool is_head;
} rows[] = {
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", PAGE_HOME, false},
    {"HEAD / HTTP/1.0\r\n\r\n", PAGE_HOME, true},
    {"\r\nGET / HTTP/1.1\r\n\r\n", PAGE_HOME, false},
    {"GET / HTTP/1.1\nHost: a\n\n", PAGE_HOME, false},
    {"GET /?x HTTP/1.1\r\n\r\n", PAGE_HOME, false},
    {"GET http://192.0.2.1:80/postern.pem HTTP/1.1\r\n\r\n", PAGE_PEM, false},
    {"GET HTTP://proxy.example HTTP/1.1\r\n\r\n", PAGE_HOME, false},
    {"GET /postern.pem HTTP/1.1\r\n\r\n", PAGE_PEM, false},
    {"GET /postern.crt?1 HTTP/1.1\r\n\r\n", PAGE_DER, false},
    {"HEAD /postern.mobileconfig HTTP/1.1\r\n\r\n", PAGE_PROFILE, true},
    {"GET /postern HTTP/1.1\r\n\r\n", PAGE_UNKNOWN, false},
    {"GET //postern.pem HTTP/1.1\r\n\r\n", PAGE_UNKNOWN, false},
    {"GET * HTTP/1.1\r\n\r\n", PAGE_UNKNOWN, false},
    {"POST / HTTP/1.1\r\n\r\n", PAGE_NOT_ALLOWED, false},
    {"get / HTTP/1.1\r\n\r\n", PAGE_NOT_ALLOWED, false},
    {"OPTIONS * HTTP/1.1\r\n\r\n", PAGE_NOT_ALLOWED, false},
    {"GET /\r\n\r\n", PAGE_BAD, false},
    {"GET / HTTP/2.0\r\n\r\n", PAGE_BAD, false},
    {"GET / HTTP/1.1 \r\n\r\n", PAGE_BAD, false},
    {"GET  / HTTP/1.1\r\n\r\n", PAGE_BAD, false},
    {"x\r\n\r\n", PAGE_BAD, false},
    {" / HTTP/1.1\r\n\r\n", PAGE_BAD, false},
};

enum { ROWS = sizeof rows / sizeof *rows };

static void each_request_has_its_route(void **state)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct page_request request;

        assert_true(page_request_read(span_of(rows[i].text), &request));
        assert_int_equal(request.route, rows[i].route);
        assert_int_equal(request.is_head, rows[i].is_head);
    }
}

static void a_part_is_no_request(void **state)
{
    for (size_t i = 0; i < ROWS; i++)
        for (size_t n = 0; n < strlen(rows[i].text); n++) {
            struct page_request request;

            assert_false(page_request_read(span_first(span_of(rows[i].text), n), &request));
        }
}

static void a_head_that_does_not_end_is_too_large(void **state)
{
    static char text[PAGE_HEAD_MAX + 1];
    struct page_request request;

    memset(text, 'a', sizeof text);
    assert_false(page_request_read((struct span){text, PAGE_HEAD_MAX}, &request));
    assert_true(page_request_read((struct span){text, sizeof text}, &request));
    assert_int_equal(request.route, PAGE_TOO_LARGE);
}

static void empty_lines_are_not_endless(void **state)
{
    static char text[PAGE_HEAD_MAX + 1];
    struct page_request request;

    memset(text, '\n', sizeof text);
    assert_false(page_request_read((struct span){text, PAGE_HEAD_MAX}, &request));
    assert_true(page_request_read((struct span){text, sizeof text}, &request));
    assert_int_equal(request.route, PAGE_TOO_LARGE);
}

static void a_reply_has_the_length_of_its_body(void **state)
{
    struct buf out = {0};

    page_reply_add(&(struct page_request){PAGE_DER, false}, (struct span){"\0x", 2}, &out);
    assert_non_null(strstr(buf_c_str(&out), "\r\nContent-Length: 2\r\n"));
    assert_true(span_ends(buf_span(&out), (struct span){"\r\n\r\n\0x", 6}));
    buf_clear(&out);
    page_reply_add(&(struct page_request){PAGE_DER, true}, (struct span){"\0x", 2}, &out);
    assert_non_null(strstr(buf_c_str(&out), "\r\nContent-Length: 2\r\n"));
    assert_true(span_ends(buf_span(&out), SPAN("\r\n\r\n")));
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_has_its_route),
        cmocka_unit_test(a_part_is_no_request),
        cmocka_unit_test(a_head_that_does_not_end_is_too_large),
        cmocka_unit_test(empty_lines_are_not_endless),
        cmocka_unit_test(a_reply_has_the_length_of_its_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
