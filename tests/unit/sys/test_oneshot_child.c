#include "sys/oneshot_child.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
static const bool is_sanitized = true; /* then there is no system call filter */
#else
static const bool is_sanitized = false;
#endif

enum { ANSWER = 20000 };

static struct event_base *base;
static int input;
static int done_count, answered_count;
static char last[ANSWER];

static void on_done(void *context, const void *answer)
{
    struct oneshot_child **place = context;

    done_count++;
    answered_count += answer != NULL;
    if (answer)
        memcpy(last, answer, ANSWER);
    oneshot_child_free(place);
}

static struct oneshot_child_work work_of(bool (*compute)(int, void *), uint64_t deadline_ms)
{
    return (struct oneshot_child_work){
        .compute = compute, .answer_size = ANSWER, .deadline_ms = deadline_ms, .done = on_done};
}

static bool copies(int fd, void *answer)
{
    memset(answer, 'z', ANSWER);
    return pread(fd, answer, 5, 0) == 5;
}

static bool crashes(int fd, void *answer)
{
    *(volatile char *)(uintptr_t)(fd - 1) = 1;
    return true;
}

static bool loops(int fd, void *answer)
{
    for (volatile bool forever = true; forever;)
        continue;
    return true;
}

static bool gives_up(int fd, void *answer)
{
    return false;
}

static bool says_too_much(int fd, void *answer)
{
    return write(0, "x", 1) == 1;
}

static bool says_too_little(int fd, void *answer)
{
    if (write(0, "x", 1) == 1)
        _exit(0);
    return false;
}

static bool says_nothing_and_ends_well(int fd, void *answer)
{
    _exit(0);
}

static bool opens(int fd, void *answer)
{
    return open("/", O_RDONLY) >= 0 || errno;
}

static bool connects(int fd, void *answer)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno;
}

static bool forks(int fd, void *answer)
{
    return fork() >= 0 || errno;
}

static bool maps(int fd, void *answer)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED || errno;
}

/* Only the answer's pipe and the input are open: neither standard error nor the parent's descriptors. */
static bool finds_no_other_descriptor(int fd, void *answer)
{
    for (int other = 2; other < 64; other++)
        if (write(other, "", 0) == 0 || errno != EBADF)
            return false;
    return true;
}

static struct oneshot_child_work mapped_work_of(bool (*compute)(struct span, void *))
{
    return (struct oneshot_child_work){
        .compute_mapped = compute, .answer_size = ANSWER, .deadline_ms = 5000, .done = on_done};
}

/* Memory in small and in large pieces, and growing. */
static bool copies_through_memory(struct span bytes, void *answer)
{
    char *small = malloc(100), *large = malloc(1 << 20);

    if (!small || !large || !(large = realloc(large, 8 << 20)))
        return false;
    memcpy(large, bytes.p, bytes.n);
    memcpy(answer, large, bytes.n);
    free(small);
    free(large);
    return true;
}

static bool writes_to_the_output(struct span bytes, void *answer)
{
    return write(ONESHOT_CHILD_OUTPUT_FD, bytes.p, bytes.n) == (ssize_t)bytes.n;
}

static bool has_no_output(struct span bytes, void *answer)
{
    return write(ONESHOT_CHILD_OUTPUT_FD, bytes.p, bytes.n) < 0;
}

static bool maps_code(struct span bytes, void *answer)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

