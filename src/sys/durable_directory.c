#include "sys/durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int durable_open_directory(const char *path, struct buf *error)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (directory < 0)
        durable_fail(error, path);
    return directory;
}

static void add_name(struct durable_names *names, size_t *capacity, const char *name)
{
    size_t n = strlen(name);

    if (n >= sizeof names->at[0])
        return;
    if (names->n == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 64;
        names->at = mem_grow(names->at, *capacity, sizeof names->at[0]);
    }
    memcpy(names->at[names->n++], name, n + 1);
}

bool durable_list(int directory, struct durable_names *names)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    size_t capacity = 0;
    struct dirent *entry;
    int reason;

    if (!stream) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    while (errno = 0, (entry = readdir(stream)))
        add_name(names, &capacity, entry->d_name);
    reason = errno;
    closedir(stream);
    errno = reason;
    return reason == 0;
}

void durable_names_fini(struct durable_names *names)
{
    free(names->at);
    *names = (struct durable_names){0};
}
