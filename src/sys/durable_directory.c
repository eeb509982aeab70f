#include "sys/durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int durable_open_directory(const char *path, struct buf *error)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (directory < 0)
        durable_fail(error, path);
    return directory;
}

/* Others must get through it, whatever our umask is. */
static bool make_passage(const char *path)
{
    if (mkdir(path, 0755) == 0)
        return chmod(path, 0755) == 0;
    return errno == EEXIST || errno == EROFS;
}

static bool make_those_above(const char *path)
{
    bool is_there = true;

    for (const char *slash = strchr(path + 1, '/'); is_there && slash; slash = strchr(slash + 1, '/')) {
        char *above = mem_copy_string((struct span){path, (size_t)(slash - path)});

        is_there = make_passage(above);
        free(above);
    }
    return is_there;
}

/* Only a directory that this call made is given away. */
static bool make_and_give(const char *path, uid_t owner, gid_t group, struct buf *error)
{
    int directory;
    bool given;

    if (!make_those_above(path) || mkdir(path, 0700) != 0)
        return durable_fail(error, path);
    directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    given = directory >= 0 && (owner == geteuid() || fchown(directory, owner, group) == 0);
    if (!given)
        durable_fail(error, path);
    if (directory >= 0)
        close(directory);
    return given;
}

static bool check(const char *path, int directory, uid_t owner, struct buf *error)
{
    struct stat facts;

    if (fstat(directory, &facts) != 0) {
        durable_fail(error, path);
    } else if (facts.st_uid != owner) {
        buf_add_format(error, "%s: belongs to uid %u, not to uid %u that must write there", path,
                       (unsigned)facts.st_uid, (unsigned)owner);
    } else if (facts.st_mode & (S_IWGRP | S_IWOTH)) {
        buf_add_format(error, "%s: others may write there (mode %04o, wanted 0700)", path,
                       (unsigned)(facts.st_mode & 07777));
    } else if (!durable_is_writable(directory)) {
        durable_fail(error, path);
    } else {
        return true;
    }
    return false;
}

bool durable_make_directory(const char *path, uid_t owner, gid_t group, struct buf *error)
{
    struct stat facts;
    int directory;
    bool is_good;

    if (stat(path, &facts) != 0 && errno == ENOENT && !make_and_give(path, owner, group, error))
        return false;
    directory = durable_open_directory(path, error);
    if (directory < 0)
        return false;
    is_good = check(path, directory, owner, error);
    close(directory);
    return is_good;
}

static void add_name(struct durable_names *names, size_t *room, const char *name)
{
    size_t n = strlen(name);

    if (n >= sizeof names->at[0])
        return;
    if (names->n == *room) {
        *room = *room ? *room * 2 : 64;
        names->at = mem_grow(names->at, *room, sizeof names->at[0]);
    }
    memcpy(names->at[names->n++], name, n + 1);
}

bool durable_list(int directory, struct durable_names *names)
{
    int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = again < 0 ? NULL : fdopendir(again);
    size_t room = 0;
    struct dirent *entry;

    if (!stream) {
        if (again >= 0)
            close(again);
        return false;
    }
    while (errno = 0, (entry = readdir(stream)))
        add_name(names, &room, entry->d_name);
    again = errno;
    closedir(stream);
    errno = again;
    return again == 0;
}

void durable_names_fini(struct durable_names *names)
{
    free(names->at);
    *names = (struct durable_names){0};
}
