#include "tests/unit/quarantine/fault_lab.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct faults faults;
const char provider[] = "193.252.22.90:110";

#define WRAPPED(type, name, ...)     \
    type __real_##name(__VA_ARGS__); \
    type __wrap_##name(__VA_ARGS__); \
    type __wrap_##name(__VA_ARGS__)

static bool fails(void)
{
    if (!faults.on || ++faults.calls != faults.failing)
        return false;
    if (faults.kills)
        _exit(EXIT_SUCCESS);
    errno = faults.reason;
    return true;
}

static bool is_unknown(int reason)
{
    errno = reason;
    return faults.on && faults.is_plain;
}

static const char *suffix_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? dot : "?";
}

static void note(const char *what, const char *one, const char *two)
{
    if (faults.on)
        buf_add_format(&faults.trace, "%s%s%s%s%s, ", what, one[0] ? " " : "", one, two[0] ? " " : "", two);
}

int __real_openat64(int directory, const char *name, int flags, ...);
int __wrap_openat64(int directory, const char *name, int flags, ...);
int __wrap_openat64(int directory, const char *name, int flags, ...)
{
    if (flags & O_CREAT) {
        note("create", suffix_of(name), "");
        if (fails())
            return -1;
    }
    return __real_openat64(directory, name, flags, 0600);
}

/* A failing write has written half of its bytes. */
WRAPPED(ssize_t, write, int fd, const void *bytes, size_t n)
{
    note("write", "", "");
    if (!fails())
        return __real_write(fd, bytes, n);
    if (__real_write(fd, bytes, n / 2) < 0)
        return -1;
    errno = faults.reason;
    return -1;
}

WRAPPED(ssize_t, pread64, int fd, void *bytes, size_t n, off_t offset)
{
    return fails() ? -1 : __real_pread64(fd, bytes, n, offset);
}

WRAPPED(int, fsync, int fd)
{
    struct stat facts;

    assert_int_equal(fstat(fd, &facts), 0);
    note("fsync", S_ISDIR(facts.st_mode) ? "directory" : "file", "");
    return fails() ? -1 : __real_fsync(fd);
}

WRAPPED(int, renameat2, int from_directory, const char *from, int to_directory, const char *to,
        unsigned flags)
{
    note("rename", suffix_of(from), suffix_of(to));
    assert_int_equal(flags, RENAME_NOREPLACE);
    if (is_unknown(EINVAL))
        return -1;
    return fails() ? -1 : __real_renameat2(from_directory, from, to_directory, to, flags);
}

WRAPPED(int, renameat, int from_directory, const char *from, int to_directory, const char *to)
{
    note("replace", suffix_of(from), suffix_of(to));
    return fails() ? -1 : __real_renameat(from_directory, from, to_directory, to);
}

WRAPPED(int, linkat, int from_directory, const char *from, int to_directory, const char *to, int flags)
{
    note("link", suffix_of(from), suffix_of(to));
    if (is_unknown(EPERM))
        return -1;
    return fails() ? -1 : __real_linkat(from_directory, from, to_directory, to, flags);
}

WRAPPED(int, unlinkat, int directory, const char *name, int flags)
{
    note("remove", suffix_of(name), "");
    return faults.removes && fails() ? -1 : __real_unlinkat(directory, name, flags);
}

WRAPPED(ssize_t, getrandom, void *bytes, size_t n, unsigned flags)
{
    return fails() ? -1 : __real_getrandom(bytes, n, flags);
}

/* OpenSSL does not set errno. */
static bool fails_without_errno(void)
{
    bool is_failing = fails();

    if (is_failing)
        errno = 0;
    return is_failing;
}

WRAPPED(int, EVP_DigestInit_ex, EVP_MD_CTX *hash, const EVP_MD *type, ENGINE *engine)
{
    return fails_without_errno() ? 0 : __real_EVP_DigestInit_ex(hash, type, engine);
}

WRAPPED(int, EVP_DigestUpdate, EVP_MD_CTX *hash, const void *bytes, size_t n)
{
    return fails_without_errno() ? 0 : __real_EVP_DigestUpdate(hash, bytes, n);
}

WRAPPED(int, EVP_DigestFinal_ex, EVP_MD_CTX *hash, unsigned char *digest, unsigned *n)
{
    return fails_without_errno() ? 0 : __real_EVP_DigestFinal_ex(hash, digest, n);
}

void plan(unsigned failing, int reason)
{
    buf_clear(&faults.trace);
    faults.calls = 0;
    faults.failing = failing;
    faults.reason = reason;
}

bool store(struct lab *lab, const char *user, bool destroy)
{
    struct incident incident = lab_incident(provider, user, 4);
    int fd = lab_message(SPAN("mail"));
    bool stored;

    buf_clear(&lab->error);
    faults.on = true;
    stored = quarantine_store(lab->quarantine, fd, destroy, &incident, &lab->error);
    faults.on = false;
    close(fd);
    memcpy(lab->id, incident.id, sizeof lab->id);
    memcpy(lab->file, incident.file, sizeof lab->file);
    return stored;
}

void assert_files(const struct lab *lab, size_t records, size_t originals)
{
    assert_int_equal(lab_files(lab, ".json"), records);
    assert_int_equal(lab_files(lab, ".eml"), originals);
    assert_int_equal(lab_files(lab, ""), records + originals);
}

int plain_no_more(void **state)
{
    faults.is_plain = faults.on = false;
    return lab_teardown(state);
}

int free_trace(void **state)
{
    buf_fini(&faults.trace);
    return 0;
}
