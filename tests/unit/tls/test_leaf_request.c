/* The request for a leaf: what the relay puts into it, and what the signer accepts. */
#include "tls/leaf_request.h"

#include "base/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define DAY INT64_C(86400)
#define NOW INT64_C(1800000000)

static const struct leaf_rules open_rules = {.bypass = "", .now_s = NOW};

static union inet_address address(const char *text)
{
    union inet_address result = {0};

    assert_true(network_read_address(span_of(text), &result));
    return result;
}

static struct leaf_request ordinary(void)
{
    struct leaf_request request = {.id = 7, .kind = LEAF_TRUSTED};
    union inet_address four = address("192.0.2.1"), six = address("2001:db8::1");

    assert_true(leaf_request_add_name(&request, SPAN("pop.example.org")));
    assert_true(leaf_request_add_name(&request, SPAN("*.example.org")));
    assert_true(leaf_request_add_address(&request, &four));
    assert_true(leaf_request_add_address(&request, &six));
    leaf_request_set_dates(&request, NOW - 30 * DAY, NOW + 60 * DAY, NOW);
    return request;
}

static void assert_fault(const struct leaf_request *request, enum leaf_fault fault)
{
    assert_string_equal(leaf_fault_text(leaf_request_check(request, &open_rules)), leaf_fault_text(fault));
}

static void an_ordinary_request_is_permitted(void **state)
{
    struct leaf_request request = ordinary();
    struct leaf_name_walk walk = {&request, 0};
    struct leaf_name name;

    assert_fault(&request, LEAF_OK);
    assert_int_equal(request.name_count, 4);
    assert_true(leaf_request_next_name(&walk, &name));
    assert_true(span_eq(name.octets, SPAN("pop.example.org")));
    assert_true(leaf_request_next_name(&walk, &name));
    assert_true(leaf_request_next_name(&walk, &name));
    assert_int_equal(name.type, LEAF_IP);
    assert_int_equal(name.octets.n, 4);
    assert_true(leaf_request_next_name(&walk, &name));
    assert_int_equal(name.octets.n, 16);
    assert_false(leaf_request_next_name(&walk, &name));
}

static void a_name_is_added_once(void **state)
{
    struct leaf_request request = ordinary();

    assert_true(leaf_request_add_name(&request, SPAN("POP.example.ORG")));
    assert_int_equal(request.name_count, 4);
}

static void only_names_of_hosts_are_added(void **state)
{
    static const char *const refused[] = {"",
                                          "*",
                                          "*.org",
                                          "p*.example.org",
                                          "pop.*.org",
                                          ".org",
                                          "a..b",
                                          "a_b.org",
                                          "-a.org",
                                          "192.0.2.1",
                                          "b\xc3\xbc.org",
                                          "a b.org",
                                          "*.*.example.org",
                                          "a.org\r\n",
                                          "a.org\"x.org"};
    struct leaf_request request = {0};

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_false(leaf_request_add_name(&request, span_of(refused[i])));
    assert_false(leaf_request_add_name(&request, (struct span){"a.org\0.evil.org", 15}));
    assert_int_equal(request.names_size, 0);
}

static void at_most_64_names_are_added(void **state)
{
    struct leaf_request request = {0};
    char name[32];

    for (int i = 0; i < LEAF_NAMES_MAX; i++) {
        snprintf(name, sizeof name, "n%d.example.org", i);
        assert_true(leaf_request_add_name(&request, span_of(name)));
    }
    assert_false(leaf_request_add_name(&request, SPAN("one-more.example.org")));
    leaf_request_set_dates(&request, NOW, NOW, NOW);
    assert_fault(&request, LEAF_OK);
}

static void long_names_end_the_room_before_the_number_does(void **state)
{
    struct leaf_request request = {0};
    char name[240];
    int n = 0;

    do {
        snprintf(name, sizeof name, "n%02d.%060d.%060d.%060d.example.org", n, 0, 0, 0);
        n++;
    } while (leaf_request_add_name(&request, span_of(name)));
    assert_int_equal(request.name_count, n - 1);
    assert_in_range(n, 18, 22);
    assert_true(leaf_request_add_name(&request, SPAN("short.org")) ||
                request.names_size > LEAF_NAMES_SIZE - 11);
    leaf_request_set_dates(&request, NOW, NOW, NOW);
    assert_fault(&request, LEAF_OK);
}

