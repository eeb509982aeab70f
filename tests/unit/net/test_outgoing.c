#include "tests/unit/in_a_process.h"

#include "net/outgoing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static const struct identity nobody = {65534, 65534};

static void needs_root(void)
{
    if (geteuid() != 0)
        skip();
}

static struct sockaddr_in6 client6(uint16_t port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

    inet_pton(AF_INET6, "2001:db8::4", &address.sin6_addr);
    return address;
}

static struct sockaddr_in client4(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(0xc0000204)}};
}

static void is_an_ordinary_socket_without_options(void **state)
{
    struct outgoing outgoing = {0};
    struct sockaddr_in6 name = {0};
    socklen_t size = sizeof name;
    int fd = outgoing_socket(AF_INET6, &outgoing);

    assert_true(fd >= 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &size), 0);
    assert_int_equal(name.sin6_port, 0);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
}

static void has_the_mark(void **state)
{
    struct outgoing outgoing = {.mark = 0x6e00};
    uint32_t mark = 0;
    socklen_t size = sizeof mark;
    int fd;

    needs_root();
    fd = outgoing_socket(AF_INET, &outgoing);
    assert_true(fd >= 0);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_MARK, &mark, &size), 0);
    assert_int_equal(mark, 0x6e00);
    close(fd);
}

static void has_a_foreign_address(void **state)
{
    struct sockaddr_in in = client4(1234), name = {0};
    struct sockaddr_in6 in6 = client6(1234), name6 = {0};
    socklen_t size = sizeof name, size6 = sizeof name6;
    int fd, fd6;

    needs_root();
    fd = outgoing_socket(AF_INET, &(struct outgoing){.source = (struct sockaddr *)&in});
    fd6 = outgoing_socket(AF_INET6, &(struct outgoing){.source = (struct sockaddr *)&in6});
    assert_true(fd >= 0 && fd6 >= 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &size), 0);
    assert_int_equal(getsockname(fd6, (struct sockaddr *)&name6, &size6), 0);
    assert_int_equal(name.sin_addr.s_addr, in.sin_addr.s_addr);
    assert_memory_equal(&name6.sin6_addr, &in6.sin6_addr, sizeof in6.sin6_addr);
    assert_true(name.sin_port && name6.sin6_port);
    close(fd);
    close(fd6);
}

/* A network namespace in which the kernel can choose from two ports only. */
static bool leave_two_ports(void)
{
    static const char range[] = "40000 40001";
    int fd;
    bool done;

    if (unshare(CLONE_NEWNET) != 0)
        return false;
    fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
    done = write(fd, range, sizeof range - 1) == sizeof range - 1;
    close(fd);
    return done;
}

static int avoid_each_port(void)
{
    EXPECT(leave_two_ports());
    for (uint16_t port = 40000; port <= 40001; port++)
        for (int round = 0; round < 10; round++) {
            struct sockaddr_in client = client4(port), name = {0};
            socklen_t size = sizeof name;
            int fd = outgoing_socket(AF_INET, &(struct outgoing){.source = (struct sockaddr *)&client});

            EXPECT(fd >= 0);
            EXPECT(getsockname(fd, (struct sockaddr *)&name, &size) == 0);
            EXPECT(ntohs(name.sin_port) == 80001 - port);
            close(fd);
        }
    return 0;
}

static void never_uses_the_clients_port(void **state)
{
    needs_root();
    assert_int_equal(in_a_process(avoid_each_port), 0);
}

static int run_out_of_ports(void)
{
    struct sockaddr_in client = client4(40000);
    struct outgoing outgoing = {.source = (struct sockaddr *)&client};

    EXPECT(leave_two_ports());
    EXPECT(outgoing_socket(AF_INET, &outgoing) >= 0);
    EXPECT(outgoing_socket(AF_INET, &outgoing) < 0 && errno == EADDRINUSE);
    return 0;
}

static void fails_if_no_other_port_is_free(void **state)
{
    needs_root();
    assert_int_equal(in_a_process(run_out_of_ports), 0);
}

static int probe_all(void)
{
    struct sockaddr_in client = client4(0);

    EXPECT(outgoing_probe(&(struct outgoing){.mark = 1}, &nobody) == 0);
    EXPECT(outgoing_probe(&(struct outgoing){.source = (struct sockaddr *)&client}, &nobody) == 0);
    EXPECT(privileges_drop(&nobody, PRIVILEGES_NONE));
    EXPECT(outgoing_probe(&(struct outgoing){.mark = 1}, &nobody) == EPERM);
    EXPECT(outgoing_probe(&(struct outgoing){.source = (struct sockaddr *)&client}, &nobody) == EPERM);
    EXPECT(outgoing_probe(&(struct outgoing){0}, &nobody) == 0);
    return 0;
}

static void the_probe_checks_privileges(void **state)
{
    needs_root();
    assert_int_equal(in_a_process(probe_all), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_an_ordinary_socket_without_options),
        cmocka_unit_test(has_the_mark),
        cmocka_unit_test(has_a_foreign_address),
        cmocka_unit_test(never_uses_the_clients_port),
        cmocka_unit_test(fails_if_no_other_port_is_free),
        cmocka_unit_test(the_probe_checks_privileges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
