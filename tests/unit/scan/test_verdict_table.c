#include "scan/verdict_table.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { ENTRIES = 100 };

static struct verdict_table *table;
static struct verdict_table_view *view;

static int open_board(void **state)
{
    table = verdict_table_new(ENTRIES);
    view = table ? verdict_table_view_new(verdict_table_fd(table), ENTRIES) : NULL;
    return view ? 0 : -1;
}

static int close_board(void **state)
{
    verdict_table_view_free(&view);
    verdict_table_free(&table);
    return table || view;
}

static struct digest digest_of(uint32_t n)
{
    struct digest digest = {{0}};

    memcpy(digest.bytes, &n, sizeof n);
    return digest;
}

static void post(uint32_t n, const char *found)
{
    struct digest digest = digest_of(n);
    struct verdict verdict = {.kind = VERDICT_CLEAN};

    if (found)
        verdict_set_found(&verdict, span_of(found));
    verdict_table_post(table, MESSAGE_MAIL, n, &digest, &verdict);
}

static bool get(uint32_t n, struct verdict *verdict)
{
    struct digest digest = digest_of(n);

    return verdict_table_view_get(view, MESSAGE_MAIL, n, &digest, verdict);
}

static void readers_find_the_verdict_of_each_message(void **state)
{
    struct verdict verdict;

    assert_false(get(0, &verdict));
    post(0, NULL);
    post(1, "Eicar");
    assert_true(get(0, &verdict));
    assert_int_equal(verdict.kind, VERDICT_CLEAN);
    assert_true(get(1, &verdict));
    assert_int_equal(verdict.kind, VERDICT_INFECTED);
    assert_string_equal(verdict.name, "Eicar");
    post(1, NULL);
    assert_true(get(1, &verdict));
    assert_int_equal(verdict.kind, VERDICT_CLEAN);
    assert_false(get(2, &verdict));
}

static void rejects_unknown_messages_by_fingerprint(void **state)
{
    struct digest other = digest_of(7);
    struct verdict verdict;

    assert_false(verdict_table_view_has(view, MESSAGE_MAIL, 1));
    post(1, NULL);
    assert_true(verdict_table_view_has(view, MESSAGE_MAIL, 1));
    assert_false(verdict_table_view_has(view, MESSAGE_MAIL, 1 + ENTRIES));
    assert_false(verdict_table_view_get(view, MESSAGE_MAIL, 1, &other,
                                        &verdict)); /* an equal fingerprint is not enough */
    verdict_table_clear(table);
    assert_false(verdict_table_view_has(view, MESSAGE_MAIL, 1));
}

static void distinguishes_mail_and_file_of_the_same_bytes(void **state)
{
    struct digest digest = digest_of(1);
    struct verdict clean = {.kind = VERDICT_CLEAN}, verdict;

    post(1, "Eicar");
    assert_false(verdict_table_view_has(view, MESSAGE_FILE, 1));
    assert_false(verdict_table_view_get(view, MESSAGE_FILE, 1, &digest, &verdict));
    verdict_table_post(table, MESSAGE_FILE, 1, &digest, &clean);
    assert_true(verdict_table_view_has(view, MESSAGE_FILE, 1));
    assert_true(verdict_table_view_get(view, MESSAGE_FILE, 1, &digest, &verdict));
    assert_int_equal(verdict.kind, VERDICT_CLEAN);
    assert_true(get(1, &verdict));
    assert_int_equal(verdict.kind, VERDICT_INFECTED);
}

static void clear_invalidates_all_entries(void **state)
{
    struct verdict verdict;

    post(1, NULL);
    verdict_table_clear(table);
    assert_false(get(1, &verdict));
    post(2, NULL);
    assert_true(get(2, &verdict));
    assert_false(get(1, &verdict));
}

static void respects_its_capacity_and_always_has_the_newest_entry(void **state)
{
    struct verdict verdict;
    int kept = 0;

    for (uint32_t n = 0; n < 1000; n++) {
        post(n, NULL);
        assert_true(get(n, &verdict));
    }
    for (uint32_t n = 0; n < 1000; n++)
        kept += get(n, &verdict);
    assert_int_equal(kept, ENTRIES);
}

static void readers_cannot_write(void **state)
{
    int fd = verdict_table_fd(table);
    void *memory = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_int_equal(mprotect(memory, 4096, PROT_READ | PROT_WRITE), -1);
    munmap(memory, 4096);
    assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(ftruncate(fd, 1 << 20), -1);
}

static void refuses_memory_that_could_shrink(void **state)
{
    int fd = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    off_t size = lseek(verdict_table_fd(table), 0, SEEK_END);

    assert_true(fd >= 0 && size > 0);
    assert_int_equal(ftruncate(fd, size), 0);
    assert_null(verdict_table_view_new(fd, ENTRIES));
    assert_null(verdict_table_view_new(verdict_table_fd(table), ENTRIES * 2));
    assert_null(verdict_table_view_new(verdict_table_fd(table), UINT32_MAX));
    close(fd);
}

/* Returns 0 if no verdict was torn. */
static int read_many(void)
{
    struct verdict verdict;

    for (int i = 0; i < 200000; i++)
        if (get(1, &verdict) && strspn(verdict.name, (char[]){verdict.name[0], '\0'}) != strlen(verdict.name))
            return 1;
    return 0;
}

/* A writer alternates without pause between two verdicts with parts that belong together. */
static void never_returns_a_half_written_verdict(void **state)
{
    int status;
    pid_t reader;

    post(1, "A");
    reader = fork();
    assert_true(reader >= 0);
    if (reader == 0)
        _exit(read_many());
    for (unsigned turn = 1; turn % 1000 != 0 || waitpid(reader, &status, WNOHANG) == 0; turn++) {
        post(1, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        post(1, "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB");
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* A process forked from scan that parses mail must not have access. */
static void a_forked_process_does_not_inherit_the_table(void **state)
{
    int status;
    pid_t child;

    post(1, "Found");
    child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        post(2, "Forged");
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    post(3, "Found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(readers_find_the_verdict_of_each_message, open_board, close_board),
        cmocka_unit_test_setup_teardown(rejects_unknown_messages_by_fingerprint, open_board, close_board),
        cmocka_unit_test_setup_teardown(distinguishes_mail_and_file_of_the_same_bytes, open_board,
                                        close_board),
        cmocka_unit_test_setup_teardown(clear_invalidates_all_entries, open_board, close_board),
        cmocka_unit_test_setup_teardown(respects_its_capacity_and_always_has_the_newest_entry, open_board,
                                        close_board),
        cmocka_unit_test_setup_teardown(readers_cannot_write, open_board, close_board),
        cmocka_unit_test_setup_teardown(a_forked_process_does_not_inherit_the_table, open_board, close_board),
        cmocka_unit_test_setup_teardown(refuses_memory_that_could_shrink, open_board, close_board),
        cmocka_unit_test_setup_teardown(never_returns_a_half_written_verdict, open_board, close_board),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