static void dates_are_the_servers_shortened(void **state)
{
    static const struct {
        int64_t before, after, is_before, is_after;
    } rows[] = {
        {-30, 60, -30, 60},       {-3000, 3000, 0, 397}, /* as long as permitted */
        {-300, 300, -97, 300},                           /* the end counts more */
        {-800, -400, -797, -400},                        /* expired */
        {100, 200, 100, 200},                            /* not valid yet */
        {1000, 2000, 397, 397},                          /* not valid for long */
        {10, 1000, 10, 397},      {20, 10, 10, 10},      /* ends before it begins */
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct leaf_request request = ordinary();

        leaf_request_set_dates(&request, NOW + rows[i].before * DAY, NOW + rows[i].after * DAY, NOW);
        assert_int_equal(request.not_before_s - NOW, rows[i].is_before * DAY);
        assert_int_equal(request.not_after_s - NOW, rows[i].is_after * DAY);
        assert_fault(&request, LEAF_OK);
    }
}

static void dates_of_any_certificate_are_permitted(void **state)
{
    static const int64_t dates[] = {INT64_MIN, -1, 0, 1, NOW, NOW + 397 * DAY, INT64_C(253402300799),
                                    INT64_MAX};
    struct leaf_request request = ordinary();

    for (size_t i = 0; i < 64; i++) {
        leaf_request_set_dates(&request, dates[i / 8], dates[i % 8], NOW);
        assert_fault(&request, LEAF_OK);
    }
}

static void what_is_valid_for_too_long_is_refused(void **state)
{
    struct leaf_request request = ordinary();

    request.not_before_s = NOW - DAY;
    request.not_after_s = NOW - DAY + 397 * DAY;
    assert_fault(&request, LEAF_OK);
    request.not_after_s++;
    assert_fault(&request, LEAF_TOO_LONG);
    request.not_before_s = INT64_MIN;
    assert_fault(&request, LEAF_MALFORMED);
    request.not_before_s = NOW;
    request.not_after_s = INT64_MAX;
    assert_fault(&request, LEAF_MALFORMED);
    request.not_after_s = NOW - 1;
    assert_fault(&request, LEAF_MALFORMED);
}

/* A clock that was set meanwhile is no reason to kill the relay. */
static void what_begins_far_in_the_future_is_refused(void **state)
{
    struct leaf_request request = ordinary();

    request.not_before_s = NOW + 300 * DAY;
    request.not_after_s = NOW + 500 * DAY;
    assert_fault(&request, LEAF_DATES);
    assert_false(leaf_fault_is_violation(LEAF_DATES));
}

static void what_is_bypassed_is_refused(void **state)
{
    static const struct {
        const char *bypass;
        bool is_bypassed;
    } rows[] = {
        {"", false},
        {"other.org *.other.org 198.51.100.0/24", false},
        {"pop.example.org", true},
        {"other.org POP.example.org", true},
        {"*.example.org", true},
        {"imap.example.org", true}, /* *.example.org would be valid for it */
        {"example.org", false},
        {"a.b.example.org", false},
        {"*.b.example.org", false},
        {"192.0.2.0/24", true},
        {"2001:db8::1", true},
        {"2001:db8::2 192.0.2.2", false},
    };
    struct leaf_request request = ordinary();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct leaf_rules rules = {.bypass = rows[i].bypass, .now_s = NOW};

        assert_int_equal(leaf_request_check(&request, &rules),
                         rows[i].is_bypassed ? LEAF_NAME_BYPASSED : LEAF_OK);
    }
    assert_false(leaf_fault_is_violation(LEAF_NAME_BYPASSED));
}

/* Writes names as they are. */
static struct leaf_request with(const char *names, size_t n, unsigned count)
{
    struct leaf_request request = ordinary();

    memset(request.names, 0, sizeof request.names);
    memcpy(request.names, names, n);
    request.names_size = (uint16_t)n;
    request.name_count = (uint8_t)count;
    return request;
}

#define WITH(names, count) with(names, sizeof names - 1, count)