/* Runs all of them at once and waits for the last. */
static void run(const struct oneshot_child_work *works, size_t n)
{
    struct oneshot_child *running[8];

    done_count = answered_count = 0;
    memset(last, 0, sizeof last);
    for (size_t i = 0; i < n; i++) {
        running[i] = oneshot_child_new(base, &works[i], input, NULL, &running[i]);
        assert_non_null(running[i]);
        assert_int_equal(done_count, 0);
    }
    while (done_count < (int)n)
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
    for (size_t i = 0; i < n; i++)
        assert_null(running[i]);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void gives_the_answer_whole(void **state)
{
    struct oneshot_child_work work = work_of(copies, 5000);

    run(&work, 1);
    assert_int_equal(answered_count, 1);
    assert_memory_equal(last, "hellozzz", 8);
    assert_int_equal(last[ANSWER - 1], 'z');
}

static void has_no_answer_of_one_that_dies_or_gives_up(void **state)
{
    struct oneshot_child_work works[] = {work_of(crashes, 5000), work_of(gives_up, 5000),
                                         work_of(says_nothing_and_ends_well, 5000)};

    run(works, 3);
    assert_int_equal(answered_count, 0);
}

static void has_no_answer_of_the_wrong_size(void **state)
{
    struct oneshot_child_work works[] = {work_of(says_too_much, 5000), work_of(says_too_little, 5000)};

    run(works, 2);
    assert_int_equal(answered_count, 0);
}

static void serves_others_while_one_is_stuck(void **state)
{
    struct oneshot_child_work stuck = work_of(loops, 60000), quick = work_of(copies, 5000);
    struct oneshot_child *hanging = NULL;

    hanging = oneshot_child_new(base, &stuck, input, NULL, &hanging);
    done_count = answered_count = 0;
    for (int i = 0; i < 3; i++) {
        struct oneshot_child *other = oneshot_child_new(base, &quick, input, NULL, &other);

        while (other)
            assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
    }
    assert_int_equal(answered_count, 3);
    assert_non_null(hanging);
    oneshot_child_free(&hanging);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void kills_at_the_deadline(void **state)
{
    struct oneshot_child_work work = work_of(loops, 100);
    struct timespec before, after;

    clock_gettime(CLOCK_MONOTONIC, &before);
    run(&work, 1);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_int_equal(answered_count, 0);
    assert_true(after.tv_sec - before.tv_sec < 5);
}

static void lets_it_do_nothing_but_compute(void **state)
{
    struct oneshot_child_work works[] = {work_of(opens, 5000), work_of(connects, 5000), work_of(forks, 5000),
                                         work_of(maps, 5000)};

    if (is_sanitized)
        skip();
    run(works, 4);
    assert_int_equal(answered_count, 0);
}

static void runs(const struct oneshot_child_work *work, const struct oneshot_child_output *output)
{
    struct oneshot_child *child = oneshot_child_new(base, work, input, output, &child);

    done_count = answered_count = 0;
    while (child)
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

static void may_allocate_if_its_input_is_mapped(void **state)
{
    struct oneshot_child_work works[] = {mapped_work_of(copies_through_memory),
                                         mapped_work_of(has_no_output)};

    runs(&works[0], NULL);
    assert_int_equal(answered_count, 1);
    assert_memory_equal(last, "hello", 5);
    runs(&works[1], NULL);
    assert_int_equal(answered_count, 1);
    if (is_sanitized)
        return;
    works[0] = mapped_work_of(maps_code);
    runs(&works[0], NULL);
    assert_int_equal(answered_count, 1);
}

static void may_write_so_much_to_its_output(void **state)
{
    struct oneshot_child_work work = mapped_work_of(writes_to_the_output);
    struct oneshot_child_output output = {memfd_create("output", MFD_CLOEXEC), 5};
    char written[8];

    runs(&work, &output);
    assert_int_equal(answered_count, 1);
    assert_int_equal(pread(output.fd, written, sizeof written, 0), 5);
    assert_memory_equal(written, "hello", 5);
    runs(&work, &output);
    assert_int_equal(answered_count, 0);
    close(output.fd);
}

static void leaves_it_no_other_descriptor(void **state)
{
    struct oneshot_child_work work = work_of(finds_no_other_descriptor, 5000);

    run(&work, 1);
    assert_int_equal(answered_count, 1);
}

static int open_input(void **state)
{
    input = memfd_create("input", MFD_CLOEXEC);
    base = event_base_new();
    return write(input, "hello", 5) == 5 ? 0 : -1;
}

static int close_input(void **state)
{
    event_base_free(base);
    return close(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_answer_whole),
        cmocka_unit_test(has_no_answer_of_one_that_dies_or_gives_up),
        cmocka_unit_test(has_no_answer_of_the_wrong_size),
        cmocka_unit_test(serves_others_while_one_is_stuck),
        cmocka_unit_test(kills_at_the_deadline),
        cmocka_unit_test(lets_it_do_nothing_but_compute),
        cmocka_unit_test(may_allocate_if_its_input_is_mapped),
        cmocka_unit_test(may_write_so_much_to_its_output),
        cmocka_unit_test(leaves_it_no_other_descriptor),
    };
    return cmocka_run_group_tests(tests, open_input, close_input);
}
