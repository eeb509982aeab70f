/* The request for a leaf after the judgement of a server, and that the signer's rules accept it. */
#include "tests/unit/x509/chain_lab.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#define DAY INT64_C(86400)

struct outcome {
    struct server_judgement j;
    struct leaf_request request;
    bool has_request;
    int64_t now_s;
    char names[8192]; /* separated by spaces */
};

static void list_names(struct outcome *outcome)
{
    struct leaf_name_walk walk = {&outcome->request, 0};
    struct leaf_name name;
    size_t n = 0;

    for (; leaf_request_next_name(&walk, &name); n = strlen(outcome->names)) {
        char text[256];

        if (name.type == LEAF_DNS)
            snprintf(text, sizeof text, "%.*s", (int)name.octets.n, name.octets.p);
        else
            inet_ntop(name.octets.n == 4 ? AF_INET : AF_INET6, name.octets.p, text, sizeof text);
        snprintf(outcome->names + n, sizeof outcome->names - n, "%s%s", n ? " " : "", text);
    }
}

static struct outcome request(const struct lab_chain *chain, char *bypass)
{
    struct outcome outcome = {.now_s = (int64_t)time(NULL)};
    union inet_address address = lab_address("192.0.2.1", 995);
    struct lab_made made;
    struct buf error = {0};
    struct server_trust *trust;
    SSL_CTX *server;
    SSL *ssl;

    lab_make(&made, chain);
    if (bypass)
        made.conf.bypass = bypass;
    trust = server_trust_new(&made.conf, &error);
    assert_non_null(trust);
    server = lab_server_context(&made);
    ssl = lab_connect(trust, server, chain->wanted ? chain->wanted : "pop.example.org", &address, &outcome.j);
    outcome.has_request = server_judgement_leaf_request(ssl, &outcome.j, outcome.now_s, &outcome.request);
    list_names(&outcome);
    if (outcome.has_request) {
        struct leaf_rules rules = {.bypass = made.conf.bypass, .now_s = outcome.now_s};

        assert_int_equal(leaf_request_check(&outcome.request, &rules), LEAF_OK);
    }
    SSL_free(ssl);
    SSL_CTX_free(server);
    server_trust_free(&trust);
    lab_free(&made);
    return outcome;
}

#define SAN(names) .leaf.extensions = "subjectAltName=" names

static void the_wanted_name_is_the_first(void **state)
{
    struct outcome o = request(
        &(struct lab_chain){SAN("DNS:www.example.org,DNS:POP.example.org,IP:192.0.2.9,IP:2001:db8::9")},
        NULL);

    assert_true(o.has_request);
    assert_string_equal(o.names, "pop.example.org www.example.org 192.0.2.9 2001:db8::9");
    assert_int_equal(o.request.kind, LEAF_TRUSTED);
    assert_memory_equal(o.request.fingerprint, o.j.fingerprint, sizeof o.j.fingerprint);
}

static void a_wildcard_stays_and_the_wanted_name_is_added(void **state)
{
    struct outcome o = request(&(struct lab_chain){SAN("DNS:*.example.org,DNS:example.org")}, NULL);

    assert_string_equal(o.names, "pop.example.org *.example.org example.org");
}

static void without_a_name_the_servers_own_are_mirrored(void **state)
{
    struct outcome o =
        request(&(struct lab_chain){.wanted = "", SAN("DNS:www.example.net,DNS:*.example.net")}, NULL);

    assert_false(o.j.has_name);
    assert_string_equal(o.names, "www.example.net *.example.net");
}

static void invalid_names_are_left_out(void **state)
{
    struct outcome o =
        request(&(struct lab_chain){SAN("DNS:pop.example.org,DNS:a\r\nb\",DNS:p*.example.org,DNS:*.org,DNS:*,"
                                        "DNS:a_b.org,DNS:1.2.3.4,email:a@b.org,URI:https://c.org/")},
                NULL);

    assert_int_equal(o.j.faults, 0);
    assert_string_equal(o.names, "pop.example.org");
}

static void names_of_the_bypass_list_are_left_out(void **state)
{
    static char list[] = "*.bank.example pop.shop.example";
    struct outcome o = request(&(struct lab_chain){SAN("DNS:pop.example.org,DNS:a.bank.example,DNS:*.bank."
                                                       "example,DNS:*.shop.example,DNS:www.example.org")},
                               list);

    assert_string_equal(o.names, "pop.example.org www.example.org");
    assert_false(o.j.is_bypassed);
}

