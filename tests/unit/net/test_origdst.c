#include "base/address.h"
#include "net/listen.h"
#include "net/origdst.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static union inet_address address(const char *host, uint16_t port)
{
    union inet_address a = {0};

    if (inet_pton(AF_INET, host, &a.in.sin_addr) == 1) {
        a.any.sa_family = AF_INET;
        a.in.sin_port = htons(port);
    } else {
        assert_int_equal(inet_pton(AF_INET6, host, &a.in6.sin6_addr), 1);
        a.any.sa_family = AF_INET6;
        a.in6.sin6_port = htons(port);
    }
    return a;
}

static struct conf conf_of(enum interception interception)
{
    struct conf conf = {0};

    conf.listeners[PROTOCOL_POP3].interception = interception;
    conf.listeners[PROTOCOL_POP3].listen.at[0] = address("0.0.0.0", 8110);
    conf.listeners[PROTOCOL_POP3].listen.n = 1;
    conf.listeners[PROTOCOL_POP3].ports.at[0] = 110;
    conf.listeners[PROTOCOL_POP3].ports.at[1] = 8110;
    conf.listeners[PROTOCOL_POP3].ports.n = 2;
    return conf;
}

static unsigned own_calls;
static bool own;

static bool is_own(const union inet_address *a)
{
    own_calls++;
    return own;
}

static enum err check(enum interception interception, const char *host, uint16_t port)
{
    struct conf conf = conf_of(interception);
    union inet_address destination = address(host, port);

    return origdst_check(&conf, PROTOCOL_POP3, &destination, is_own);
}

static void accepts_ordinary_servers_without_reading_addresses(void **state)
{
    static const char *const hosts[] = {"203.0.113.10",        "192.168.0.4",     "2001:db8:2::10",
                                        "::ffff:203.0.113.10", "126.255.255.255", "128.0.0.1",
                                        "223.255.255.255",     "fd00::1"};

    own_calls = 0;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_int_equal(check(INTERCEPTION_REDIRECT, hosts[i], 110), ERR_NONE);
    assert_int_equal(own_calls, 0);
}

static void refuses_unsafe_addresses(void **state)
{
    static const char *const hosts[] = {"0.0.0.0",
                                        "0.1.2.3",
                                        "127.0.0.1",
                                        "127.255.255.254",
                                        "224.0.0.1",
                                        "239.255.255.255",
                                        "255.255.255.255",
                                        "::",
                                        "::1",
                                        "::127.0.0.1",
                                        "::192.0.2.1",
                                        "ff02::1",
                                        "::ffff:127.0.0.1",
                                        "::ffff:0.0.0.0",
                                        "::ffff:224.0.0.1",
                                        "::ffff:255.255.255.255"};

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        assert_int_equal(check(INTERCEPTION_REDIRECT, hosts[i], 110), ERR_DESTINATION_REFUSED);
        assert_int_equal(check(INTERCEPTION_TPROXY, hosts[i], 110), ERR_DESTINATION_REFUSED);
    }
}

static void refuses_ports_outside_the_list(void **state)
{
    assert_int_equal(check(INTERCEPTION_REDIRECT, "203.0.113.10", 25), ERR_DESTINATION_REFUSED);
    assert_int_equal(check(INTERCEPTION_REDIRECT, "203.0.113.10", 0), ERR_DESTINATION_REFUSED);
    assert_int_equal(check(INTERCEPTION_TPROXY, "2001:db8:2::10", 109), ERR_DESTINATION_REFUSED);
}

static void refuses_this_host_on_a_port_of_ours(void **state)
{
    own = true;
    assert_int_equal(check(INTERCEPTION_REDIRECT, "192.0.2.1", 8110), ERR_DESTINATION_REFUSED);
    assert_int_equal(check(INTERCEPTION_REDIRECT, "192.0.2.1", 110), ERR_NONE);
    assert_int_equal(check(INTERCEPTION_FIXED, "127.0.0.1", 8110), ERR_DESTINATION_REFUSED);
    own = false;
    assert_int_equal(check(INTERCEPTION_REDIRECT, "192.0.2.1", 8110), ERR_NONE);
}

