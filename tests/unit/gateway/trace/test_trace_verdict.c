#include "gateway/trace/trace_verdict.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

/* The article's network: saturne is .2, mercure .3, the router .1, the server 203.0.113.10. */
#define SATURNE "192.168.0.2"
#define MERCURE "192.168.0.3"
#define ROUTER "192.168.0.1"
#define SERVER "203.0.113.10"
#define SILENT "*"

static union inet_address address_of(const char *text, uint16_t port)
{
    union inet_address address = {0};

    address.in.sin_family = AF_INET;
    address.in.sin_port = htons(port);
    assert_int_equal(inet_pton(AF_INET, text, &address.in.sin_addr), 1);
    return address;
}

/* Hops up to NULL; the last one is the end, if there is an end. */
static struct trace_path path_of(uint16_t port, enum trace_end end, const char *const hops[])
{
    struct trace_path path = {.to = address_of(SERVER, port), .end = end};

    for (; hops[path.probed]; path.probed++)
        if (strcmp(hops[path.probed], SILENT) != 0)
            path.hops[path.probed] = (struct trace_hop){true, address_of(hops[path.probed], 0), 100};
    path.end_hop = end == TRACE_SILENT || end == TRACE_NOT_SENT ? 0 : path.probed;
    return path;
}

#define WAY(port, end, ...) path_of(port, TRACE_##end, (const char *const[]){__VA_ARGS__, NULL})
#define STRAIGHT(port) WAY(port, ACCEPTED, SATURNE, ROUTER, SERVER)

struct expected {
    enum trace_verdict_kind kind;
    unsigned via;
    const char *words;
};

static void assert_verdict(struct trace_path path, struct trace_path control, struct expected expected)
{
    struct trace_verdict verdict = trace_verdict_of(&path, &control);
    struct buf words = {0};

    trace_verdict_explain(&verdict, &path, &control, &words);
    assert_string_equal(trace_verdict_name(verdict.kind), trace_verdict_name(expected.kind));
    assert_int_equal(verdict.via, expected.via);
    if (!strstr(buf_c_str(&words), expected.words))
        fail_msg("\"%s\" is not in \"%s\"", expected.words, buf_c_str(&words));
    buf_fini(&words);
}

static void sees_no_difference_on_equal_paths(void **state)
{
    assert_verdict(STRAIGHT(110), STRAIGHT(80),
                   (struct expected){TRACE_NO_DIFFERENCE, 0,
                                     "not intercepted, judging by the distance: port 110 was accepted at "
                                     "hop 3, port 80 was accepted at hop 3."});
    /* A silent hop may be any router. */
    assert_verdict(WAY(110, ACCEPTED, SATURNE, SILENT, SERVER), STRAIGHT(80),
                   (struct expected){TRACE_NO_DIFFERENCE, 0, "No difference"});
    assert_verdict(STRAIGHT(110), WAY(80, ACCEPTED, SILENT, ROUTER, SERVER),
                   (struct expected){TRACE_NO_DIFFERENCE, 0, "No difference"});
}

static void a_refusal_has_a_distance(void **state)
{
    assert_verdict(STRAIGHT(110), WAY(80, REFUSED, SATURNE, ROUTER, SERVER),
                   (struct expected){TRACE_NO_DIFFERENCE, 0, "port 80 was refused at hop 3"});
    assert_verdict(WAY(110, REFUSED, SATURNE, ROUTER, SERVER), STRAIGHT(80),
                   (struct expected){TRACE_NO_DIFFERENCE, 0, "port 110 was refused at hop 3"});
    assert_verdict(WAY(110, ACCEPTED, SATURNE, SERVER), WAY(80, REFUSED, SATURNE, ROUTER, SERVER),
                   (struct expected){TRACE_INTERCEPTED, 0, "port 80 was refused at hop 3"});
    /* The server's own firewall answers from the server's address. */
    assert_verdict(STRAIGHT(110), WAY(80, UNREACHABLE, SATURNE, ROUTER, SERVER),
                   (struct expected){TRACE_NO_DIFFERENCE, 0, "by 203.0.113.10 at hop 3"});
}

