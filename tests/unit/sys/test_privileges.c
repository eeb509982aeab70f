#include "tests/unit/in_a_process.h"

#include "sys/privileges.h"
#include "sys/sandbox.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static const struct identity nobody = {65534, 65534};

static unsigned long long status_bits(const char *key)
{
    char line[256];
    unsigned long long bits = ~0ull;
    FILE *file = fopen("/proc/self/status", "r");

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            bits = strtoull(line + strlen(key) + 1, NULL, 16);
    if (file)
        fclose(file);
    return bits;
}

static int drop_all(void)
{
    static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
    gid_t groups[] = {0, 4, 27};

    EXPECT(setgroups(3, groups) == 0);
    EXPECT(privileges_drop(&nobody, PRIVILEGES_NONE));
    EXPECT(getuid() == 65534 && geteuid() == 65534 && getgid() == 65534 && getegid() == 65534);
    EXPECT(getgroups(0, NULL) == 0);
    EXPECT(setuid(0) != 0 && setgid(0) != 0);
    EXPECT(open("/etc/shadow", O_RDONLY) < 0);
    EXPECT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* otherwise /proc/self belongs to root */
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        EXPECT(status_bits(sets[i]) == 0);
    EXPECT(status_bits("NoNewPrivs") == 1);
    return 0;
}

static void drops_everything_that_root_has(void **state)
{
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_a_process(drop_all), 0);
}

static int keep_one(void)
{
    const unsigned long long raw = 1ull << CAP_NET_RAW;
    int mark = 1;

    EXPECT(privileges_drop(&nobody, PRIVILEGES_NET_RAW));
    EXPECT(setsockopt(socket(AF_INET, SOCK_STREAM, 0), SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0);
    EXPECT(open("/etc/shadow", O_RDONLY) < 0);
    EXPECT(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0) == 0);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    EXPECT(status_bits("CapPrm") == raw && status_bits("CapEff") == raw);
    EXPECT(status_bits("CapInh") == 0 && status_bits("CapBnd") == 0 && status_bits("CapAmb") == 0);
    return 0;
}

static void keeps_the_one_capability_it_is_told_to(void **state)
{
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_a_process(keep_one), 0);
}

/* What an executed program inherits. */
static int hand_one_on(void)
{
    const unsigned long long admin = 1ull << CAP_NET_ADMIN;
    char wanted[256];

    EXPECT(privileges_drop(&nobody, PRIVILEGES_NET_ADMIN));
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    EXPECT(status_bits("CapPrm") == admin && status_bits("CapEff") == admin);
    snprintf(wanted, sizeof wanted,
             "test $(id -u) = 65534 && test $(grep -c '^Cap.*:.%016llx$' /proc/self/status) = 5", admin);
    execl("/bin/sh", "sh", "-c", wanted, (char *)NULL);
    return 1;
}

static void hands_the_one_on_to_a_program(void **state)
{
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_a_process(hand_one_on), 0);
}

static int keep_what_is_not_there(void)
{
    EXPECT(privileges_drop(&nobody, PRIVILEGES_NONE));
    return privileges_drop(&nobody, PRIVILEGES_NET_RAW);
}

static void cannot_keep_what_it_does_not_have(void **state)
{
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_a_process(keep_what_is_not_there), 0);
}

static int drop_to_root(void)
{
    return privileges_drop(&(struct identity){0, 0}, PRIVILEGES_NONE);
}

static void does_not_take_root_for_nobody(void **state)
{
    assert_int_equal(in_a_process(drop_to_root), 0);
}

static int drop_without_root(void)
{
    struct identity own = {getuid(), getgid()};

    if (geteuid() == 0) {
        EXPECT(setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 &&
               setresuid(65534, 65534, 65534) == 0);
        own = nobody;
    }
    EXPECT(!privileges_drop(&(struct identity){own.uid + 1, own.gid}, PRIVILEGES_NONE));
    EXPECT(privileges_drop(&own, PRIVILEGES_NONE));
    return 0;
}

static void without_root_it_stays_who_it_is(void **state)
{
    assert_int_equal(in_a_process(drop_without_root), 0);
}

static int outlive_the_parent(void)
{
    int tube[2];
    pid_t parent = getpid(), child;
    char byte;

    EXPECT(pipe(tube) == 0);
    child = fork();
    if (child == 0) {
        close(tube[0]);
        privileges_set_parent_death_signal(parent);
        if (write(tube[1], "x", 1) == 1)
            pause();
        _exit(0);
    }
    EXPECT(read(tube[0], &byte, 1) == 1);
    /* Our death closes nothing of the child: only its own end does. */
    return fcntl(tube[0], F_GETFD) < 0;
}

