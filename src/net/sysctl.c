#include "net/sysctl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { VALUE_MAX = 4096 };

static int open_setting(const char *path, int flags)
{
    struct buf whole = {0};
    int fd;

    buf_add_format(&whole, "/proc/sys/%s", path);
    fd = open(buf_c_str(&whole), flags | O_CLOEXEC);
    buf_fini(&whole);
    return fd;
}

static int close_and_get_errno(int fd)
{
    int error = errno;

    close(fd);
    return error;
}

bool sysctl_read(const char *path, struct buf *value)
{
    int fd = open_setting(path, O_RDONLY);
    ssize_t n;

    if (fd < 0)
        return false;
    n = read(fd, buf_reserve(value, VALUE_MAX), VALUE_MAX);
    errno = close_and_get_errno(fd);
    if (n < 0)
        return false;
    value->n += (size_t)n;
    while (value->n && value->p[value->n - 1] == '\n')
        value->n--;
    return true;
}

bool sysctl_write(const char *path, struct span value)
{
    int fd = open_setting(path, O_WRONLY);
    ssize_t n;

    if (fd < 0)
        return false;
    n = write(fd, value.p, value.n);
    errno = close_and_get_errno(fd);
    return n == (ssize_t)value.n;
}

bool sysctl_is(const char *path, const char *value)
{
    struct buf now = {0};
    bool is = sysctl_read(path, &now) && span_eq(buf_span(&now), span_of(value));

    buf_fini(&now);
    return is;
}

/* The order of sysctl_each. Callers save settings in this order and later restore them in the same order.
 * "all" must be restored before the interfaces. alphasort would put "all" after an interface "abc0". */
static int rank(const char *name)
{
    return strcmp(name, "all") == 0 ? 0 : strcmp(name, "default") == 0 ? 1 : 2;
}

static int compare(const struct dirent **a, const struct dirent **b)
{
    int by_rank = rank((*a)->d_name) - rank((*b)->d_name);

    return by_rank ? by_rank : strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

void sysctl_each(const char *directory, const char *name, void (*found)(void *context, const char *path),
                 void *context)
{
    struct buf path = {0};
    struct dirent **entries = NULL;
    int n;

    buf_add_format(&path, "/proc/sys/%s", directory);
    n = scandir(buf_c_str(&path), &entries, is_visible, compare);
    for (int i = 0; i < n; i++) {
        buf_clear(&path);
        buf_add_format(&path, "%s/%s/%s", directory, entries[i]->d_name, name);
        found(context, buf_c_str(&path));
        free(entries[i]);
    }
    free(entries);
    buf_fini(&path);
}
