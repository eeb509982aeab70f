/* lacking: runs a program as on a kernel that lacks something. A simulation: a seccomp filter answers the
 * calls with the errors of such a kernel, and an empty file system covers its files below /proc.
 *
 *     lacking WHAT... -- PROGRAM [ARGUMENT]...
 *
 * WHAT: close_range (before Linux 5.9), cloexec_range (before 5.11), pidfd_open (before 5.3), future_write
 * (before 5.1), seccomp (CONFIG_SECCOMP off), memfd, signalfd, landlock, ipv6. Needs root. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct lack {
    const char *name;
    int call, error;
    unsigned count; /* number of conditions */
    struct scmp_arg_cmp on[2];
};

static const struct lack lacks[] = {
    {"close_range", SCMP_SYS(close_range), ENOSYS, 0, {{0}}},
    {"cloexec_range", SCMP_SYS(close_range), EINVAL, 1, {{2, SCMP_CMP_NE, 0, 0}}},
    {"pidfd_open", SCMP_SYS(pidfd_open), ENOSYS, 0, {{0}}},
    {"future_write",
     SCMP_SYS(fcntl),
     EINVAL,
     2,
     {{1, SCMP_CMP_EQ, 1033, 0}, {2, SCMP_CMP_MASKED_EQ, 0x10, 0x10}}},
    {"seccomp", SCMP_SYS(seccomp), ENOSYS, 0, {{0}}},
    {"seccomp", SCMP_SYS(prctl), EINVAL, 1, {{0, SCMP_CMP_EQ, PR_SET_SECCOMP, 0}}},
    {"memfd", SCMP_SYS(memfd_create), ENOSYS, 0, {{0}}},
    {"signalfd", SCMP_SYS(signalfd4), ENOSYS, 0, {{0}}},
    {"landlock", SCMP_SYS(landlock_create_ruleset), ENOSYS, 0, {{0}}},
    {"ipv6", SCMP_SYS(socket), EAFNOSUPPORT, 1, {{0, SCMP_CMP_EQ, AF_INET6, 0}}},
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "lacking: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* In addition to socket(AF_INET6): an empty directory in place of its settings. */
static void hide_ipv6(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/proc/sys/net/ipv6", "tmpfs", MS_RDONLY, "size=4k") != 0)
        fail("hiding /proc/sys/net/ipv6");
}

static bool lack(scmp_filter_ctx filter, const char *name)
{
    bool is_known = false;

    for (size_t i = 0; i < COUNT(lacks); i++) {
        const struct lack *lack = &lacks[i];

        if (strcmp(lack->name, name) != 0)
            continue;
        is_known = true;
        if ((errno = -seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((uint32_t)lack->error), lack->call,
                                             lack->count, lack->on)) != 0)
            fail(name);
    }
    if (is_known && strcmp(name, "ipv6") == 0)
        hide_ipv6();
    return is_known;
}

int main(int argc, char **argv)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int i = 1;

    if (!filter || seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0) != 0)
        fail("filter");
    for (; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (!lack(filter, argv[i]))
            fail(argv[i]);
    if (i + 1 >= argc)
        fail("usage: lacking WHAT... -- PROGRAM [ARGUMENT]...");
    if ((errno = -seccomp_load(filter)) != 0)
        fail("seccomp_load");
    execvp(argv[i + 1], argv + i + 1);
    fail(argv[i + 1]);
}