static void detects_an_acceptance_nearer_than_the_server(void **state)
{
    assert_verdict(WAY(110, ACCEPTED, SATURNE, SERVER), STRAIGHT(80),
                   (struct expected){TRACE_INTERCEPTED, 0,
                                     "port 110 was accepted at hop 2, right after "
                                     "192.168.0.2, but port 80 was accepted at hop 3"});
    assert_verdict(WAY(110, ACCEPTED, SILENT, SERVER), STRAIGHT(80),
                   (struct expected){TRACE_INTERCEPTED, 0, "right after hop 1, which is silent"});
    assert_verdict(WAY(110, ACCEPTED, SERVER), STRAIGHT(80),
                   (struct expected){TRACE_INTERCEPTED, 0, "this host itself or its gateway"});
    assert_verdict(WAY(110, ACCEPTED, SATURNE, MERCURE, SERVER),
                   WAY(80, ACCEPTED, SATURNE, ROUTER, SILENT, SERVER),
                   (struct expected){TRACE_INTERCEPTED, 2, "right after 192.168.0.3"});
}

static void detects_interception_without_an_end_of_the_control_path(void **state)
{
    /* A router at the distance of the accepting host: the server is further away. */
    assert_verdict(WAY(110, ACCEPTED, SATURNE, SERVER), WAY(80, SILENT, SATURNE, ROUTER, SILENT, SILENT),
                   (struct expected){TRACE_INTERCEPTED, 0, "but the path to port 80 continues after hop 2"});
    assert_verdict(WAY(110, ACCEPTED, SATURNE, SERVER), WAY(80, UNREACHABLE, SATURNE, ROUTER, ROUTER),
                   (struct expected){TRACE_INTERCEPTED, 0, "continues after hop 2"});
    assert_verdict(
        WAY(110, ACCEPTED, SATURNE, MERCURE, ROUTER, SERVER), WAY(80, SILENT, SATURNE, ROUTER, SILENT),
        (struct expected){TRACE_DIVERTED, 2, "whether it is also intercepted is unknown: port 110"});
}

static void a_shorter_path_is_not_an_interception(void **state)
{
    assert_verdict(WAY(110, ACCEPTED, ROUTER, SERVER), STRAIGHT(80),
                   (struct expected){TRACE_DIVERTED, 0, "accepted at hop 2, port 80 was accepted at hop 3"});
}

static void detects_a_diversion(void **state)
{
    assert_verdict(
        WAY(110, ACCEPTED, SATURNE, MERCURE, ROUTER, SERVER), STRAIGHT(80),
        (struct expected){TRACE_DIVERTED, 2, "Port 110 passes 192.168.0.3 at hop 2; port 80 does not."});
    /* The length alone. */
    assert_verdict(WAY(110, ACCEPTED, SATURNE, SILENT, ROUTER, SERVER), STRAIGHT(80),
                   (struct expected){TRACE_DIVERTED, 0, "accepted at hop 4"});
    assert_verdict(WAY(110, ACCEPTED, SATURNE, MERCURE, SERVER), STRAIGHT(80),
                   (struct expected){TRACE_DIVERTED, 2, "balances load"});
    assert_verdict(WAY(110, REFUSED, SATURNE, MERCURE, ROUTER, SERVER), STRAIGHT(80),
                   (struct expected){TRACE_DIVERTED, 2, "refused at hop 4"});
}

static void detects_blocking(void **state)
{
    assert_verdict(WAY(110, SILENT, SATURNE, ROUTER, SILENT, SILENT), STRAIGHT(80),
                   (struct expected){TRACE_BLOCKED, 0,
                                     "the last hop that answered is 192.168.0.1 at hop 2, but port "
                                     "80 was accepted at hop 3."});
    assert_verdict(WAY(110, SILENT, SATURNE, MERCURE, SILENT), STRAIGHT(80),
                   (struct expected){TRACE_BLOCKED, 2, "Port 110 passes 192.168.0.3 at hop 2"});
    assert_verdict(WAY(110, SILENT, SILENT), STRAIGHT(80),
                   (struct expected){TRACE_BLOCKED, 0, "port 110 was not answered, but port 80"});
    assert_verdict(WAY(110, UNREACHABLE, SATURNE, SATURNE), STRAIGHT(80),
                   (struct expected){TRACE_BLOCKED, 0, "by 192.168.0.2 at hop 2, but port 80"});
    assert_verdict(WAY(110, REFUSED, SATURNE, SERVER), STRAIGHT(80),
                   (struct expected){TRACE_BLOCKED, 0, "a proxy that is not running"});
}

