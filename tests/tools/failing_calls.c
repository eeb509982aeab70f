/* Calls of the C library that fail on demand, for LD_PRELOAD. The file $FAILING_CALLS, which is mapped once and shared by
 * all processes, contains struct plan; lab/failing_calls.py writes it.
 *
 * The calls of the processes of one role are counted if the planned fault can happen to them. The call with the planned
 * number fails, once: an error is returned without the call having been made, or, for SHORT, only its first octet is
 * transferred. No wrapper makes a system call of its own, as some processes may make only a few. */

/* As in clamav/libc_watch.c: no inline checks, no names for 64 bits. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum fault { NONE, MEMORY, INTERRUPTED, AGAIN, SHORT, NO_SPACE, NO_DESCRIPTOR, RESET, IO_ERROR };

static const int errors[] = {0, ENOMEM, EINTR, EAGAIN, 0, ENOSPC, EMFILE, ECONNRESET, EIO};

struct plan {
    int64_t fault;    /* enum fault */
    int64_t number;   /* of the call that fails; 0: none; -1: every call */
    int64_t counted;  /* calls to which the fault can happen */
    int64_t injected; /* failures */
    char role[16];    /* "relay", "scan" ...; of `processes` or their children */
    char call[24];    /* the function that failed last */
};

static volatile struct plan *plan;
static char role[16] = "parent";

__attribute__((constructor)) static void map(void)
{
    const char *path = getenv("FAILING_CALLS");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (strstr(program_invocation_short_name, "clamav"))
        strcpy(role, "clamav");
    if (fd >= 0)
        close(fd);
    if (at != MAP_FAILED)
        plan = at;
}

/* Counts the call. Returns whether it has to fail, and sets errno. */
static bool fails(enum fault fault, const char *call)
{
    int64_t number;

    if (!plan || plan->fault != fault || strcmp((const char *)plan->role, role) != 0)
        return false;
    number = __atomic_add_fetch(&plan->counted, 1, __ATOMIC_SEQ_CST);
    if (plan->number != -1 && plan->number != number)
        return false;
    strncpy((char *)plan->call, call, sizeof plan->call - 1);
    __atomic_add_fetch(&plan->injected, 1, __ATOMIC_SEQ_CST);
    if (errors[fault])
        errno = errors[fault];
    return true;
}

#define BIT(fault) (1u << (fault))

static bool fails_by_any(unsigned faults, const char *call)
{
    return plan && faults & BIT(plan->fault) && fails((enum fault)plan->fault, call);
}

