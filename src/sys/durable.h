/* durable: files that are on disk completely or not at all.
 *
 * The steps of [P3], one call each: create under a temporary random name, write, fsync, rename to the final
 * name, fsync the directory. A call names a file by an open directory and one plain name. Therefore no path
 * is resolved twice, and no symbolic link is followed. Only durable_replace overwrites an existing file. A
 * call that fails returns false or -1 with errno, unless stated otherwise. Descriptors are close-on-exec. */
#ifndef POSTERN_SYS_DURABLE_H
#define POSTERN_SYS_DURABLE_H

#include "base/buf.h"

#include <stdint.h>
#include <sys/types.h>

enum { DURABLE_NAME_SIZE = 64, DURABLE_HEX_SIZE = 33 };

/* Appends "what: " and errno's text. Returns false, for the caller to return. */
bool durable_fail(struct buf *error, const char *what);

/* Opens a directory for the calls below. Returns -1 on failure, with the reason in *error. */
int durable_open_directory(const char *path, struct buf *error);
/* Takes the directory's lock, which is held until all copies of the descriptor are closed. If another process
 * holds it, returns false with EWOULDBLOCK, without waiting. */
bool durable_lock(int directory);
bool durable_is_writable(int directory);
/* True if all users may write to the directory, or if that is unknown. */
bool durable_is_open_to_all(int directory);
bool durable_sync(int directory);
/* Makes the directory the working directory of the process. */
bool durable_enter(int directory);

/* Writes 32 random hex digits and a NUL. */
bool durable_random_hex(char hex[DURABLE_HEX_SIZE]);
/* Creates a file, 0600, open for writing. */
int durable_create(int directory, const char *name);
/* Calls fsync and close; *fd is -1 afterwards, even on failure. */
bool durable_finish(int *fd);
/* Renames a file from the temporary name to the final one. False with EEXIST if a file has the final name
 * already. On a file system that supports neither RENAME_NOREPLACE nor links, the check and the rename are
 * two steps. Therefore the caller must hold the directory's lock, or the final name must be random. */
bool durable_rename(int directory, const char *from, const char *to);
/* As durable_rename, but replaces an existing file of that name. */
bool durable_replace(int directory, const char *from, const char *to);
/* Gives the file a second name. False with EEXIST if a file has that name already. */
bool durable_link(int directory, const char *from, const char *to);
/* Removes a file, and ignores a failure. Leaves errno unchanged. */
void durable_remove(int directory, const char *name);
/* Removes a file. Also true if the file did not exist. */
bool durable_try_remove(int directory, const char *name);
/* Determines the free bytes of the file system for this user. */
bool durable_free_bytes(int directory, uint64_t *bytes);
/* Determines how many more files the file system can hold; UINT64_MAX if that is unknown (btrfs, FAT). */
bool durable_free_files(int directory, uint64_t *files);

/* Reads at this offset. The descriptor's own offset is not used. Returns 0 at the end of the file. */
ssize_t durable_read_at(int fd, char *p, size_t n, uint64_t offset);
/* True for a regular file of exactly this size. */
bool durable_has(int directory, const char *name, uint64_t size);
/* True if a file of any kind has this name, or if that is unknown. */
bool durable_exists(int directory, const char *name);
/* Opens a regular file for reading. Any other kind of file is an error. Opening a FIFO does not block. */
int durable_open(int directory, const char *name);
/* Appends the whole file. False with EFBIG if the file has more than `max` bytes. */
bool durable_load(int directory, const char *name, size_t max, struct buf *out);

/* The names in a directory. Names of DURABLE_NAME_SIZE bytes or more are omitted, because Postern makes no
 * such names. */
struct durable_names {
    size_t n;
    char (*at)[DURABLE_NAME_SIZE];
};

bool durable_list(int directory, struct durable_names *names);
void durable_names_fini(struct durable_names *names);

#endif
