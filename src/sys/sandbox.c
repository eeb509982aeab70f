#include "sys/sandbox.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

/* Landlock rights that the headers of Debian 12 do not have. */
#define ACCESS_FS_TRUNCATE (1ULL << 14)  /* version 3 */
#define ACCESS_FS_IOCTL_DEV (1ULL << 15) /* version 5 */
#define ACCESS_NET_BIND_CONNECT_TCP 3ULL /* version 4 */

#define RIGHTS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_WRITE                                                                                  \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER |           \
     ACCESS_FS_TRUNCATE)
#define RIGHTS_FILE                                                                              \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | \
     ACCESS_FS_TRUNCATE | ACCESS_FS_IOCTL_DEV)

/* Maximum processor time to build a filter. Usually this takes a few hundredths of a second. */
enum { BUILD_MAX_S = 5 };

/* The kernel's struct landlock_ruleset_attr of version 4; older kernels take the first member alone. */
struct ruleset {
    uint64_t fs, net;
};

#if defined(__SANITIZE_ADDRESS__)
static const bool is_sanitized = true;
#elif defined(__has_feature)
static const bool is_sanitized = __has_feature(address_sanitizer);
#else
static const bool is_sanitized = false;
#endif

int sandbox_landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);

    return version < 0 ? 0 : (int)version;
}

static bool refused(const char *what)
{
    log_text(EVENT_sandbox_failed, "%s: %m", what);
    return false;
}

/* Returns all file system rights that this version of Landlock knows. All are needed, because Landlock does
 * not restrict a right that is not handled. */
static uint64_t handled_rights(int version)
{
    uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

    if (version >= 2)
        all |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        all |= ACCESS_FS_TRUNCATE;
    if (version >= 5)
        all |= ACCESS_FS_IOCTL_DEV;
    return all;
}

static uint64_t wanted_rights(unsigned rights)
{
    return (rights & SANDBOX_READ ? RIGHTS_READ : 0) | (rights & SANDBOX_WRITE ? RIGHTS_WRITE : 0) |
           (rights & SANDBOX_EXECUTE ? LANDLOCK_ACCESS_FS_EXECUTE : 0);
}

static bool add_path(int ruleset, const struct sandbox_path *path, uint64_t handled)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = wanted_rights(path->rights) & handled};
    struct stat status;
    bool done;

    rule.parent_fd = open(path->path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
    if (fstat(rule.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode))
        rule.allowed_access &= RIGHTS_FILE;
    done = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    close(rule.parent_fd);
    return done;
}

bool sandbox_restrict_paths(const struct sandbox_path *paths, size_t n, bool network)
{
    int version = sandbox_landlock_version();
    struct ruleset attr = {.fs = handled_rights(version),
                           .net = version >= 4 && !network ? ACCESS_NET_BIND_CONNECT_TCP : 0};
    size_t size = version >= 4 ? sizeof attr : sizeof attr.fs;
    bool done = true;
    int ruleset;

    if (version == 0)
        return true;
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
    if (ruleset < 0)
        return refused("landlock_create_ruleset");
    for (size_t i = 0; done && i < n; i++)
        done = add_path(ruleset, &paths[i], attr.fs) || refused(paths[i].path);
    if (done && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        done = refused("landlock_restrict_self");
    close(ruleset);
    return done;
}

static const int common_calls[] = {
    /* descriptors that are open already */
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fcntl),
    SCMP_SYS(dup),
    SCMP_SYS(ftruncate),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(recvfrom),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt),
    SCMP_SYS(memfd_create),
    /* the event loop */
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(eventfd2),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(restart_syscall),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    /* signals, abort, the end */
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(tgkill),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Calls that libraries try and can do without. */
static const int tried_calls[] = {
    SCMP_SYS(open),      SCMP_SYS(openat),     SCMP_SYS(stat),     SCMP_SYS(lstat),      SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(socket),
    SCMP_SYS(connect),   SCMP_SYS(prctl),      SCMP_SYS(getcwd),   SCMP_SYS(uname),      SCMP_SYS(ioctl),
    SCMP_SYS(prlimit64), SCMP_SYS(sysinfo),
};

static bool is_among(int call, const int *calls, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (calls[i] == call)
            return true;
    return false;
}

