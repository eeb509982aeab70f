#include "sys/spool.h"

#include "sys/write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { BLOCK_BYTES = 65536, FIRST_BYTES = 16384 /* enough for most messages: their buffers never grow */ };

/* The buffer of an earlier small message. It is reused, because it may still be in the processor's caches. */
static struct buf spare;

static void take_memory(struct buf *memory)
{
    *memory = spare;
    spare = (struct buf){0};
    if (!memory->capacity)
        buf_reserve(memory, FIRST_BYTES - 1);
}

static void return_memory(struct buf *memory)
{
    if (memory->capacity != FIRST_BYTES || spare.capacity) {
        buf_fini(memory);
        return;
    }
    buf_clear(memory);
    spare = *memory;
    *memory = (struct buf){0};
}

/* Opens both descriptors of a new file, then removes the name. */
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

static bool flush(struct spool *spool)
{
    if (!write_all(spool->fd, buf_span(&spool->buffered)))
        return false;
    return_memory(&spool->buffered);
    return true;
}

bool spool_write(struct spool *spool, const struct spool_settings *settings, struct span bytes)
{
    bool is_large = spool->octets + bytes.n > settings->memory_max_bytes;

    if (is_large && spool->fd < 0 && !open_file(settings->directory, &spool->fd, &spool->read_only))
        return false;
    if (!spool->buffered.capacity)
        take_memory(&spool->buffered);
    buf_add(&spool->buffered, bytes);
    spool->octets += bytes.n;
    return !is_large || spool->buffered.n < BLOCK_BYTES || flush(spool);
}

bool spool_cut(struct spool *spool, uint64_t octets)
{
    uint64_t off = spool->octets - octets;
    bool is_buffered = off <= spool->buffered.n;

    if (!is_buffered && (!flush(spool) || ftruncate(spool->fd, (off_t)octets) != 0 ||
                         lseek(spool->fd, (off_t)octets, SEEK_SET) < 0))
        return false;
    if (is_buffered)
        spool->buffered.n -= (size_t)off;
    spool->octets = octets;
    return true;
}

static int share_memory(struct spool *spool)
{
    int fd = memfd_create("postern-spool", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return -1;
    if (!write_all(fd, buf_span(&spool->buffered)) ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        close(fd);
        return -1;
    }
    return_memory(&spool->buffered);
    return spool->fd = fd;
}

int spool_share(struct spool *spool)
{
    if (spool->fd < 0)
        return share_memory(spool);
    if (spool->read_only < 0)
        return spool->fd;
    return flush(spool) ? spool->read_only : -1;
}

bool spool_is_in_memory(const struct spool *spool)
{
    return spool->fd < 0;
}

static ssize_t read_at(int fd, uint64_t offset, char *into, size_t size)
{
    ssize_t n;

    do
        n = pread(fd, into, size, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n;
}

bool spool_view(struct spool *spool, uint64_t offset, struct span *bytes)
{
    static char block[BLOCK_BYTES];
    ssize_t n;

    if (spool_is_in_memory(spool)) {
        *bytes = span_from(buf_span(&spool->buffered), (size_t)offset);
        return true;
    }
    if (!flush(spool))
        return false;
    n = read_at(spool->fd, offset, block, sizeof block);
    *bytes = (struct span){block, n > 0 ? (size_t)n : 0};
    return n >= 0;
}

uint64_t spool_free_bytes(const char *directory)
{
    struct statvfs disk;

    return statvfs(directory, &disk) == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize : 0;
}

void spool_fini(struct spool *spool)
{
    if (spool->fd >= 0)
        close(spool->fd);
    if (spool->read_only >= 0)
        close(spool->read_only);
    return_memory(&spool->buffered);
    *spool = SPOOL_EMPTY;
}