static void without_a_name_a_bypassed_certificate_is_reported(void **state)
{
    static char list[] = "pop.bank.example";

    assert_true(request(&(struct lab_chain){.wanted = "", SAN("DNS:*.bank.example")}, list).j.is_bypassed);
    assert_false(request(&(struct lab_chain){.wanted = "", SAN("DNS:*.other.example")}, list).j.is_bypassed);
    /* A certificate that is not trusted could claim any name. */
    assert_false(
        request(&(struct lab_chain){.wanted = "", SAN("DNS:*.bank.example"), .options = LAB_SELF_SIGNED},
                list)
            .j.is_bypassed);
}

static void a_wrong_name_is_not_made_right(void **state)
{
    struct outcome o = request(&(struct lab_chain){SAN("DNS:www.example.net")}, NULL);

    assert_int_equal(tls_fault_worst(o.j.faults), TLS_NAME);
    assert_string_equal(o.names, "www.example.net");
    assert_int_equal(o.request.kind, LEAF_TRUSTED);
    /* Only a common name: the leaf could only be better than the certificate. */
    assert_false(request(&(struct lab_chain){.leaf.extensions = "subjectAltName="}, NULL).has_request);
    assert_false(request(&(struct lab_chain){SAN("DNS:p*.example.org")}, NULL).has_request);
}

static void an_untrusted_certificate_gets_an_untrusted_leaf(void **state)
{
    struct outcome o = request(&(struct lab_chain){.options = LAB_SELF_SIGNED}, NULL);

    assert_string_equal(o.names, "pop.example.org");
    assert_int_equal(o.request.kind, LEAF_UNTRUSTED);
}

static void of_many_names_those_for_the_wanted_one_remain(void **state)
{
    struct outcome o =
        request(&(struct lab_chain){.wanted = "n77.example.org", .leaf.more_names = 100}, NULL);

    assert_string_equal(o.names, "n77.example.org");
    o = request(&(struct lab_chain){.wanted = "", .leaf.more_names = 100}, NULL);
    assert_int_equal(o.request.name_count, LEAF_NAMES_MAX);
    o = request(&(struct lab_chain){.leaf.more_names = LEAF_NAMES_MAX - 1}, NULL);
    assert_int_equal(o.request.name_count, LEAF_NAMES_MAX);
}

static void dates_are_the_certificates(void **state)
{
    struct outcome o = request(&(struct lab_chain){.leaf = {.from_h = -240, .to_h = 480}}, NULL);

    assert_in_range(o.request.not_before_s - o.now_s + 11 * DAY, DAY - 60, DAY + 60);
    assert_in_range(o.request.not_after_s - o.now_s - 19 * DAY, DAY - 60, DAY + 60);
}

static void an_expired_chain_makes_an_expired_leaf(void **state)
{
    static const struct lab_certificate past = {.from_h = -480, .to_h = -24},
                                        future = {.from_h = 24, .to_h = 480};

    assert_true(request(&(struct lab_chain){.leaf = past}, NULL).request.not_after_s < time(NULL));
    assert_true(request(&(struct lab_chain){.intermediate = past}, NULL).request.not_after_s < time(NULL));
    assert_true(request(&(struct lab_chain){.root = past}, NULL).request.not_after_s < time(NULL));
    assert_true(request(&(struct lab_chain){.leaf = future}, NULL).request.not_before_s > time(NULL));
    assert_true(request(&(struct lab_chain){.intermediate = future}, NULL).request.not_before_s > time(NULL));
}

static void a_handshake_that_failed_gives_no_request(void **state)
{
    assert_false(request(&(struct lab_chain){.leaf.key = LAB_P192}, NULL).has_request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wanted_name_is_the_first),
        cmocka_unit_test(a_wildcard_stays_and_the_wanted_name_is_added),
        cmocka_unit_test(without_a_name_the_servers_own_are_mirrored),
        cmocka_unit_test(invalid_names_are_left_out),
        cmocka_unit_test(names_of_the_bypass_list_are_left_out),
        cmocka_unit_test(without_a_name_a_bypassed_certificate_is_reported),
        cmocka_unit_test(a_wrong_name_is_not_made_right),
        cmocka_unit_test(an_untrusted_certificate_gets_an_untrusted_leaf),
        cmocka_unit_test(of_many_names_those_for_the_wanted_one_remain),
        cmocka_unit_test(dates_are_the_certificates),
        cmocka_unit_test(an_expired_chain_makes_an_expired_leaf),
        cmocka_unit_test(a_handshake_that_failed_gives_no_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
