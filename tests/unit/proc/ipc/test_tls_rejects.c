/* Includes the source, so that a test can die where a relay can. */
#include "proc/ipc/tls_rejects.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct tls_rejects *rejects;

static int open_table(void **state)
{
    rejects = tls_rejects_new();
    return rejects ? 0 : -1;
}

static int close_table(void **state)
{
    tls_rejects_free(&rejects);
    return 0;
}

static union inet_address address(unsigned number, uint16_t port)
{
    return (union inet_address){
        .in = {.sin_family = AF_INET, .sin_addr = {htonl(0x0a000000 + number)}, .sin_port = htons(port)}};
}

static struct tls_rejects_pair pair(unsigned client, unsigned server, uint64_t authority)
{
    return (struct tls_rejects_pair){.client = address(client, (uint16_t)(1024 + rand() % 1000)),
                                     .server = address(server, 995),
                                     .authority = authority};
}

static unsigned note(struct tls_rejects_pair it, uint64_t now_ms)
{
    return tls_rejects_note(rejects, &it, now_ms);
}

static unsigned count(struct tls_rejects_pair it, uint64_t since_ms)
{
    return tls_rejects_count(rejects, &it, since_ms);
}

static void each_process_counts_for_all(void **state)
{
    int status = 0;

    for (unsigned n = 0; n < 3; n++) {
        pid_t child = fork();

        if (child == 0)
            _exit(note(pair(1, 1, 1), 10) == n + 1 ? 0 : 1);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    assert_int_equal(count(pair(1, 1, 1), 0), 3);
}

static void others_are_counted_apart(void **state)
{
    struct tls_rejects_pair other_port = pair(1, 1, 1);

    address_set_port(&other_port.server, 110);
    assert_int_equal(note(pair(1, 1, 1), 10), 1);
    assert_int_equal(note(pair(2, 1, 1), 10), 1);
    assert_int_equal(note(pair(1, 2, 1), 10), 1);
    assert_int_equal(note(pair(1, 1, 2), 10), 1);
    assert_int_equal(note(other_port, 10), 1);
    assert_int_equal(note(pair(1, 1, 1), 10), 2);
}

static void a_success_is_never_forgotten(void **state)
{
    struct tls_rejects_pair it = pair(1, 1, 1);

    assert_int_equal(note(it, 10), 1);
    tls_rejects_note_success(rejects, &it, 20);
    assert_int_equal(note(it, 30), 0);
    assert_int_equal(count(it, 0), 0);
    assert_int_equal(note(pair(1, 1, 2), 40), 1);
}

static void only_the_last_time_counts(void **state)
{
    note(pair(1, 1, 1), 10);
    note(pair(1, 1, 1), 50);
    assert_int_equal(count(pair(1, 1, 1), 50), 2);
    assert_int_equal(count(pair(1, 1, 1), 51), 0);
}

static void a_full_table_forgets_the_oldest(void **state)
{
    for (unsigned n = 0; n < PAIRS_MAX; n++)
        note(pair(n, 1, 1), 10 + n);
    note(pair(0, 1, 1), 10 + PAIRS_MAX);
    note(pair(PAIRS_MAX, 1, 1), 11 + PAIRS_MAX);
    assert_int_equal(count(pair(0, 1, 1), 0), 2);
    assert_int_equal(count(pair(1, 1, 1), 0), 0);
    assert_int_equal(count(pair(2, 1, 1), 0), 1);
}

static void a_process_that_dies_with_the_lock_blocks_no_other(void **state)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        shared_lock_take(&rejects->lock);
        get(rejects, &(struct tls_rejects_pair){.client = address(1, 1), .server = address(1, 995)}, 10);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    alarm(10); /* a lock that is never released would hang here */
    assert_int_equal(note(pair(2, 1, 1), 10), 1);
    alarm(0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_table, close_table)
    const struct CMUnitTest tests[] = {
        T(each_process_counts_for_all),     T(others_are_counted_apart),
        T(a_success_is_never_forgotten),    T(only_the_last_time_counts),
        T(a_full_table_forgets_the_oldest), T(a_process_that_dies_with_the_lock_blocks_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
