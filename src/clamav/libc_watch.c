/* The functions below have the plain names of the C library's functions. The headers must not add inline
 * checks to them, and must not rename them to their 64-bit variants. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS

#include "clamav/libc_watch.h"

#include "clamav/sanitizer.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_watched;
static const char *failed_call;
static int failed_errno;
static const char *temp_prefix;

void libc_watch_begin(const char *temp_directory)
{
    failed_call = NULL;
    failed_errno = 0;
    temp_prefix = temp_directory;
    is_watched = true;
}

const char *libc_watch_end(int *error)
{
    is_watched = false;
    *error = failed_errno;
    return failed_call;
}

bool libc_watch_pause(void)
{
    bool was_watched = is_watched;

    is_watched = false;
    return was_watched;
}

void libc_watch_resume(bool was_watched)
{
    is_watched = was_watched;
}

static void record_failure(const char *call)
{
    if (!is_watched || failed_call)
        return;
    failed_call = call;
    failed_errno = errno;
}

static bool counts_for_any_path(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOSPC || error == EDQUOT ||
           error == EIO || error == EROFS;
}

/* Records the failure if its errno counts for any path, or if the path is below the temporary directory.
 * Below that directory, a missing file (ENOENT) counts only if the call was to create the file
 * (`creates`). */
static void record_path_failure(const char *call, const char *path, bool creates)
{
    bool is_below_temp = temp_prefix && strncmp(path, temp_prefix, strlen(temp_prefix)) == 0;

    if (counts_for_any_path(errno) || (is_below_temp && (creates || errno != ENOENT)))
        record_failure(call);
}

/* Sets `real` to the next library's function of this name. ISO C does not allow converting the result of
 * dlsym to a function pointer, so the pointer is copied bytewise. */
#define REAL(name)                             \
    static __typeof__(&name) real;             \
    if (!real) {                               \
        void *found = dlsym(RTLD_NEXT, #name); \
        if (!found)                            \
            abort();                           \
        memcpy(&real, &found, sizeof real);    \
    }

/* Defines one wrapper. is_failed: condition under which the result means failure. */
#define WATCH(type, name, is_failed, parameters, arguments) \
    type name parameters                                    \
    {                                                       \
        type result;                                        \
        REAL(name)                                          \
        result = real arguments;                            \
        if (is_failed)                                      \
            record_failure(#name);                          \
        return result;                                      \
    }

#define WATCH_PATH(type, name, creates, is_failed, parameters, arguments) \
    type name parameters                                                  \
    {                                                                     \
        type result;                                                      \
        REAL(name)                                                        \
        result = real arguments;                                          \
        if (is_failed)                                                    \
            record_path_failure(#name, path, creates);                    \
        return result;                                                    \
    }

/* Returns whether open() takes a third argument with these flags. */
static bool takes_mode(int flags)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

#define WATCH_OPEN(name)                                         \
    int name(const char *path, int flags, ...)                   \
    {                                                            \
        mode_t mode = 0;                                         \
        int result;                                              \
        REAL(name)                                               \
        if (takes_mode(flags)) {                                 \
            va_list rest;                                        \
            va_start(rest, flags);                               \
            mode = va_arg(rest, mode_t);                         \
            va_end(rest);                                        \
        }                                                        \
        result = real(path, flags, mode);                        \
        if (result < 0)                                          \
            record_path_failure(#name, path, takes_mode(flags)); \
        return result;                                           \
    }

#define WATCH_OPENAT(name)                                       \
    int name(int directory, const char *path, int flags, ...)    \
    {                                                            \
        mode_t mode = 0;                                         \
        int result;                                              \
        REAL(name)                                               \
        if (takes_mode(flags)) {                                 \
            va_list rest;                                        \
            va_start(rest, flags);                               \
            mode = va_arg(rest, mode_t);                         \
            va_end(rest);                                        \
        }                                                        \
        result = real(directory, path, flags, mode);             \
        if (result < 0)                                          \
            record_path_failure(#name, path, takes_mode(flags)); \
        return result;                                           \
    }

WATCH_OPEN(open)
WATCH_OPEN(open64)
WATCH_OPENAT(openat)
WATCH_OPENAT(openat64)
WATCH_PATH(int, mkdir, true, result < 0, (const char *path, mode_t mode), (path, mode))
WATCH_PATH(DIR *, opendir, false, !result, (const char *path), (path))
WATCH_PATH(FILE *, fopen, *mode != 'r', !result, (const char *path, const char *mode), (path, mode))
WATCH_PATH(FILE *, fopen64, *mode != 'r', !result, (const char *path, const char *mode), (path, mode))

WATCH(int, dup, result < 0, (int fd), (fd))
WATCH(int, dup2, result < 0, (int fd, int to), (fd, to))
WATCH(FILE *, fdopen, !result, (int fd, const char *mode), (fd, mode))
WATCH(ssize_t, read, result < 0, (int fd, void *p, size_t n), (fd, p, n))
WATCH(ssize_t, pread, result < 0, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
WATCH(ssize_t, pread64, result < 0, (int fd, void *p, size_t n, off64_t at), (fd, p, n, at))
WATCH(ssize_t, write, result < 0, (int fd, const void *p, size_t n), (fd, p, n))
WATCH(ssize_t, pwrite64, result < 0, (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at))
WATCH(int, ftruncate, result < 0, (int fd, off_t n), (fd, n))
WATCH(int, ftruncate64, result < 0, (int fd, off64_t n), (fd, n))
WATCH(int, fflush, result != 0, (FILE * file), (file))
WATCH(int, fclose, result != 0, (FILE * file), (file))
WATCH(int, fputs, result < 0, (const char *text, FILE *file), (text, file))
WATCH(int, fputc, result < 0, (int c, FILE *file), (c, file))
WATCH(size_t, fwrite, result < n, (const void *p, size_t size, size_t n, FILE *file), (p, size, n, file))
WATCH(void *, mmap, result == MAP_FAILED, (void *at, size_t n, int prot, int flags, int fd, off_t from),
      (at, n, prot, flags, fd, from))
WATCH(void *, mmap64, result == MAP_FAILED, (void *at, size_t n, int prot, int flags, int fd, off64_t from),
      (at, n, prot, flags, fd, from))

#if !IS_SANITIZED

/* The C library's own allocators. They are called by these names, because a look-up by dlsym would itself
 * allocate memory. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    void *p = __libc_malloc(size);

    if (!p)
        record_failure("malloc");
    return p;
}

void *calloc(size_t count, size_t size)
{
    void *p = __libc_calloc(count, size);

    if (!p)
        record_failure("calloc");
    return p;
}

void *realloc(void *old, size_t size)
{
    void *p = __libc_realloc(old, size);

    if (!p && size)
        record_failure("realloc");
    return p;
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
    void *p;

    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0)
        return EINVAL;
    p = __libc_memalign(alignment, size);
    if (!p) {
        errno = ENOMEM;
        record_failure("posix_memalign");
        return ENOMEM;
    }
    *result = p;
    return 0;
}

#endif
