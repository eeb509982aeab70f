#include "sys/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static bool write_all(int fd, struct span bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = span_from(bytes, (size_t)n);
    }
    return true;
}

static bool open_memory(struct spool *spool)
{
    spool->fd = memfd_create("postern-spool", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return spool->fd >= 0;
}

/* Both descriptors, then the name goes. */
static bool open_file(const char *directory, int *fd, int *read_only)
{
    char path[1024];

    if ((size_t)snprintf(path, sizeof path, "%s/message-XXXXXX", directory) >= sizeof path) {
        errno = ENAMETOOLONG;
        return false;
    }
    *fd = mkostemp(path, O_CLOEXEC);
    if (*fd < 0)
        return false;
    *read_only = open(path, O_RDONLY | O_CLOEXEC);
    unlink(path);
    if (*read_only >= 0)
        return true;
    close(*fd);
    return false;
}

static bool copy(const struct spool *from, int to)
{
    char chunk[65536];
    uint64_t offset = 0;
    ssize_t n;

    while ((n = spool_read(from, offset, chunk, sizeof chunk)) > 0) {
        if (!write_all(to, (struct span){chunk, (size_t)n}))
            return false;
        offset += (uint64_t)n;
    }
    return n == 0;
}

static bool move_to_disk(struct spool *spool, const char *directory)
{
    int fd, read_only;

    if (!open_file(directory, &fd, &read_only))
        return false;
    if (!copy(spool, fd)) {
        close(fd);
        close(read_only);
        return false;
    }
    close(spool->fd);
    spool->fd = fd;
    spool->read_only = read_only;
    return true;
}

bool spool_write(struct spool *spool, const struct spool_settings *settings, struct span bytes)
{
    if (spool->fd < 0 && !open_memory(spool))
        return false;
    if (spool->read_only < 0 && spool->octets + bytes.n > settings->memory_max_bytes &&
        !move_to_disk(spool, settings->directory))
        return false;
    if (!write_all(spool->fd, bytes))
        return false;
    spool->octets += bytes.n;
    return true;
}

int spool_share(struct spool *spool)
{
    if (spool->fd < 0 && !open_memory(spool))
        return -1;
    if (spool->read_only >= 0)
        return spool->read_only;
    if (!spool->sealed &&
        fcntl(spool->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return -1;
    spool->sealed = true;
    return spool->fd;
}

ssize_t spool_read(const struct spool *spool, uint64_t offset, char *into, size_t room)
{
    ssize_t n;

    if (spool->fd < 0)
        return 0;
    do
        n = pread(spool->fd, into, room, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n;
}

void spool_fini(struct spool *spool)
{
    if (spool->fd >= 0)
        close(spool->fd);
    if (spool->read_only >= 0)
        close(spool->read_only);
    *spool = SPOOL_EMPTY;
}
