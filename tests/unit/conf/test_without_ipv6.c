#include "conf/without_ipv6.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const char *text_of_file;

static bool read_file(void *context, const char *path, struct buf *into, struct buf *error)
{
    buf_add(into, span_of(text_of_file));
    return true;
}

/* Returns the problems of this file on a kernel without IPv6; it has no others. */
static struct problems fit(struct conf *conf, const char *text)
{
    const struct conf_files files = {.read = read_file};
    struct problems problems = {0};

    text_of_file = text;
    assert_true(conf_read(conf, "postern.conf", &files, NULL, &problems));
    problems_fini(&problems);
    problems = (struct problems){0};
    without_ipv6_fit(conf, &problems);
    return problems;
}

static void says(const char *text, bool is_error, const char *words)
{
    struct conf conf = {0};
    struct problems problems = fit(&conf, text);

    assert_int_equal(problems.n, 1);
    assert_int_equal(problems.at[0].is_error, is_error);
    assert_non_null(strstr(problems.at[0].text, words));
    problems_fini(&problems);
    conf_fini(&conf);
}

static void the_default_listener_is_left_out_with_a_warning(void **state)
{
    struct conf conf = {0};
    struct problems problems = fit(&conf, "");

    assert_int_equal(problems.n, 1);
    assert_int_equal(problems.errors, 0);
    assert_non_null(strstr(problems.at[0].text, "the default listener [::]:8110 is left out"));
    assert_int_equal(conf.listeners[PROTOCOL_POP3].listen.n, 1);
    assert_int_equal(conf.listeners[PROTOCOL_POP3].listen.at[0].in.sin_family, AF_INET);
    assert_int_equal(conf.listeners[PROTOCOL_POP3].listen.at[0].in.sin_port, htons(8110));
    problems_fini(&problems);
    conf_fini(&conf);
}

static void a_listener_that_was_written_is_an_error_with_the_line_that_would_do(void **state)
{
    says("[pop3]\nlisten = 0.0.0.0:8110 [::]:8110\n", true,
         "has [::]:8110, and this kernel has no IPv6: start a kernel with IPv6, or write listen = "
         "0.0.0.0:8110");
    says("[pop3]\nlisten = 0.0.0.0:8110 [::]:8110\n", true, "write listen = 0.0.0.0:8110");
    says("[pop3]\nlisten = [::1]:110\n", true, "write listen = 0.0.0.0:110");
    says("[pop3]\nlisten = 10.0.0.1:1 [::1]:110 10.0.0.2:3\n", true, "write listen = 10.0.0.1:1 10.0.0.2:3");
}

static void other_addresses_are_errors_that_name_them(void **state)
{
    const char *four = "[pop3]\nlisten = 0.0.0.0:8110\n";
    struct buf text = {0};

    buf_add_format(&text, "%sinterception = fixed\ntarget = [2001:db8::1]:110\n", four);
    says(buf_c_str(&text), true, "[pop3] target has [2001:db8::1]:110");
    buf_clear(&text);
    buf_add_format(&text, "%s[clamd]\nsocket = /run/clamd /run/other [::1]:3310 127.0.0.1:3310\n", four);
    says(buf_c_str(&text), true, "[clamd] socket has [::1]:3310");
    buf_clear(&text);
    buf_add_format(
        &text, "%s[gateway]\nrole = mirror\ninterface = eth0\nlan = 10.0.0.0/8\nproxies = 10.0.0.9 fd00::9\n",
        four);
    says(buf_c_str(&text), true, "[gateway] proxies has");
    buf_fini(&text);
}

static void ipv4_alone_is_well(void **state)
{
    struct conf conf = {0};
    struct problems problems = fit(&conf, "[pop3]\nlisten = 0.0.0.0:8110\n");

    assert_int_equal(problems.n, 0);
    conf_fini(&conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_listener_is_left_out_with_a_warning),
        cmocka_unit_test(a_listener_that_was_written_is_an_error_with_the_line_that_would_do),
        cmocka_unit_test(other_addresses_are_errors_that_name_them),
        cmocka_unit_test(ipv4_alone_is_well),
    };

    return cmocka_run_group_tests_name("without_ipv6", tests, NULL, NULL);
}
