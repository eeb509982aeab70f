/* gateway_state_file: reads and writes the file of the journal, and locks its directory. */
#include "gateway/apply/gateway_state.h"

#include "net/namespace.h"
#include "net/sysctl.h"
#include "gateway/apply/gateway_state_json.h"
#include "sys/durable.h"
#include "sys/privileges.h"
#include "sys/process.h"
#include "sys/write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20, RETRY_MS = 20 };

static void read_boot_id(struct buf *boot)
{
    if (!sysctl_read("kernel/random/boot_id", boot))
        buf_clear(boot);
}

/* The directory may belong to the service's user, so that user could write a journal there. Such a journal
 * must not decide what root, or the watch (that user with CAP_NET_ADMIN), writes into the kernel. */
static bool is_trusted_owner(uid_t owner)
{
    return owner == 0 || (owner == geteuid() && !privileges_may_configure_network());
}

static bool is_trusted(int directory, const char *name)
{
    struct stat status;

    return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
           is_trusted_owner(status.st_uid) && !(status.st_mode & (S_IWGRP | S_IWOTH));
}

static bool is_elsewhere(int directory, const char *namespace)
{
    struct buf text = {0}, boot = {0};
    bool is_so;

    read_boot_id(&boot);
    is_so = is_trusted(directory, GATEWAY_STATE_FILE) &&
            durable_load(directory, GATEWAY_STATE_FILE, FILE_MAX, &text) &&
            gateway_state_is_elsewhere(buf_span(&text), buf_c_str(&boot), namespace);
    buf_fini(&boot);
    buf_fini(&text);
    return is_so;
}

/* Appends the name of this namespace's journal. */
static void choose_file(int directory, struct buf *name)
{
    struct buf namespace = {0}, own = {0};

    namespace_name(&namespace);
    buf_add_format(&own, "gateway-%s.json", buf_c_str(&namespace));
    if (durable_exists(directory, buf_c_str(&own)) || is_elsewhere(directory, buf_c_str(&namespace)))
        buf_add(name, buf_span(&own));
    else
        buf_add(name, SPAN(GATEWAY_STATE_FILE));
    buf_fini(&own);
    buf_fini(&namespace);
}

static bool read_file(int directory, const char *name, struct gateway_state *state, struct buf *error)
{
    struct buf text = {0}, boot = {0};
    bool is_read;

    read_boot_id(&boot);
    is_read = durable_load(directory, name, FILE_MAX, &text) || durable_fail(error, "read");
    is_read = is_read && gateway_state_parse(buf_span(&text), buf_c_str(&boot), state, error);
    buf_fini(&boot);
    buf_fini(&text);
    return is_read;
}

bool gateway_state_load(const char *directory, struct gateway_state *state, struct buf *error)
{
    struct buf why = {0}, name = {0};
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_read = true;

    *state = (struct gateway_state){0};
    if (fd >= 0)
        choose_file(fd, &name);
    if (fd >= 0 && is_trusted(fd, buf_c_str(&name)))
        is_read = read_file(fd, buf_c_str(&name), state, &why);
    if (!is_read)
        buf_add_format(error, "%s/%s: %s", directory, buf_c_str(&name), buf_c_str(&why));
    buf_fini(&name);
    buf_fini(&why);
    if (fd >= 0)
        close(fd);
    return is_read;
}

/* The file is readable by all users, because the watch reads it; it contains no secrets. */
static bool write_file(int directory, const struct gateway_state *state, struct buf *error)
{
    static const char temporary[] = ".gateway.json.new";
    struct buf text = {0}, boot = {0}, namespace = {0}, name = {0};
    bool is_written;
    int fd;

    read_boot_id(&boot);
    namespace_name(&namespace);
    choose_file(directory, &name);
    gateway_state_print(state, buf_c_str(&boot), buf_c_str(&namespace), &text);
    durable_remove(directory, temporary); /* left by a process that was killed */
    fd = durable_create(directory, temporary);
    is_written = fd >= 0 && fchmod(fd, 0644) == 0 && write_all(fd, buf_span(&text)) &&
                 durable_finish(&fd) && durable_replace(directory, temporary, buf_c_str(&name)) &&
                 durable_sync(directory);
    if (!is_written)
        durable_fail(error, buf_c_str(&name));
    if (fd >= 0)
        close(fd);
    buf_fini(&name);
    buf_fini(&namespace);
    buf_fini(&boot);
    buf_fini(&text);
    return is_written;
}

/* Other users must be able to search the directory, whatever our umask is. */
static bool make_directory(const char *path, struct buf *error)
{
    return mkdir(path, 0755) != 0 || chmod(path, 0755) == 0 || durable_fail(error, path);
}

int gateway_state_directory(const char *directory, struct buf *error)
{
    return make_directory(directory, error) ? durable_open_directory(directory, error) : -1;
}

static bool lock_within(int fd, uint64_t patience_ms)
{
    uint64_t end_ms = process_clock_ms() + patience_ms;

    while (!durable_lock(fd)) {
        if (process_clock_ms() >= end_ms)
            return false;
        poll(NULL, 0, RETRY_MS);
    }
    return true;
}

int gateway_state_lock(const char *directory, uint64_t patience_ms, struct buf *error)
{
    int fd = gateway_state_directory(directory, error);

    if (fd < 0 || lock_within(fd, patience_ms))
        return fd;
    close(fd);
    buf_add(error, SPAN("another `postern gateway` command is changing the kernel now"));
    return -1;
}

bool gateway_state_save(const char *directory, const struct gateway_state *state, struct buf *error)
{
    int fd = gateway_state_directory(directory, error);
    bool is_saved;

    if (fd < 0)
        return false;
    is_saved = write_file(fd, state, error);
    close(fd);
    return is_saved;
}

/* On a read-only file system, removing a file fails even if the file does not exist. Therefore,
 * durable_exists is called first. */
bool gateway_state_forget(const char *directory, struct buf *error)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct buf name = {0};
    bool is_gone;

    if (fd < 0)
        return errno == ENOENT || durable_fail(error, directory);
    choose_file(fd, &name);
    is_gone = !durable_exists(fd, buf_c_str(&name)) ||
              (durable_try_remove(fd, buf_c_str(&name)) && durable_sync(fd)) ||
              durable_fail(error, buf_c_str(&name));
    buf_fini(&name);
    close(fd);
    return is_gone;
}
