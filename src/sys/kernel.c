#include "sys/kernel.h"

#include "sys/shared_readonly.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool has_pidfd(void)
{
    return close_if_open(pidfd_open(getpid(), 0));
}

static bool has_memfd(void)
{
    return close_if_open(memfd_create("probe", MFD_CLOEXEC | MFD_ALLOW_SEALING));
}

static bool has_future_write_seal(void)
{
    int fd = -1;
    void *memory = shared_readonly_new("probe", 1, &fd);

    if (memory)
        shared_readonly_free(memory, 1);
    close_if_open(fd);
    return memory || !has_memfd(); /* if memfd_create is missing, only that is reported */
}

static bool has_signalfd(void)
{
    sigset_t none;

    sigemptyset(&none);
    return close_if_open(signalfd(-1, &none, SFD_CLOEXEC));
}

/* Tries to install an invalid filter. A kernel with seccomp filters rejects it with EFAULT, any other kernel
 * with ENOSYS or EINVAL. */
static bool has_seccomp_filter(void)
{
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) == 0 ||
           (errno != ENOSYS && errno != EINVAL);
}

static const struct kernel_need needs[] = {
    {"pidfd_open", "Linux 5.3", "waiting for the programs that Postern runs", has_pidfd},
    {"F_SEAL_FUTURE_WRITE", "Linux 5.1", "sharing verdicts between processes", has_future_write_seal},
    {"memfd_create", "CONFIG_MEMFD_CREATE", "holding messages in memory", has_memfd},
    {"seccomp", "CONFIG_SECCOMP_FILTER", "sandboxing the processes that read mail", has_seccomp_filter},
    {"signalfd", "CONFIG_SIGNALFD", "receiving signals in the parent process", has_signalfd},
};

size_t kernel_lacks(const struct kernel_need *lacking[KERNEL_NEEDS_MAX])
{
    size_t n = 0;

    _Static_assert(sizeof needs / sizeof *needs <= KERNEL_NEEDS_MAX, "KERNEL_NEEDS_MAX");
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (!needs[i].is_met())
            lacking[n++] = &needs[i];
    return n;
}

bool kernel_has_ipv6(void)
{
    return close_if_open(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) || errno != EAFNOSUPPORT;
}