static void a_fixed_target_may_be_on_loopback_and_on_any_port(void **state)
{
    own = true;
    assert_int_equal(check(INTERCEPTION_FIXED, "127.0.0.1", 10110), ERR_NONE);
    assert_int_equal(check(INTERCEPTION_FIXED, "::1", 110), ERR_NONE);
    own = false;
}

static void a_fixed_target_may_share_our_port_on_another_address(void **state)
{
    struct conf conf = conf_of(INTERCEPTION_FIXED);
    union inet_address other = address("127.0.0.1", 110), ours = address("192.0.2.1", 110);

    conf.listeners[PROTOCOL_POP3].listen.at[0] = ours;
    own = true;
    assert_int_equal(origdst_check(&conf, PROTOCOL_POP3, &other, is_own), ERR_NONE);
    assert_int_equal(origdst_check(&conf, PROTOCOL_POP3, &ours, is_own), ERR_DESTINATION_REFUSED);
    conf.listeners[PROTOCOL_POP3].interception = INTERCEPTION_REDIRECT;
    other = address("192.0.2.2", 110);
    assert_int_equal(origdst_check(&conf, PROTOCOL_POP3, &other, is_own), ERR_DESTINATION_REFUSED);
    own = false;
}

static void tls_ports_are_servers_only_with_intercept(void **state)
{
    struct conf conf = conf_of(INTERCEPTION_REDIRECT);
    union inet_address destination = address("203.0.113.10", 995);

    conf.listeners[PROTOCOL_POP3].tls_ports = (struct inet_ports){1, {995}};
    assert_int_equal(origdst_check(&conf, PROTOCOL_POP3, &destination, is_own), ERR_DESTINATION_REFUSED);
    conf.tls.mode = TLS_MODE_INTERCEPT;
    assert_int_equal(origdst_check(&conf, PROTOCOL_POP3, &destination, is_own), ERR_NONE);
    conf.listeners[PROTOCOL_POP3].tls_ports.n = 0;
    assert_int_equal(origdst_check(&conf, PROTOCOL_POP3, &destination, is_own), ERR_DESTINATION_REFUSED);
}

static void returns_a_mapped_address_as_ipv4(void **state)
{
    struct conf conf = conf_of(INTERCEPTION_REDIRECT);
    union inet_address destination = address("::ffff:203.0.113.10", 110);
    char text[ADDRESS_TEXT_SIZE];

    assert_int_equal(origdst_check(&conf, PROTOCOL_POP3, &destination, is_own), ERR_NONE);
    address_format(&destination.any, text);
    assert_string_equal(text, "203.0.113.10:110");
}

static void formats_addresses(void **state)
{
    union inet_address a = address("2001:db8:1::4", 1395);
    char text[ADDRESS_TEXT_SIZE];

    address_format(&a.any, text);
    assert_string_equal(text, "[2001:db8:1::4]:1395");
    a.any.sa_family = AF_UNIX;
    address_format(&a.any, text);
    assert_string_equal(text, "unknown");
}

static void recognises_addresses_of_this_host(void **state)
{
    union inet_address loopback = address("127.0.0.77", 110), documentation = address("203.0.113.77", 110);

    assert_true(origdst_is_own(&loopback));
    assert_false(origdst_is_own(&documentation));
}

/* Returns the address of a socket that was bound to port 0. */
static union inet_address name_of(int fd)
{
    union inet_address name = {0};
    socklen_t size = sizeof name;

    assert_int_equal(getsockname(fd, &name.any, &size), 0);
    return name;
}