static void dies_with_its_parent(void **state)
{
    int tube[2], status;
    pid_t pid;
    char byte;

    assert_int_equal(pipe(tube), 0);
    pid = fork();
    if (pid == 0) {
        close(tube[0]);
        _exit(outlive_the_parent());
    }
    close(tube[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    alarm(10);
    assert_int_equal(read(tube[0], &byte, 1), 0); /* the grandchild holds the other end as long as it lives */
    alarm(0);
    close(tube[0]);
}

static char directory[] = "/tmp/postern-test-XXXXXX";

static int write_only_where_allowed(void)
{
    struct sandbox_path paths[] = {{directory, SANDBOX_READ | SANDBOX_WRITE},
                                   {"/does/not/exist", SANDBOX_READ}};
    char inside[128];
    struct sockaddr_in target = {
        .sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd;

    snprintf(inside, sizeof inside, "%s/file", directory);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    EXPECT(sandbox_restrict_paths(paths, 2, false));
    fd = open(inside, O_CREAT | O_RDWR | O_TRUNC, 0600);
    EXPECT(fd >= 0 && rename(inside, inside) == 0 && unlink(inside) == 0);
    EXPECT(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
    EXPECT(open("/tmp/postern-elsewhere", O_CREAT | O_RDWR, 0600) < 0 && errno == EACCES);
    if (sandbox_landlock_version() >= 4)
        EXPECT(connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&target, sizeof target) < 0 &&
               errno == EACCES);
    return 0;
}

static void landlock_leaves_the_given_paths_and_no_others(void **state)
{
    if (sandbox_landlock_version() == 0)
        skip();
    assert_non_null(mkdtemp(directory));
    assert_int_equal(in_a_process(write_only_where_allowed), 0);
    rmdir(directory);
}

static int use_common_calls(void)
{
    void *memory;

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    EXPECT(sandbox_restrict_calls((int[]){SCMP_SYS(getppid)}, 1));
    memory = malloc(10 << 20);
    EXPECT(memory);
    free(memory);
    EXPECT(getppid() > 0);
    EXPECT(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
    EXPECT(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EACCES);
    EXPECT(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    log_text(EVENT_phase, "logging works");
    return 0;
}

static int use_a_call_not_allowed(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    EXPECT(sandbox_restrict_calls(NULL, 0));
    return mkdir("/tmp/postern-never", 0700) == 0;
}

static bool is_filter_up(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return false;
#else
    return true;
#endif
}

static int open_sockets(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    EXPECT(sandbox_restrict_calls((int[]){SCMP_SYS(socket)}, 1));
    EXPECT(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0) >= 0);
    EXPECT(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
    EXPECT(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0) >= 0); /* getifaddrs */
    socket(AF_INET, SOCK_RAW, IPPROTO_TCP);
    return 1;
}

static void a_process_that_may_open_sockets_may_open_no_raw_ones(void **state)
{
    int status;

    if (!is_filter_up())
        skip();
    status = in_a_process(open_sockets);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void the_call_filter_lets_a_process_work_and_opens_nothing(void **state)
{
    if (!is_filter_up())
        skip();
    assert_int_equal(in_a_process(use_common_calls), 0);
}

static void the_call_filter_kills_for_any_other_call(void **state)
{
    int status;

    if (!is_filter_up())
        skip();
    status = in_a_process(use_a_call_not_allowed);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

static int leave_network(void)
{
    struct sockaddr_in target = {
        .sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(INADDR_LOOPBACK)}};

    EXPECT(sandbox_leave_network());
    EXPECT(connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&target, sizeof target) < 0);
    EXPECT(errno == ENETUNREACH);
    return 0;
}

static void an_own_network_namespace_reaches_not_even_loopback(void **state)
{
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_a_process(leave_network), 0);
}

static int raise_files(void)
{
    unsigned now = privileges_raise_files(64);

    EXPECT(now >= 64);
    EXPECT(privileges_raise_files(now) == now);
    return 0;
}

static void raises_the_descriptor_limit_and_never_lowers_it(void **state)
{
    assert_int_equal(in_a_process(raise_files), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drops_everything_that_root_has),
        cmocka_unit_test(keeps_the_one_capability_it_is_told_to),
        cmocka_unit_test(hands_the_one_on_to_a_program),
        cmocka_unit_test(cannot_keep_what_it_does_not_have),
        cmocka_unit_test(does_not_take_root_for_nobody),
        cmocka_unit_test(without_root_it_stays_who_it_is),
        cmocka_unit_test(dies_with_its_parent),
        cmocka_unit_test(landlock_leaves_the_given_paths_and_no_others),
        cmocka_unit_test(the_call_filter_lets_a_process_work_and_opens_nothing),
        cmocka_unit_test(the_call_filter_kills_for_any_other_call),
        cmocka_unit_test(a_process_that_may_open_sockets_may_open_no_raw_ones),
        cmocka_unit_test(an_own_network_namespace_reaches_not_even_loopback),
        cmocka_unit_test(raises_the_descriptor_limit_and_never_lowers_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
