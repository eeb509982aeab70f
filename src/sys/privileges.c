#include "sys/privileges.h"

#include "base/log.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CAPABILITIES_MAX = 64 }; /* bits in the kernel's sets */

bool privileges_find(const char *user, struct identity *identity)
{
    const struct passwd *entry = getpwnam(user);

    if (!entry)
        return false;
    *identity = (struct identity){entry->pw_uid, entry->pw_gid};
    return true;
}

/* Logs that a call has failed. Returns false, for the caller to return. */
static bool refused(const char *what)
{
    log_text(EVENT_privileges_not_dropped, "%s: %m", what);
    return false;
}

bool privileges_borrow(const struct identity *identity)
{
    return geteuid() != 0 || (setegid(identity->gid) == 0 && seteuid(identity->uid) == 0);
}

/* A process that cannot restore its identity must not continue under another one. */
void privileges_give_back(void)
{
    if (seteuid(getuid()) != 0 || setegid(getgid()) != 0)
        abort();
}

/* Returns the capability; -1: none. */
static int capability_of(enum privileges_kept kept)
{
    switch (kept) {
    case PRIVILEGES_NONE: return -1;
    case PRIVILEGES_NET_RAW: return CAP_NET_RAW;
    case PRIVILEGES_NET_ADMIN: return CAP_NET_ADMIN;
    }
    return -1;
}

/* Returns the capability that executed programs inherit; -1: none. It must stay in the bounding set, because
 * only a capability of that set can become inheritable and ambient. */
static int inherited_capability(enum privileges_kept kept)
{
    return kept == PRIVILEGES_NET_ADMIN ? capability_of(kept) : -1;
}

/* Called before the ids change, since it needs CAP_SETPCAP. */
static bool empty_bounding_set(enum privileges_kept kept)
{
    for (int cap = 0; cap < CAPABILITIES_MAX; cap++)
        if (cap != inherited_capability(kept) && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1 &&
            prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
            return false;
    return true;
}

/* When root changes its ids, it loses all capabilities. With this flag the permitted ones remain.
 * empty_capabilities clears the flag. */
static bool keep_capabilities(bool on)
{
    return prctl(PR_SET_KEEPCAPS, on, 0, 0, 0) == 0 || refused("keeping capabilities");
}

static bool change_ids(const struct identity *identity, enum privileges_kept kept)
{
    if (kept != PRIVILEGES_NONE && !keep_capabilities(true))
        return false;
    if (setgroups(0, NULL) != 0)
        return refused("setgroups");
    if (!empty_bounding_set(kept))
        return refused("capability bounding set");
    if (setresgid(identity->gid, identity->gid, identity->gid) != 0)
        return refused("setresgid");
    if (setresuid(identity->uid, identity->uid, identity->uid) != 0)
        return refused("setresuid");
    return true;
}

/* Returns the intended sets, for one word of 32 capabilities. */
static struct __user_cap_data_struct intended_sets(enum privileges_kept kept, int word)
{
    int cap = capability_of(kept);
    uint32_t bits = cap >= 0 && word == CAP_TO_INDEX(cap) ? CAP_TO_MASK(cap) : 0;

    return (struct __user_cap_data_struct){
        .effective = bits, .permitted = bits, .inheritable = inherited_capability(kept) >= 0 ? bits : 0};
}

static bool empty_capabilities(enum privileges_kept kept)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        sets[i] = intended_sets(kept, i);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
        return refused("ambient capabilities");
    if (syscall(SYS_capset, &head, sets) != 0)
        return refused("capset");
    if (inherited_capability(kept) >= 0 &&
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, inherited_capability(kept), 0, 0) != 0)
        return refused("ambient capability");
    return keep_capabilities(false);
}

bool privileges_lock_down(void)
{
    const struct rlimit none = {0, 0};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return refused("no_new_privs");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return refused("dumpable");
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return refused("core limit");
    return true;
}

/* Logs that a privilege remains. Returns false, for the caller to return. */
static bool not_dropped(const char *what)
{
    log_text(EVENT_privileges_not_dropped, "not dropped: %s", what);
    return false;
}

static bool are_ids_gone(const struct identity *identity, bool was_root)
{
    uid_t uid[3];
    gid_t gid[3];

    if (getresuid(&uid[0], &uid[1], &uid[2]) != 0 || getresgid(&gid[0], &gid[1], &gid[2]) != 0)
        return refused("reading user or group ids");
    for (int i = 0; i < 3; i++)
        if (uid[i] != identity->uid || gid[i] != identity->gid)
            return not_dropped("a user or group id");
    if (was_root && getgroups(0, NULL) != 0)
        return not_dropped("a supplementary group");
    if (setuid(0) == 0 || seteuid(0) == 0)
        return not_dropped("the right to become root");
    if (was_root && setgroups(0, NULL) == 0)
        return not_dropped("the right to set groups");
    return true;
}

static bool are_sets_as_intended(enum privileges_kept kept)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

    if (syscall(SYS_capget, &head, sets) != 0)
        return refused("capget");
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        struct __user_cap_data_struct intended = intended_sets(kept, i);

        if (sets[i].effective != intended.effective || sets[i].permitted != intended.permitted ||
            sets[i].inheritable != intended.inheritable)
            return not_dropped("a capability");
    }
    return true;
}

static bool are_capabilities_gone(bool was_root, enum privileges_kept kept)
{
    if (!are_sets_as_intended(kept))
        return false;
    if (prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0) != 0)
        return not_dropped("the flag that keeps capabilities");
    for (int cap = 0; cap < CAPABILITIES_MAX; cap++) {
        if (cap == inherited_capability(kept))
            continue;
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
            return not_dropped("an ambient capability");
        if (was_root && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
            return not_dropped("a capability in the bounding set");
    }
    return true;
}

static bool is_locked_down(void)
{
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return not_dropped("the right to gain privileges");
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
        return not_dropped("the dumpable flag");
    return true;
}

#if defined(__SANITIZE_ADDRESS__)
/* The sanitizer calls this when a process ends. True turns its leak check off. The leak check traces the
 * process, which fails if the process is not dumpable, and the sanitizer would report that as an error.
 * Dumpable processes, such as the parent and the unit tests, are still checked. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}
#endif

bool privileges_drop(const struct identity *identity, enum privileges_kept kept)
{
    bool was_root = geteuid() == 0;

    if (identity->uid == 0) {
        log_text(EVENT_privileges_not_dropped, "privileges cannot be dropped to root");
        return false;
    }
    if (was_root && !change_ids(identity, kept))
        return false;
    return empty_capabilities(kept) && privileges_lock_down() && are_ids_gone(identity, was_root) &&
           are_capabilities_gone(was_root, kept) && is_locked_down();
}

void privileges_set_parent_death_signal(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        _exit(0);
}

unsigned privileges_raise_files(unsigned wanted)
{
    struct rlimit now;

    if (getrlimit(RLIMIT_NOFILE, &now) != 0)
        return 0;
    if (now.rlim_cur >= wanted)
        return (unsigned)now.rlim_cur;
    if (now.rlim_max < wanted)
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){now.rlim_cur, wanted}); /* may be refused */
    getrlimit(RLIMIT_NOFILE, &now);
    now.rlim_cur = now.rlim_max < wanted ? now.rlim_max : wanted;
    setrlimit(RLIMIT_NOFILE, &now);
    getrlimit(RLIMIT_NOFILE, &now);
    return (unsigned)now.rlim_cur;
}

bool privileges_may_configure_network(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};

    return geteuid() == 0 && syscall(SYS_capget, &head, sets) == 0 &&
           sets[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN);
}
