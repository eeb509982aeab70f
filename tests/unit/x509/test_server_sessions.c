#include "tests/unit/x509/chain_lab.h"

#include "base/address.h"
#include "x509/server_sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

/* A server with a good certificate, and a trust. */
struct lab {
    struct lab_made made;
    struct server_trust *trust;
    SSL_CTX *server;
    union inet_address address;
};

static void lab_begin(struct lab *lab, const struct lab_chain *chain, int version)
{
    struct buf error = {0};

    lab_make(&lab->made, chain);
    lab->trust = server_trust_new(&lab->made.conf, &error);
    assert_non_null(lab->trust);
    lab->server = lab_server_context(&lab->made);
    SSL_CTX_set_max_proto_version(lab->server, version);
    lab->address = lab_address("192.0.2.1", 995);
    buf_fini(&error);
}

static void lab_end(struct lab *lab)
{
    SSL_CTX_free(lab->server);
    server_trust_free(&lab->trust);
    lab_free(&lab->made);
}

static struct server_judgement connect_to(struct lab *lab, const char *wanted,
                                          const union inet_address *address)
{
    struct server_judgement j;

    /* Freed without a shutdown, as after a connection that was cut. */
    SSL_free(lab_connect(lab->trust, lab->server, wanted, address, &j));
    return j;
}

static void for_both_versions(const struct lab_chain *chain, void (*test)(struct lab *lab))
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

    for (size_t i = 0; i < 2; i++) {
        struct lab lab;

        lab_begin(&lab, chain, versions[i]);
        test(&lab);
        lab_end(&lab);
    }
}

static void resume(struct lab *lab)
{
    struct server_judgement first = connect_to(lab, "pop.example.org", &lab->address), second;

    assert_int_equal(first.faults, 0);
    assert_false(first.is_resumed);
    assert_int_equal(server_sessions_count(server_trust_sessions(lab->trust)), 1);
    for (int i = 0; i < 5; i++) {
        second = connect_to(lab, "POP.example.org.", &lab->address);
        assert_int_equal(second.faults, 0);
        assert_true(second.is_complete);
        assert_true(second.is_resumed);
        assert_true(second.has_name);
        assert_memory_equal(second.fingerprint, first.fingerprint, sizeof first.fingerprint);
    }
    assert_int_equal(server_sessions_count(server_trust_sessions(lab->trust)), 1);
}

static void a_session_is_resumed_even_after_a_cut(void **state)
{
    static const struct lab_chain good;

    for_both_versions(&good, resume);
}

static void use_other_names(struct lab *lab)
{
    union inet_address other_port = lab_address("192.0.2.1", 110), other_host = lab_address("192.0.2.2", 995);

    assert_int_equal(connect_to(lab, "pop.example.org", &lab->address).faults, 0);
    assert_false(connect_to(lab, "pop.example.org", &other_port).is_resumed);
    assert_false(connect_to(lab, "pop.example.org", &other_host).is_resumed);
    assert_false(connect_to(lab, "", &lab->address).is_resumed);
    for (int i = 0; i < 2; i++) {
        struct server_judgement j = connect_to(lab, "imap.example.net", &lab->address);

        assert_false(j.is_resumed);
        assert_int_equal(tls_fault_worst(j.faults), TLS_NAME);
    }
    assert_true(connect_to(lab, "pop.example.org", &lab->address).is_resumed);
}

static void a_session_is_never_used_for_another_name_or_server(void **state)
{
    static const struct lab_chain good;

    for_both_versions(&good, use_other_names);
}

/* As if the table had a bug: the session of one name is offered for another one. */
static void use_stolen_session(struct lab *lab)
{
    struct server_sessions *sessions = server_trust_sessions(lab->trust);
    struct server_session_key own, other;
    struct server_judgement j;

    server_session_key_set(&own, &lab->address, "pop.example.org");
    server_session_key_set(&other, &lab->address, "imap.example.net");
    assert_int_equal(connect_to(lab, "pop.example.org", &lab->address).faults, 0);
    server_sessions_put(sessions, &other, server_sessions_get(sessions, &own, (int64_t)time(NULL)));
    j = connect_to(lab, "imap.example.net", &lab->address);
    assert_int_equal(tls_fault_worst(j.faults), TLS_NAME);
    assert_null(server_sessions_get(sessions, &other, (int64_t)time(NULL)));
}

static void a_resumed_session_is_compared_with_the_name_again(void **state)
{
    static const struct lab_chain good;

    for_both_versions(&good, use_stolen_session);
}

