/* Includes the source, so that a test can die where a relay can. */
#include "proc/ipc/session_stats.c"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static struct session_stats *stats;

/* A second protocol. */
#define OTHER ((enum protocol_id)(PROTOCOL_POP3 + 1))

static struct sockaddr *client(unsigned number)
{
    static struct sockaddr_in in = {.sin_family = AF_INET};

    in.sin_addr.s_addr = htonl(0xc0a80000u + number);
    return (struct sockaddr *)&in;
}

static int open_stats(void **state)
{
    stats = session_stats_new(3);
    return stats ? 0 : -1;
}

static int close_stats(void **state)
{
    session_stats_free(&stats);
    return 0;
}

static void counts_over_all_relays_in_total_and_per_client(void **state)
{
    for (unsigned relay = 0; relay < 3; relay++)
        assert_int_equal(session_stats_enter(stats, relay, PROTOCOL_POP3, client(1), 0, 3), ERR_NONE);
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client(1), 0, 3),
                     ERR_SESSIONS_MAX_PER_CLIENT);
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client(2), 4, 3), ERR_NONE);
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client(3), 4, 3), ERR_SESSIONS_MAX);
    assert_int_equal(session_stats_total(stats), 4);
    session_stats_leave(stats, 2, PROTOCOL_POP3, client(1));
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client(1), 4, 3), ERR_NONE);
}

static void a_protocol_counts_its_own_sessions_only(void **state)
{
    for (unsigned relay = 0; relay < 3; relay++)
        assert_int_equal(session_stats_enter(stats, relay, PROTOCOL_POP3, client(1), 3, 3), ERR_NONE);
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client(2), 3, 3), ERR_SESSIONS_MAX);
    assert_int_equal(session_stats_enter(stats, 0, OTHER, client(1), 2, 1), ERR_NONE);
    assert_int_equal(session_stats_enter(stats, 1, OTHER, client(1), 2, 1), ERR_SESSIONS_MAX_PER_CLIENT);
    assert_int_equal(session_stats_enter(stats, 1, OTHER, client(2), 2, 1), ERR_NONE);
    assert_int_equal(session_stats_enter(stats, 2, OTHER, client(3), 2, 1), ERR_SESSIONS_MAX);
    assert_int_equal(session_stats_total(stats), 5);
    session_stats_leave(stats, 0, OTHER, client(1));
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client(1), 3, 3), ERR_SESSIONS_MAX);
    assert_int_equal(session_stats_enter(stats, 2, OTHER, client(1), 2, 1), ERR_NONE);
    session_stats_forget_relay(stats, 0);
    session_stats_forget_relay(stats, 1);
    assert_int_equal(session_stats_total(stats), 2);
    assert_int_equal(session_stats_enter(stats, 0, OTHER, client(1), 2, 1), ERR_SESSIONS_MAX_PER_CLIENT);
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client(1), 3, 3), ERR_NONE);
}

static void knows_an_ipv4_client_in_its_mapped_form(void **state)
{
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6};

    mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
    memcpy(mapped.sin6_addr.s6_addr + 12, (uint8_t[]){192, 168, 0, 1}, 4);
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client(1), 0, 1), ERR_NONE);
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, (struct sockaddr *)&mapped, 0, 1),
                     ERR_SESSIONS_MAX_PER_CLIENT);
}

static void a_client_is_a_64_of_ipv6(void **state)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
                               .sin6_addr.s6_addr = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1}};
    struct sockaddr *client = (struct sockaddr *)&in6;

    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client, 0, 2), ERR_NONE);
    in6.sin6_addr.s6_addr[8] = 0x80;
    assert_int_equal(session_stats_enter(stats, 1, PROTOCOL_POP3, client, 0, 2), ERR_NONE);
    in6.sin6_addr.s6_addr[15] = 7;
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client, 0, 2), ERR_SESSIONS_MAX_PER_CLIENT);
    in6.sin6_addr.s6_addr[7] = 2;
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client, 0, 2), ERR_NONE);
    in6.sin6_addr.s6_addr[7] = 1;
    session_stats_leave(stats, 1, PROTOCOL_POP3, client);
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client, 0, 2), ERR_NONE);
}

static void a_limit_of_zero_is_none(void **state)
{
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client(1), 0, 0), ERR_NONE);
    assert_int_equal(session_stats_total(stats), 1000);
}

static void leaving_twice_counts_once(void **state)
{
    session_stats_enter(stats, 0, PROTOCOL_POP3, client(1), 0, 0);
    session_stats_leave(stats, 0, PROTOCOL_POP3, client(1));
    session_stats_leave(stats, 0, PROTOCOL_POP3, client(1));
    session_stats_leave(stats, 1, PROTOCOL_POP3, client(1));
    assert_int_equal(session_stats_total(stats), 0);
}

