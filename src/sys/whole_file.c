#include "sys/whole_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_SIZE = 16384 };

static bool fail(struct buf *error, const char *what)
{
    buf_add(error, span_of(what));
    return false;
}

static bool read_all(int fd, size_t max_bytes, struct buf *into, struct buf *error)
{
    size_t before = into->n;
    ssize_t n;

    do {
        n = read(fd, buf_reserve(into, READ_SIZE), READ_SIZE);
        if (n > 0)
            into->n += (size_t)n;
        if (into->n - before > max_bytes)
            return fail(error, "the file is too large");
    } while (n > 0 || (n < 0 && errno == EINTR));
    return n == 0 || fail(error, strerror(errno));
}

bool whole_file_read(const char *path, size_t max_bytes, struct buf *into, struct buf *error)
{
    /* O_NONBLOCK: opening a FIFO must not block. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    bool ok;

    if (fd < 0)
        return fail(error, strerror(errno));
    if (fstat(fd, &info) != 0)
        ok = fail(error, strerror(errno));
    else if (!S_ISREG(info.st_mode))
        ok = fail(error, S_ISDIR(info.st_mode) ? strerror(EISDIR) : "not a regular file");
    else
        ok = read_all(fd, max_bytes, into, error);
    close(fd);
    return ok;
}

static bool ends_in(const char *name, const char *suffix)
{
    size_t n = strlen(name), end = strlen(suffix);

    return name[0] != '.' && n >= end && strcmp(name + n - end, suffix) == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

bool whole_file_list(const char *directory, const char *suffix, struct buf *into, struct buf *error)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, NULL, by_bytes);

    if (n < 0)
        return fail(error, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (ends_in(entries[i]->d_name, suffix)) {
            buf_add_format(into, "%s/%s", directory, entries[i]->d_name);
            buf_add_char(into, '\0');
        }
        free(entries[i]);
    }
    free(entries);
    return true;
}
