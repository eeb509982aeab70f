#include "sys/program.h"

#include "sys/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

/* Writes the directory of this executable, with a final slash, into an empty buf. */
static bool own_directory(struct buf *path)
{
    enum { SIZE = 4096 };
    ssize_t n = readlink("/proc/self/exe", buf_reserve(path, SIZE), SIZE);
    const char *slash = n > 0 ? memrchr(path->p, '/', (size_t)n) : NULL;

    if (!slash)
        return false;
    path->n = (size_t)(slash + 1 - path->p);
    return true;
}

void program_find(struct buf *path, const char *directory, const char *name)
{
    if (own_directory(path)) {
        buf_add(path, span_of(name));
        if (access(buf_c_str(path), X_OK) == 0)
            return;
    }
    buf_clear(path);
    buf_add_format(path, "%s/%s", directory, name);
}

void program_execute(const char *path, const char *const *argv, int fd, int as)
{
    int saved;

    if (fd == as ? fcntl(fd, F_SETFD, 0) != 0 : dup2(fd, as) != as)
        return;
    for (int other = STDERR_FILENO + 1; other < as; other++)
        close(other);
    if (descriptors_close_on_exec(as + 1, DESCRIPTORS_LAST))
        execv(path, (char *const *)(uintptr_t)argv);
    saved = errno;
    close(as);
    errno = saved;
}
