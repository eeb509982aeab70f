#include "sys/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static uint64_t watchdog_of(const char *usec, const char *pid)
{
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
    if (usec)
        setenv("WATCHDOG_USEC", usec, 1);
    if (pid)
        setenv("WATCHDOG_PID", pid, 1);
    return service_watchdog_ms();
}

static void the_watchdog_is_what_the_manager_asks_of_this_process(void **state)
{
    char own[24];

    snprintf(own, sizeof own, "%ld", (long)getpid());
    assert_int_equal(watchdog_of(NULL, NULL), 0);
    assert_int_equal(watchdog_of("20000000", NULL), 20000);
    assert_int_equal(watchdog_of("20000000", own), 20000);
    assert_int_equal(watchdog_of("20000000", "1"), 0);
    assert_int_equal(watchdog_of("20000000", "nobody"), 0);
    assert_int_equal(watchdog_of("", NULL), 0);
    assert_int_equal(watchdog_of("-1", NULL), 0);
    assert_int_equal(watchdog_of("20s", NULL), 0);
    assert_int_equal(watchdog_of("99999999999999999999", NULL), 0);
}

static void a_state_reaches_the_manager(void **state)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int n = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "postern-test-%ld", (long)getpid());
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    char path[sizeof name.sun_path + 1], told[64];

    snprintf(path, sizeof path, "@%s", name.sun_path + 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&name,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)),
                     0);
    setenv("NOTIFY_SOCKET", path, 1);
    service_notify("STATUS=2 of 2 proxies answer");
    assert_int_equal(recv(fd, told, sizeof told, MSG_DONTWAIT), 28);
    assert_memory_equal(told, "STATUS=2 of 2 proxies answer", 28);
    close(fd);
    unsetenv("NOTIFY_SOCKET");
    service_notify("READY=1"); /* without a service manager nothing happens */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_watchdog_is_what_the_manager_asks_of_this_process),
        cmocka_unit_test(a_state_reaches_the_manager),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