/* Sets `real` to the next library's function of this name. */
#define REAL(name)                             \
    static __typeof__(&name) real;             \
    if (!real) {                               \
        void *found = dlsym(RTLD_NEXT, #name); \
        if (!found)                            \
            abort();                           \
        memcpy(&real, &found, sizeof real);    \
    }

/* Defines a wrapper that returns `failure` for the faults, and makes the call with `short_n` in the place of n for SHORT. */
#define WRAP(type, name, failure, faults, parameters, arguments) \
    type name parameters                                         \
    {                                                            \
        REAL(name)                                               \
        if (fails_by_any(faults, #name))                         \
            return failure;                                      \
        return real arguments;                                   \
    }

#define WRAP_TRANSFER(type, name, faults, parameters, arguments) \
    type name parameters                                         \
    {                                                            \
        REAL(name)                                               \
        if (n > 1 && fails(SHORT, #name))                        \
            n = 1;                                               \
        else if (fails_by_any(faults, #name))                    \
            return -1;                                           \
        return real arguments;                                   \
    }

enum {
    ANY_READ = BIT(INTERRUPTED) | BIT(AGAIN) | BIT(IO_ERROR),
    ANY_WRITE = ANY_READ | BIT(NO_SPACE),
    ON_SOCKET = BIT(INTERRUPTED) | BIT(AGAIN) | BIT(RESET),
    NEW_FILE = BIT(NO_DESCRIPTOR) | BIT(NO_SPACE) | BIT(IO_ERROR),
    NEW_DESCRIPTOR = BIT(NO_DESCRIPTOR) | BIT(MEMORY),
};

WRAP_TRANSFER(ssize_t, read, ANY_READ, (int fd, void *p, size_t n), (fd, p, n))
WRAP_TRANSFER(ssize_t, pread64, ANY_READ, (int fd, void *p, size_t n, off64_t at), (fd, p, n, at))
WRAP_TRANSFER(ssize_t, write, ANY_WRITE, (int fd, const void *p, size_t n), (fd, p, n))
WRAP_TRANSFER(ssize_t, pwrite64, ANY_WRITE, (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at))
WRAP_TRANSFER(ssize_t, recv, ON_SOCKET, (int fd, void *p, size_t n, int flags), (fd, p, n, flags))
WRAP_TRANSFER(ssize_t, send, ON_SOCKET, (int fd, const void *p, size_t n, int flags), (fd, p, n, flags))
WRAP(ssize_t, readv, -1, ON_SOCKET, (int fd, const struct iovec *p, int n), (fd, p, n))
WRAP(ssize_t, writev, -1, ANY_WRITE, (int fd, const struct iovec *p, int n), (fd, p, n))

ssize_t __read_chk(int fd, void *p, size_t n, size_t capacity);
WRAP_TRANSFER(ssize_t, __read_chk, ANY_READ, (int fd, void *p, size_t n, size_t capacity), (fd, p, n, capacity))

/* Only a message in several pieces is one of a stream. */
ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(sendmsg)
    if (message->msg_iovlen > 1 && fails(SHORT, "sendmsg"))
        return send(fd, message->msg_iov[0].iov_base, message->msg_iov[0].iov_len ? 1 : 0, flags);
    return fails_by_any(ON_SOCKET | BIT(MEMORY), "sendmsg") ? -1 : real(fd, message, flags);
}

/* Without a free descriptor, the kernel drops those that a message carries. */
static void drop_carried(struct msghdr *message)
{
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header))
        for (size_t at = 0; at + CMSG_LEN(sizeof(int)) <= header->cmsg_len; at += sizeof(int)) {
            int fd;

            memcpy(&fd, CMSG_DATA(header) + at, sizeof fd);
            close(fd);
        }
    message->msg_controllen = 0;
    message->msg_flags |= MSG_CTRUNC;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t n;

    REAL(recvmsg)
    if (fails_by_any(ON_SOCKET, "recvmsg"))
        return -1;
    n = real(fd, message, flags);
    if (n >= 0 && message->msg_controllen && CMSG_FIRSTHDR(message) &&
        CMSG_FIRSTHDR(message)->cmsg_type == SCM_RIGHTS && fails(NO_DESCRIPTOR, "recvmsg"))
        drop_carried(message);
    return n;
}

WRAP(int, accept4, -1, BIT(INTERRUPTED) | BIT(AGAIN) | BIT(RESET) | NEW_DESCRIPTOR,
     (int fd, struct sockaddr *from, socklen_t *size, int flags), (fd, from, size, flags))
WRAP(int, connect, -1, BIT(INTERRUPTED) | BIT(AGAIN) | BIT(RESET), (int fd, const struct sockaddr *to, socklen_t size),
     (fd, to, size))
WRAP(int, epoll_wait, -1, BIT(INTERRUPTED), (int fd, struct epoll_event *events, int max, int timeout),
     (fd, events, max, timeout))
WRAP(int, epoll_ctl, -1, what == EPOLL_CTL_ADD ? BIT(MEMORY) | BIT(NO_SPACE) : 0,
     (int fd, int what, int on, struct epoll_event *event), (fd, what, on, event))
WRAP(int, poll, -1, BIT(INTERRUPTED) | BIT(MEMORY), (struct pollfd *on, nfds_t n, int timeout), (on, n, timeout))
WRAP(pid_t, waitpid, -1, BIT(INTERRUPTED), (pid_t pid, int *status, int flags), (pid, status, flags))
WRAP(int, waitid, -1, BIT(INTERRUPTED), (idtype_t type, id_t id, siginfo_t *info, int flags), (type, id, info, flags))

WRAP(int, socket, -1, NEW_DESCRIPTOR, (int family, int type, int protocol), (family, type, protocol))
WRAP(int, socketpair, -1, NEW_DESCRIPTOR, (int family, int type, int protocol, int ends[2]),
     (family, type, protocol, ends))
WRAP(int, pipe2, -1, NEW_DESCRIPTOR, (int ends[2], int flags), (ends, flags))
WRAP(int, memfd_create, -1, NEW_DESCRIPTOR, (const char *name, unsigned flags), (name, flags))
WRAP(int, epoll_create1, -1, NEW_DESCRIPTOR, (int flags), (flags))
WRAP(int, pidfd_open, -1, NEW_DESCRIPTOR, (pid_t pid, unsigned flags), (pid, flags))
WRAP(int, inotify_init1, -1, NEW_DESCRIPTOR, (int flags), (flags))

#define WRAP_OPEN(name, before, arguments)                                                       \
    int name(before const char *path, int flags, ...)                                            \
    {                                                                                            \
        unsigned faults = NEW_FILE & ~(flags & (O_CREAT | __O_TMPFILE) ? 0 : BIT(NO_SPACE));     \
        mode_t mode = 0;                                                                         \
        REAL(name)                                                                               \
        if (flags & (O_CREAT | __O_TMPFILE)) {                                                   \
            va_list rest;                                                                        \
            va_start(rest, flags);                                                               \
            mode = va_arg(rest, mode_t);                                                         \
            va_end(rest);                                                                        \
        }                                                                                        \
        return fails_by_any(faults, #name) ? -1 : real arguments;                                \
    }
#define NOTHING
#define DIRECTORY int directory,
WRAP_OPEN(open, NOTHING, (path, flags, mode))
WRAP_OPEN(open64, NOTHING, (path, flags, mode))
WRAP_OPEN(openat, DIRECTORY, (directory, path, flags, mode))
WRAP_OPEN(openat64, DIRECTORY, (directory, path, flags, mode))

/* All commands of fcntl take one word, or nothing. */
static int fcntl_that_fails(int (*real)(int, int, ...), const char *call, int fd, int command, long argument)
{
    bool makes_descriptor = command == F_DUPFD || command == F_DUPFD_CLOEXEC;

    return makes_descriptor && fails_by_any(NEW_DESCRIPTOR, call) ? -1 : real(fd, command, argument);
}

#define WRAP_FCNTL(name)                                          \
    int name(int fd, int command, ...)                            \
    {                                                             \
        va_list rest;                                             \
        long argument;                                            \
        REAL(name)                                                \
        va_start(rest, command);                                  \
        argument = va_arg(rest, long);                            \
        va_end(rest);                                             \
        return fcntl_that_fails(real, #name, fd, command, argument); \
    }
WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)

WRAP(int, fsync, -1, BIT(NO_SPACE) | BIT(IO_ERROR) | BIT(INTERRUPTED), (int fd), (fd))
WRAP(int, ftruncate64, -1, BIT(NO_SPACE) | BIT(IO_ERROR), (int fd, off64_t size), (fd, size))
WRAP(int, linkat, -1, BIT(NO_SPACE) | BIT(IO_ERROR), (int a, const char *from, int b, const char *to, int flags),
     (a, from, b, to, flags))
WRAP(int, renameat, -1, BIT(NO_SPACE) | BIT(IO_ERROR), (int a, const char *from, int b, const char *to),
     (a, from, b, to))
WRAP(int, renameat2, -1, BIT(NO_SPACE) | BIT(IO_ERROR),
     (int a, const char *from, int b, const char *to, unsigned flags), (a, from, b, to, flags))
WRAP(int, unlinkat, -1, BIT(IO_ERROR), (int directory, const char *name, int flags), (directory, name, flags))
WRAP(ssize_t, getrandom, -1, BIT(INTERRUPTED), (void *p, size_t n, unsigned flags), (p, n, flags))

/* A child bears its parent's role until it has a name of its own. A child of the loader is a worker. */
pid_t fork(void)
{
    pid_t pid;

    REAL(fork)
    if (fails(MEMORY, "fork"))
        return -1;
    pid = real();
    if (pid == 0 && strcmp(role, "clamav") == 0)
        strcpy(role, "worker");
    return pid;
}

/* "postern relay 0" */
static void take_name(const char *name)
{
    static const char prefix[] = "postern ";
    size_t n;

    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return;
    name += sizeof prefix - 1;
    n = strcspn(name, " ");
    memset(role, 0, sizeof role);
    memcpy(role, name, n < sizeof role ? n : sizeof role - 1);
}

int prctl(int what, ...)
{
    unsigned long a, b, c, d;
    va_list rest;
    REAL(prctl)
    va_start(rest, what);
    a = va_arg(rest, unsigned long);
    b = va_arg(rest, unsigned long);
    c = va_arg(rest, unsigned long);
    d = va_arg(rest, unsigned long);
    va_end(rest);
    if (what == PR_SET_NAME)
        take_name((const char *)a);
    return real(what, a, b, c, d);
}

/* A sanitizer has an allocator of its own. postern-clamav has wrappers that call the C library's allocator by these names. */
#if !IS_SANITIZED

#define WRAP_ALLOCATOR(name, parameters, arguments)              \
    void *name parameters;                                       \
    WRAP(void *, name, NULL, BIT(MEMORY), parameters, arguments)

WRAP_ALLOCATOR(malloc, (size_t size), (size))
WRAP_ALLOCATOR(calloc, (size_t count, size_t size), (count, size))
WRAP_ALLOCATOR(realloc, (void *old, size_t size), (old, size))
WRAP_ALLOCATOR(reallocarray, (void *old, size_t count, size_t size), (old, count, size))
WRAP_ALLOCATOR(__libc_malloc, (size_t size), (size))
WRAP_ALLOCATOR(__libc_calloc, (size_t count, size_t size), (count, size))
WRAP_ALLOCATOR(__libc_realloc, (void *old, size_t size), (old, size))

#endif