/* Allows stream sockets and the netlink socket of getifaddrs, but no raw socket, even with CAP_NET_RAW. */
static int allow_sockets(scmp_filter_ctx filter)
{
    const scmp_datum_t type_bits = 0xf; /* the rest of the argument is flags */
    int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                                  SCMP_A1(SCMP_CMP_MASKED_EQ, type_bits, SOCK_STREAM));

    return failed ? failed
                  : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
                                     SCMP_A0(SCMP_CMP_EQ, AF_NETLINK, 0),
                                     SCMP_A2(SCMP_CMP_EQ, NETLINK_ROUTE, 0));
}

static int allow(scmp_filter_ctx filter, const int *calls, size_t n)
{
    int failed = 0;

    for (size_t i = 0; i < n && !failed; i++)
        failed = calls[i] == SCMP_SYS(socket) ? allow_sockets(filter)
                                              : seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    return failed;
}

/* Allows mmap and mprotect only without PROT_EXEC, so that no library can be loaded any more. */
static int allow_data_mappings(scmp_filter_ctx filter)
{
    const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
    int failed = 0;

    for (size_t i = 0; i < sizeof calls / sizeof *calls && !failed; i++) {
        failed =
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
        if (!failed)
            failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), calls[i], 1,
                                      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    }
    return failed;
}

static int refuse_tried(scmp_filter_ctx filter, const int *allowed, size_t n)
{
    int failed = 0;

    for (size_t i = 0; i < sizeof tried_calls / sizeof *tried_calls && !failed; i++)
        if (!is_among(tried_calls[i], allowed, n))
            failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), tried_calls[i], 0);
    return failed;
}

/* libseccomp may loop for ever if it has no memory to build a filter. In that case SIGVTALRM ends the
 * process. */
static void limit_build_time(void)
{
    const struct itimerval in = {.it_value = {BUILD_MAX_S, 0}};

    signal(SIGVTALRM, SIG_DFL);
    setitimer(ITIMER_VIRTUAL, &in, NULL);
}

/* Ignores the signal instead of stopping the timer, because the loaded filter does not permit setitimer. */
static void end_build_time(void)
{
    signal(SIGVTALRM, SIG_IGN);
}

bool sandbox_restrict_calls(const int *calls, size_t n)
{
    scmp_filter_ctx filter;
    int failed;

    if (is_sanitized) {
        log_text(EVENT_sandbox_relaxed, "built with a sanitizer: system calls are not filtered");
        return true;
    }
    limit_build_time();
    filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    failed = filter ? 0 : -ENOMEM;
    if (!failed)
        failed = allow(filter, common_calls, sizeof common_calls / sizeof *common_calls);
    if (!failed)
        failed = allow(filter, calls, n);
    if (!failed)
        failed = allow_data_mappings(filter);
    if (!failed)
        failed = refuse_tried(filter, calls, n);
    if (!failed)
        failed = seccomp_load(filter);
    seccomp_release(filter);
    end_build_time();
    errno = -failed;
    return !failed || refused("seccomp");
}

/* The qsort of some versions of glibc allocates memory for large arrays, and asks for the total memory first.
 */
static int allow_memory(scmp_filter_ctx filter)
{
    const int calls[] = {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
                         SCMP_SYS(sysinfo)};
    int failed = allow(filter, calls, sizeof calls / sizeof *calls);

    return failed ? failed : allow_data_mappings(filter);
}

static int allow_requests(scmp_filter_ctx filter)
{
    const int calls[] = {SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(close)};

    return allow(filter, calls, sizeof calls / sizeof *calls);
}

/* The filter is not released: freeing memory may need a system call that is no longer allowed. */
bool sandbox_restrict_to_computing(unsigned more)
{
    const int calls[] = {SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(exit_group)};
    scmp_filter_ctx filter = is_sanitized ? NULL : seccomp_init(SCMP_ACT_KILL_PROCESS);

    return is_sanitized ||
           (filter && allow(filter, calls, sizeof calls / sizeof *calls) == 0 &&
            (!(more & SANDBOX_ALLOCATE) || allow_memory(filter) == 0) &&
            (!(more & SANDBOX_TAKE_REQUESTS) || allow_requests(filter) == 0) && seccomp_load(filter) == 0);
}

bool sandbox_limit_memory(size_t max_bytes)
{
    return is_sanitized || setrlimit(RLIMIT_AS, &(struct rlimit){max_bytes, max_bytes}) == 0;
}

bool sandbox_leave_network(void)
{
    return unshare(CLONE_NEWNET | CLONE_NEWIPC) == 0;
}