static void use_bad_server(struct lab *lab)
{
    for (int i = 0; i < 2; i++) {
        struct server_judgement j = connect_to(lab, "pop.example.org", &lab->address);

        assert_int_equal(tls_fault_worst(j.faults), TLS_EXPIRED);
        assert_false(j.is_resumed);
    }
    assert_int_equal(server_sessions_count(server_trust_sessions(lab->trust)), 0);
}

static void no_session_of_a_bad_server_is_kept(void **state)
{
    static const struct lab_chain expired = {.leaf = {.from_h = -48, .to_h = -24}};

    for_both_versions(&expired, use_bad_server);
}

static void lose_trust(struct lab *lab)
{
    struct buf error = {0};

    assert_int_equal(connect_to(lab, "pop.example.org", &lab->address).faults, 0);
    server_trust_free(&lab->trust);
    lab->trust = server_trust_new(&lab->made.conf, &error);
    assert_non_null(lab->trust);
    assert_false(connect_to(lab, "pop.example.org", &lab->address).is_resumed);
}

static void sessions_end_with_the_trust(void **state)
{
    static const struct lab_chain good;

    for_both_versions(&good, lose_trust);
}

static SSL_SESSION *make_session(int64_t time_s, long timeout_s)
{
    static const unsigned char id[32] = {1};
    SSL_SESSION *session = SSL_SESSION_new();

    SSL_SESSION_set1_id(session, id, sizeof id);
    SSL_SESSION_set_time(session, (long)time_s);
    SSL_SESSION_set_timeout(session, timeout_s);
    return session;
}

static void put(struct server_sessions *sessions, unsigned number, long timeout_s)
{
    union inet_address address = lab_address("192.0.2.1", 995);
    SSL_SESSION *session = make_session(1000, timeout_s);
    struct server_session_key key;
    char name[32];

    snprintf(name, sizeof name, "n%u.example.org", number);
    server_session_key_set(&key, &address, name);
    server_sessions_put(sessions, &key, session);
    SSL_SESSION_free(session);
}

static bool has(struct server_sessions *sessions, unsigned number, int64_t now_s)
{
    union inet_address address = lab_address("192.0.2.1", 995);
    struct server_session_key key;
    char name[32];

    snprintf(name, sizeof name, "N%u.example.org", number);
    server_session_key_set(&key, &address, name);
    return server_sessions_get(sessions, &key, now_s) != NULL;
}

static void a_session_ends_after_an_hour_or_as_the_server_says(void **state)
{
    struct server_sessions *sessions = server_sessions_new();

    put(sessions, 1, 100000);
    assert_true(has(sessions, 1, 1000 + 3599));
    assert_false(has(sessions, 1, 1000 + 3600));
    assert_int_equal(server_sessions_count(sessions), 0);
    put(sessions, 1, 100);
    assert_true(has(sessions, 1, 1099));
    assert_false(has(sessions, 1, 1100));
    put(sessions, 1, 100);
    assert_false(has(sessions, 1, 999)); /* the clock was set back */
    server_sessions_free(&sessions);
    assert_null(sessions);
}

static void the_least_recently_used_session_gives_way(void **state)
{
    struct server_sessions *sessions = server_sessions_new();

    for (unsigned i = 0; i < SERVER_SESSIONS_MAX; i++)
        put(sessions, i, 100);
    assert_true(has(sessions, 0, 1000));
    put(sessions, SERVER_SESSIONS_MAX, 100);
    assert_int_equal(server_sessions_count(sessions), SERVER_SESSIONS_MAX);
    assert_true(has(sessions, 0, 1000));
    assert_false(has(sessions, 1, 1000));
    assert_true(has(sessions, 2, 1000));
    assert_true(has(sessions, SERVER_SESSIONS_MAX, 1000));
    server_sessions_free(&sessions);
}

static void a_new_session_replaces_that_of_the_same_key(void **state)
{
    struct server_sessions *sessions = server_sessions_new();

    put(sessions, 1, 100);
    put(sessions, 1, 200);
    assert_int_equal(server_sessions_count(sessions), 1);
    assert_true(has(sessions, 1, 1150));
    server_sessions_free(&sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_resumed_even_after_a_cut),
        cmocka_unit_test(a_session_is_never_used_for_another_name_or_server),
        cmocka_unit_test(a_resumed_session_is_compared_with_the_name_again),
        cmocka_unit_test(no_session_of_a_bad_server_is_kept),
        cmocka_unit_test(sessions_end_with_the_trust),
        cmocka_unit_test(a_session_ends_after_an_hour_or_as_the_server_says),
        cmocka_unit_test(the_least_recently_used_session_gives_way),
        cmocka_unit_test(a_new_session_replaces_that_of_the_same_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
