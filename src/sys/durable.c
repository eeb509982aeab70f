#include "sys/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

bool durable_fail(struct buf *error, const char *what)
{
    buf_add_format(error, "%s: %s", what, strerror(errno));
    return false;
}

bool durable_lock(int directory)
{
    return flock(directory, LOCK_EX | LOCK_NB) == 0;
}

bool durable_is_writable(int directory)
{
    return faccessat(directory, ".", W_OK | X_OK, AT_EACCESS) == 0;
}

bool durable_is_open_to_all(int directory)
{
    struct stat facts;

    return fstat(directory, &facts) != 0 || (facts.st_mode & S_IWOTH);
}

bool durable_sync(int directory)
{
    return fsync(directory) == 0;
}

bool durable_enter(int directory)
{
    return fchdir(directory) == 0;
}

bool durable_random_hex(char hex[DURABLE_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[(DURABLE_HEX_SIZE - 1) / 2];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[DURABLE_HEX_SIZE - 1] = '\0';
    return true;
}

int durable_create(int directory, const char *name)
{
    return openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

bool durable_finish(int *fd)
{
    bool synced = fsync(*fd) == 0;
    int reason = errno;
    bool closed = close(*fd) == 0;

    *fd = -1;
    if (!synced)
        errno = reason;
    return synced && closed;
}

/* EPERM: the file system has no hard links. EMLINK: its limit of links per file is 1. */
static bool is_unsupported(int reason)
{
    return reason == EINVAL || reason == ENOSYS || reason == EOPNOTSUPP || reason == EPERM ||
           reason == EMLINK;
}

/* For a file system with neither RENAME_NOREPLACE nor links (exFAT). */
static bool rename_if_free(int directory, const char *from, const char *to)
{
    if (!durable_exists(directory, to))
        return durable_replace(directory, from, to);
    errno = EEXIST;
    return false;
}

bool durable_rename(int directory, const char *from, const char *to)
{
    if (renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0)
        return true;
    /* NFS and most FUSE file systems do not support the flag. A link is made instead: making a link never
     * overwrites a file either. */
    if (!is_unsupported(errno))
        return false;
    if (durable_link(directory, from, to)) {
        durable_remove(directory, from);
        return true;
    }
    return is_unsupported(errno) && rename_if_free(directory, from, to);
}

bool durable_replace(int directory, const char *from, const char *to)
{
    return renameat(directory, from, directory, to) == 0;
}

bool durable_link(int directory, const char *from, const char *to)
{
    return linkat(directory, from, directory, to, 0) == 0;
}

void durable_remove(int directory, const char *name)
{
    int reason = errno;

    unlinkat(directory, name, 0);
    errno = reason;
}

bool durable_try_remove(int directory, const char *name)
{
    return unlinkat(directory, name, 0) == 0 || errno == ENOENT;
}

bool durable_free_bytes(int directory, uint64_t *bytes)
{
    struct statvfs facts;

    if (fstatvfs(directory, &facts) != 0)
        return false;
    *bytes = (uint64_t)facts.f_bavail * facts.f_frsize;
    return true;
}

bool durable_free_files(int directory, uint64_t *files)
{
    struct statvfs facts;

    if (fstatvfs(directory, &facts) != 0)
        return false;
    *files = facts.f_files ? (uint64_t)facts.f_favail : UINT64_MAX;
    return true;
}

ssize_t durable_read_at(int fd, char *p, size_t n, uint64_t offset)
{
    ssize_t got;

    if (offset > INT64_MAX) {
        errno = EINVAL;
        return -1;
    }
    do
        got = pread(fd, p, n, (off_t)offset);
    while (got < 0 && errno == EINTR);
    return got;
}

static bool is_file(int directory, const char *name, struct stat *facts)
{
    return fstatat(directory, name, facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(facts->st_mode);
}

bool durable_has(int directory, const char *name, uint64_t size)
{
    struct stat facts;

    return is_file(directory, name, &facts) && (uint64_t)facts.st_size == size;
}

bool durable_exists(int directory, const char *name)
{
    struct stat facts;

    return fstatat(directory, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

int durable_open(int directory, const char *name)
{
    struct stat facts;
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0 && (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode))) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

static bool load_all(int fd, size_t max, struct buf *out)
{
    size_t start = out->n;

    for (;;) {
        size_t have = out->n - start;
        ssize_t got = durable_read_at(fd, buf_reserve(out, max + 1 - have), max + 1 - have, have);

        if (got <= 0)
            return got == 0;
        out->n += (size_t)got;
        if (out->n - start > max) {
            errno = EFBIG;
            return false;
        }
    }
}

bool durable_load(int directory, const char *name, size_t max, struct buf *out)
{
    int fd = durable_open(directory, name);
    bool loaded;
    int reason;

    if (fd < 0)
        return false;
    loaded = load_all(fd, max, out);
    reason = errno;
    close(fd);
    errno = reason;
    return loaded;
}