static void reports_inconclusive_traces(void **state)
{
    static const char any[] = "Whether the connection is intercepted is unknown";

    assert_verdict(STRAIGHT(110), WAY(80, SILENT, SATURNE, ROUTER, SILENT, SILENT),
                   (struct expected){TRACE_INCONCLUSIVE, 0, "The distance of the server is unknown"});
    assert_verdict(STRAIGHT(110), WAY(80, SILENT, SILENT, SILENT),
                   (struct expected){TRACE_INCONCLUSIVE, 0, any});
    assert_verdict(STRAIGHT(110), WAY(80, UNREACHABLE, SATURNE, ROUTER, ROUTER),
                   (struct expected){TRACE_INCONCLUSIVE, 0, any});
    assert_verdict(
        WAY(110, SILENT, SATURNE, SILENT), WAY(80, SILENT, SATURNE, SILENT),
        (struct expected){TRACE_INCONCLUSIVE, 0, "port 110 was not answered, port 80 was not answered."});
    assert_verdict(WAY(110, NOT_SENT, SILENT), WAY(80, NOT_SENT, SILENT),
                   (struct expected){TRACE_INCONCLUSIVE, 0, "this host could not send"});
    assert_verdict(WAY(110, NOT_SENT, SILENT), STRAIGHT(80), (struct expected){TRACE_INCONCLUSIVE, 0, any});
    assert_verdict((struct trace_path){.to = address_of(SERVER, 110)}, STRAIGHT(80),
                   (struct expected){TRACE_BLOCKED, 0, "port 110 was not answered"});
}

static void suspects_the_control_port(void **state)
{
    assert_verdict(STRAIGHT(110), WAY(80, ACCEPTED, SATURNE, SERVER),
                   (struct expected){TRACE_INCONCLUSIVE, 2,
                                     "Port 80 is nearer: either that port is intercepted, or "
                                     "port 110 is diverted."});
    assert_verdict(STRAIGHT(110), WAY(80, ACCEPTED, SERVER),
                   (struct expected){TRACE_INCONCLUSIVE, 1, "either that port is"});
}

static void names_the_meaning_of_icmp_errors(void **state)
{
    struct trace_path path = {.to = address_of(SERVER, 110), .icmp_type = 3, .icmp_code = 13};
    struct buf words = {0};

    trace_add_icmp(&words, &path);
    assert_string_equal(buf_c_str(&words), "communication prohibited (ICMP type 3, code 13)");
    buf_clear(&words);
    path.to.any.sa_family = AF_INET6;
    path.icmp_type = 1;
    path.icmp_code = 3;
    trace_add_icmp(&words, &path);
    assert_string_equal(buf_c_str(&words), "host unreachable (ICMPv6 type 1, code 3)");
    buf_clear(&words);
    path.icmp_type = 4;
    trace_add_icmp(&words, &path);
    assert_string_equal(buf_c_str(&words), "an error (ICMPv6 type 4, code 3)");
    buf_fini(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_no_difference_on_equal_paths),
        cmocka_unit_test(a_refusal_has_a_distance),
        cmocka_unit_test(detects_an_acceptance_nearer_than_the_server),
        cmocka_unit_test(detects_interception_without_an_end_of_the_control_path),
        cmocka_unit_test(a_shorter_path_is_not_an_interception),
        cmocka_unit_test(detects_a_diversion),
        cmocka_unit_test(detects_blocking),
        cmocka_unit_test(reports_inconclusive_traces),
        cmocka_unit_test(suspects_the_control_port),
        cmocka_unit_test(names_the_meaning_of_icmp_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
