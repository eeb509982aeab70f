#include "sys/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void a_child_reads_it_by_the_descriptor_alone(void **state)
{
    struct secret secret;
    char text[8] = "";
    int status = 0;
    pid_t child;

    assert_true(secret_init(&secret));
    memcpy(secret.p, "geheim\n", 7);
    child = fork();
    if (child == 0) {
        bool is_mapped = msync(secret.p, SECRET_SIZE, MS_ASYNC) == 0 || errno != ENOMEM;
        bool is_read = pread(secret.fd, text, 7, 0) == 7 && memcmp(text, "geheim\n", 7) == 0;

        _exit(is_read && !is_mapped ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    secret_fini(&secret);
    assert_null(secret.p);
    secret_fini(&secret);
}

static void it_cannot_be_changed_by_the_descriptor(void **state)
{
    struct secret secret;

    assert_true(secret_init(&secret));
    assert_int_equal(pwrite(secret.fd, "x", 1, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(secret.fd, 0), -1);
    assert_ptr_equal(mmap(NULL, SECRET_SIZE, PROT_WRITE, MAP_SHARED, secret.fd, 0), MAP_FAILED);
    secret_fini(&secret);
}

static void its_descriptor_is_empty_afterwards(void **state)
{
    struct secret secret;
    char text[8] = "";
    int copy;

    assert_true(secret_init(&secret));
    memcpy(secret.p, "geheim\n", 7);
    copy = fcntl(secret.fd, F_DUPFD_CLOEXEC, 0);
    secret_fini(&secret);
    assert_int_equal(pread(copy, text, 7, 0), 7);
    assert_memory_equal(text, (char[7]){0}, 7);
    close(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_reads_it_by_the_descriptor_alone),
        cmocka_unit_test(it_cannot_be_changed_by_the_descriptor),
        cmocka_unit_test(its_descriptor_is_empty_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