static void relays_share_a_port_and_others_cannot(void **state)
{
    union inet_address any = address("127.0.0.1", 0), name;
    int first = listen_open(&any, false), second;

    assert_true(first >= 0);
    name = name_of(first);
    second = listen_open(&name, false);
    assert_true(second >= 0);
    assert_false(listen_is_free(&name));
    assert_int_equal(errno, EADDRINUSE);
    close(first);
    assert_false(listen_is_free(&name));
    close(second);
    assert_true(listen_is_free(&name));
}

static void a_closed_listener_refuses_even_if_another_process_has_it(void **state)
{
    union inet_address any = address("127.0.0.1", 0), name;
    int listener = listen_open(&any, false), held = dup(listener), client = socket(AF_INET, SOCK_STREAM, 0);

    name = name_of(listener);
    listen_close(listener);
    assert_int_equal(connect(client, &name.any, sizeof name.in), -1);
    assert_int_equal(errno, ECONNREFUSED);
    close(client);
    close(held);
}

static void both_families_can_listen_on_one_port(void **state)
{
    union inet_address six = address("::", 0), four = address("0.0.0.0", 0);
    int first = listen_open(&six, false), second;

    if (first < 0 && errno == EAFNOSUPPORT)
        skip();
    assert_true(first >= 0);
    four.in.sin_port = htons(address_port(&(union inet_address){.in6 = name_of(first).in6}));
    second = listen_open(&four, false);
    assert_true(second >= 0);
    close(first);
    close(second);
}

static void in_fixed_mode_the_target_is_the_destination(void **state)
{
    struct conf conf = conf_of(INTERCEPTION_FIXED);
    union inet_address destination;

    conf.listeners[PROTOCOL_POP3].target.at[0] = address("127.0.0.1", 10110);
    conf.listeners[PROTOCOL_POP3].target.n = 1;
    assert_int_equal(origdst_find(&conf, PROTOCOL_POP3, -1, &destination), ERR_NONE);
    assert_int_equal(address_port(&destination), 10110);
}

static void a_connection_without_original_destination_is_refused(void **state)
{
    struct conf conf = conf_of(INTERCEPTION_REDIRECT);
    union inet_address any = address("127.0.0.1", 0), name, destination;
    int listener = listen_open(&any, false), client = socket(AF_INET, SOCK_STREAM, 0), accepted;

    name = name_of(listener);
    assert_int_equal(connect(client, &name.any, sizeof name.in), 0);
    assert_int_equal(poll(&(struct pollfd){.fd = listener, .events = POLLIN}, 1, 5000), 1);
    accepted = accept(listener, NULL, NULL);
    assert_true(accepted >= 0);
    assert_int_not_equal(origdst_find(&conf, PROTOCOL_POP3, accepted, &destination), ERR_NONE);
    conf.listeners[PROTOCOL_POP3].interception = INTERCEPTION_TPROXY;
    assert_int_equal(origdst_find(&conf, PROTOCOL_POP3, accepted, &destination), ERR_DESTINATION_REFUSED);
    close(accepted);
    close(client);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_ordinary_servers_without_reading_addresses),
        cmocka_unit_test(refuses_unsafe_addresses),
        cmocka_unit_test(refuses_ports_outside_the_list),
        cmocka_unit_test(refuses_this_host_on_a_port_of_ours),
        cmocka_unit_test(a_fixed_target_may_be_on_loopback_and_on_any_port),
        cmocka_unit_test(a_fixed_target_may_share_our_port_on_another_address),
        cmocka_unit_test(tls_ports_are_servers_only_with_intercept),
        cmocka_unit_test(returns_a_mapped_address_as_ipv4),
        cmocka_unit_test(formats_addresses),
        cmocka_unit_test(recognises_addresses_of_this_host),
        cmocka_unit_test(relays_share_a_port_and_others_cannot),
        cmocka_unit_test(a_closed_listener_refuses_even_if_another_process_has_it),
        cmocka_unit_test(both_families_can_listen_on_one_port),
        cmocka_unit_test(in_fixed_mode_the_target_is_the_destination),
        cmocka_unit_test(a_connection_without_original_destination_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
