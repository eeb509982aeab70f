#include "sys/shared_readonly.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE /* Linux 5.1; some C libraries do not define it */
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL };

static void *map(int fd, size_t size, int protection)
{
    void *memory = mmap(NULL, size, protection, MAP_SHARED, fd, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

void *shared_readonly_new(const char *name, size_t size, int *fd)
{
    void *memory = NULL;

    *fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0)
        return NULL;
    if (ftruncate(*fd, (off_t)size) == 0)
        memory = map(*fd, size, PROT_READ | PROT_WRITE);
    if (memory && fcntl(*fd, F_ADD_SEALS, SEALS) == 0)
        return memory;
    if (memory)
        munmap(memory, size);
    close(*fd);
    *fd = -1;
    return NULL;
}

/* Accepts further seals, because some systems add one against execution. */
static bool is_sealed(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 && (seals & SEALS) == SEALS;
}

const void *shared_readonly_open(int fd, size_t size)
{
    struct stat status;

    if (fstat(fd, &status) != 0 || (uintmax_t)status.st_size != size || !is_sealed(fd))
        return NULL;
    return map(fd, size, PROT_READ);
}

void shared_readonly_free(const void *memory, size_t size)
{
    if (memory)
        munmap((void *)(uintptr_t)memory, size);
}