static void hostile_names_are_refused(void **state)
{
    static const struct {
        const char *name;
        enum leaf_fault fault;
    } names[] = {
        {"a.org", LEAF_OK},
        {"*.a.org", LEAF_OK},
        {"*.org", LEAF_NAME_INVALID},
        {"*", LEAF_NAME_INVALID},
        {"", LEAF_NAME_INVALID},
        {"*a.b.org", LEAF_NAME_INVALID},
        {"a.*.org", LEAF_NAME_INVALID},
        {"a.org.", LEAF_NAME_INVALID},
        {"127.0.0.1", LEAF_NAME_INVALID},
        {"a,IP:1.2.3.4", LEAF_NAME_INVALID},
        {"a.org/CN=b.org", LEAF_NAME_INVALID},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char bytes[64] = {LEAF_DNS, (char)strlen(names[i].name)};
        struct leaf_request request;

        memcpy(bytes + 2, names[i].name, strlen(names[i].name));
        request = with(bytes, 2 + strlen(names[i].name), 1);
        assert_fault(&request, names[i].fault);
    }
}

static void malformed_requests_are_refused(void **state)
{
    const struct leaf_request good = WITH("\0\5a.org", 1);
    struct leaf_request bad[] = {
        WITH("\0\5a.org", 0),
        WITH("\0\5a.org", 2),
        WITH("\0\6a.org", 1),
        WITH("\0\4a.org", 1),
        WITH("\2\5a.org", 1),
        WITH("\377\5a.org", 1),
        WITH("\0\5a.org\0", 1),
        WITH("", 0),
        WITH("", 1),
        WITH("\0\5a.org\0\377", 2),
        good,
        good,
        good,
        good,
        good,
    };
    size_t n = sizeof bad / sizeof *bad;

    assert_fault(&good, LEAF_OK);
    bad[n - 1].kind = LEAF_KINDS;
    bad[n - 2].zero[3] = 1;
    bad[n - 3].names[LEAF_NAMES_SIZE - 1] = 1;
    bad[n - 4].names_size = LEAF_NAMES_SIZE + 1;
    bad[n - 5].names_size = UINT16_MAX;
    for (size_t i = 0; i < n; i++)
        assert_fault(&bad[i], LEAF_MALFORMED);
    assert_true(leaf_fault_is_violation(LEAF_MALFORMED));
}

static void addresses_have_4_or_16_octets(void **state)
{
    struct leaf_request five = WITH("\1\5abcde", 1), none = WITH("\1\0", 1), four = WITH("\1\4abcd", 1);

    assert_fault(&five, LEAF_NAME_INVALID);
    assert_fault(&none, LEAF_NAME_INVALID);
    assert_fault(&four, LEAF_OK);
}

static void duplicates_are_refused(void **state)
{
    struct leaf_request names = WITH("\0\5a.org\0\5A.org", 2), addresses = WITH("\1\4abcd\1\4abcd", 2);
    struct leaf_request different = WITH("\1\4a.bc\0\4a.bc", 2), cased = WITH("\1\4abcd\1\4Abcd", 2);

    assert_fault(&names, LEAF_NAME_TWICE);
    assert_fault(&addresses, LEAF_NAME_TWICE);
    assert_fault(&different, LEAF_OK);
    assert_fault(&cased, LEAF_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_request_is_permitted),
        cmocka_unit_test(a_name_is_added_once),
        cmocka_unit_test(only_names_of_hosts_are_added),
        cmocka_unit_test(at_most_64_names_are_added),
        cmocka_unit_test(long_names_end_the_room_before_the_number_does),
        cmocka_unit_test(dates_are_the_servers_shortened),
        cmocka_unit_test(dates_of_any_certificate_are_permitted),
        cmocka_unit_test(what_is_valid_for_too_long_is_refused),
        cmocka_unit_test(what_begins_far_in_the_future_is_refused),
        cmocka_unit_test(what_is_bypassed_is_refused),
        cmocka_unit_test(hostile_names_are_refused),
        cmocka_unit_test(malformed_requests_are_refused),
        cmocka_unit_test(addresses_have_4_or_16_octets),
        cmocka_unit_test(duplicates_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
