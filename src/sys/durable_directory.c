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
