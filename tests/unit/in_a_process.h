/* in_a_process: runs a test body in a process of its own, for changes that a process cannot revert. Included
 * by at most one file per test. */
#ifndef POSTERN_TESTS_IN_A_PROCESS_H
#define POSTERN_TESTS_IN_A_PROCESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* Returns the wait status; 0: the body returned 0. */
static int in_a_process(int (*body)(void))
{
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(body());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* cmocka's assertions do not work in such a body; use this instead. */
#define EXPECT(condition)                                           \
    do {                                                            \
        if (!(condition)) {                                         \
            fprintf(stderr, "line %d: " #condition "\n", __LINE__); \
            return 1;                                               \
        }                                                           \
    } while (0)

#endif
