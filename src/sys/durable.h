/* durable: files that are on disk completely or not at all.
 *
 * The steps of [P3], one call each: create under a temporary random name, write, fsync, rename to the final
 * name, fsync the directory. Files are named by an open directory and one plain name in it: no path is
 * resolved twice, and no symbolic link is followed. No existing file is overwritten, except by
 * durable_replace. A failure returns false or -1 with errno, unless stated otherwise. Descriptors are
 * close-on-exec. */
#ifndef POSTERN_SYS_DURABLE_H
#define POSTERN_SYS_DURABLE_H

#include "base/buf.h"

#include <stdint.h>
#include <sys/types.h>

enum { DURABLE_NAME_SIZE = 64, DURABLE_HEX_SIZE = 33 };

/* Appends "what: " and errno's text; returns false, for the caller to return. */
bool durable_fail(struct buf *error, const char *what);

/* Opens a directory for the calls below. Returns -1 on failure, with the reason in *error. */
int durable_open_directory(const char *path, struct buf *error);
/* Takes the directory's lock, which is held until all copies of the descriptor are closed. Does not wait:
 * false with EWOULDBLOCK if another process holds it. */
bool durable_lock(int directory);
bool durable_is_writable(int directory);
/* True if all users may write to the directory, or if that is unknown. */
bool durable_is_open_to_all(int directory);
bool durable_sync(int directory);
/* Changes the process's working directory to this one. */
bool durable_enter(int directory);

/* Writes 32 random hex digits and a NUL. */
bool durable_random_hex(char hex[DURABLE_HEX_SIZE]);
/* Creates a file, 0600, open for writing. */
int durable_create(int directory, const char *name);
bool durable_write(int fd, struct span bytes);
/* Calls fsync and close; *fd is -1 afterwards, even on failure. */
bool durable_finish(int *fd);
/* Renames from the temporary name to the final one; false with EEXIST if that exists. On a file system with
 * neither RENAME_NOREPLACE nor links the check and the rename are two steps: the caller must hold the
 * directory's lock, or the final name must be random. */
bool durable_rename(int directory, const char *from, const char *to);
/* As durable_rename, but replaces an existing file of that name. */
bool durable_replace(int directory, const char *from, const char *to);
/* Gives the file a second name; false with EEXIST if that exists. */
bool durable_link(int directory, const char *from, const char *to);
/* Removes a file if that is possible, and leaves errno unchanged. */
void durable_remove(int directory, const char *name);
/* Removes a file. True if it is gone, or did not exist. */
bool durable_try_remove(int directory, const char *name);
/* Determines the free bytes of the file system for this user. */
bool durable_free_bytes(int directory, uint64_t *bytes);
/* Determines how many more files the file system can hold; UINT64_MAX if that is unknown (btrfs, FAT). */
bool durable_free_files(int directory, uint64_t *files);

/* Reads at an offset, which is independent of the descriptor's own. Returns 0 at the end. */
ssize_t durable_read_at(int fd, char *p, size_t n, uint64_t offset);
/* True for a regular file of exactly this size. */
bool durable_has(int directory, const char *name, uint64_t size);
/* True unless it is certain that no file has this name. */
bool durable_exists(int directory, const char *name);
/* Opens a regular file for reading. Any other kind of file is an error; a FIFO does not block. */
int durable_open(int directory, const char *name);
/* Appends the whole file; false with EFBIG if it has more than `max` bytes. */
bool durable_load(int directory, const char *name, size_t max, struct buf *out);

/* A list of names. Names of DURABLE_NAME_SIZE bytes or more, which are not Postern's, are omitted. */
struct durable_names {
    size_t n;
    char (*at)[DURABLE_NAME_SIZE];
};

bool durable_list(int directory, struct durable_names *names);
void durable_names_fini(struct durable_names *names);

#endif