static void many_clients_come_and_go_and_leave_nothing(void **state)
{
    uint32_t random = 1;
    unsigned here[5000] = {0}, total = 0;

    for (unsigned i = 0; i < 200000; i++) {
        unsigned number;

        random = random * 1664525 + 1013904223;
        number = (random >> 8) % 5000;
        if (here[number]) {
            session_stats_leave(stats, number % 3, PROTOCOL_POP3, client(number));
            here[number]--, total--;
        } else {
            assert_int_equal(session_stats_enter(stats, number % 3, PROTOCOL_POP3, client(number), 0, 1),
                             ERR_NONE);
            here[number]++, total++;
        }
        assert_int_equal(sum(stats, PROTOCOL_POP3), total);
    }
    for (unsigned number = 0; number < 5000; number++)
        assert_int_equal(session_stats_enter(stats, number % 3, PROTOCOL_POP3, client(number), 0, 1),
                         here[number] ? ERR_SESSIONS_MAX_PER_CLIENT : ERR_NONE);
    for (unsigned number = 0; number < 5000; number++)
        session_stats_leave(stats, number % 3, PROTOCOL_POP3, client(number));
    for (size_t slot = 0; slot < SLOTS; slot++)
        assert_int_equal(stats->rows[slot].used, 0);
}

static void forgets_only_the_dead_relay(void **state)
{
    for (unsigned number = 0; number < 500; number++)
        for (unsigned relay = 0; relay < 3; relay++)
            session_stats_enter(stats, relay, PROTOCOL_POP3, client(number), 0, 0);
    session_stats_forget_relay(stats, 1);
    assert_int_equal(session_stats_total(stats), 1000);
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client(7), 0, 3), ERR_NONE);
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client(7), 0, 3),
                     ERR_SESSIONS_MAX_PER_CLIENT);
}

static void run_and_reap(void (*child)(void), int signal_expected)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        child();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, signal_expected);
}

static void enter_once(void)
{
    session_stats_enter(stats, 1, PROTOCOL_POP3, client(1), 0, 0);
}

static void die_with_the_lock(void)
{
    struct row *row = &stats->rows[first_slot(stats, (uint8_t[16]){0})];

    shared_lock_take(&stats->lock);
    row->relay = 1;
    row->used = 1;
    row->count = 1; /* entered, but not yet in the total */
    raise(SIGKILL);
}

static void counts_over_processes(void **state)
{
    run_and_reap(enter_once, 0);
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client(1), 0, 1),
                     ERR_SESSIONS_MAX_PER_CLIENT);
}

static void survives_a_relay_killed_while_it_holds_the_lock(void **state)
{
    session_stats_enter(stats, 0, PROTOCOL_POP3, client(1), 0, 0);
    run_and_reap(die_with_the_lock, SIGKILL);
    alarm(10); /* a lock that is never released would hang here */
    assert_int_equal(session_stats_enter(stats, 0, PROTOCOL_POP3, client(1), 0, 2), ERR_NONE);
    session_stats_forget_relay(stats, 1);
    alarm(0);
    assert_int_equal(session_stats_total(stats), 2);
    session_stats_leave(stats, 0, PROTOCOL_POP3, client(1));
    session_stats_leave(stats, 0, PROTOCOL_POP3, client(1));
    for (size_t slot = 0; slot < SLOTS; slot++)
        assert_int_equal(stats->rows[slot].used, 0);
}

static void counts_of_all_processes_add_up(void **state)
{
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            for (int n = 0; n < 1000; n++)
                session_stats_count(stats, PROTOCOL_POP3, SESSION_STATS_DELIVERED);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    assert_int_equal(session_stats_counted(stats, PROTOCOL_POP3, SESSION_STATS_DELIVERED), 3000);
    assert_int_equal(session_stats_counted(stats, PROTOCOL_POP3, SESSION_STATS_REPLACED), 0);
    assert_int_equal(session_stats_counted(stats, OTHER, SESSION_STATS_DELIVERED), 0);
    assert_string_equal(session_stats_counter_name(SESSION_STATS_DELIVERED), "delivered");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_stats, close_stats)
    const struct CMUnitTest tests[] = {
        T(counts_of_all_processes_add_up),
        T(counts_over_all_relays_in_total_and_per_client),
        T(a_protocol_counts_its_own_sessions_only),
        T(knows_an_ipv4_client_in_its_mapped_form),
        T(a_client_is_a_64_of_ipv6),
        T(a_limit_of_zero_is_none),
        T(leaving_twice_counts_once),
        T(many_clients_come_and_go_and_leave_nothing),
        T(forgets_only_the_dead_relay),
        T(counts_over_processes),
        T(survives_a_relay_killed_while_it_holds_the_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
