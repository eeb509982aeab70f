#include "sys/scratch.h"

#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "engine-"

enum { WALK_DESCRIPTORS = 8 };

static bool write_file(const char *path, struct buf *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text->p, text->n) == (ssize_t)text->n;

    if (fd >= 0)
        close(fd);
    buf_clear(text);
    return done;
}

/* Maps the user's own ids into the new user namespace, and no others. user_namespaces(7). */
static bool map_ids(uid_t uid, gid_t gid)
{
    struct buf text = {0};
    bool done;

    buf_add(&text, SPAN("deny"));
    done = write_file("/proc/self/setgroups", &text);
    buf_add_format(&text, "%u %u 1\n", uid, uid);
    done = done && write_file("/proc/self/uid_map", &text);
    buf_clear(&text);
    buf_add_format(&text, "%u %u 1\n", gid, gid);
    done = done && write_file("/proc/self/gid_map", &text);
    buf_fini(&text);
    return done;
}

static bool enter_namespaces(void)
{
    const int spaces = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC;
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (unshare(spaces) == 0)
        return true;
    return unshare(CLONE_NEWUSER | spaces) == 0 && map_ids(uid, gid);
}

static bool mount_over(const char *directory, uint64_t max_bytes, const struct identity *owner)
{
    struct buf options = {0};
    bool done;

    buf_add_format(&options, "size=%" PRIu64 ",mode=0700,uid=%u,gid=%u", max_bytes, owner->uid, owner->gid);
    done = mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("postern", directory, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, buf_c_str(&options)) == 0;
    buf_fini(&options);
    return done;
}

bool scratch_mount(const char *directory, uint64_t max_bytes, const struct identity *owner)
{
    if (enter_namespaces() && mount_over(directory, max_bytes, owner))
        return true;
    log_text(EVENT_sandbox_weaker, "this process has no namespaces of its own, or no tmpfs in them: %m");
    return false;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    return remove(path);
}

static void remove_all(const char *path)
{
    nftw(path, remove_one, WALK_DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

/* True for "engine-PID" of a process that no longer exists. */
static bool is_abandoned(const char *name)
{
    char *end;
    long pid;

    if (strncmp(name, NAME, sizeof NAME - 1) != 0)
        return false;
    pid = strtol(name + sizeof NAME - 1, &end, 10);
    return pid > 0 && *end == '\0' && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static void remove_abandoned(const char *directory)
{
    DIR *entries = opendir(directory);
    struct buf path = {0};
    const struct dirent *entry;

    while (entries && (entry = readdir(entries))) {
        if (!is_abandoned(entry->d_name))
            continue;
        buf_clear(&path);
        buf_add_format(&path, "%s/%s", directory, entry->d_name);
        remove_all(buf_c_str(&path));
    }
    if (entries)
        closedir(entries);
    buf_fini(&path);
}

bool scratch_make_directory(struct buf *path, const char *directory)
{
    remove_abandoned(directory);
    buf_add_format(path, "%s/" NAME "%ld", directory, (long)getpid());
    remove_all(buf_c_str(path));
    return mkdir(buf_c_str(path), 0700) == 0;
}
