/* durable: files that are on the disk whole, or not there at all.
 *
 * The steps of [P3], each a call: create under a name of chance, write, fsync, give it its name, fsync the
 * directory. All work below a directory held open, by *at() calls with one plain name: no path is read a
 * second time, no symbolic link is followed, nothing that exists is written over (durable_replace alone
 * does that, and says so). What fails returns false or -1 with errno set. Descriptors are close-on-exec. */
#ifndef POSTERN_SYS_DURABLE_H
#define POSTERN_SYS_DURABLE_H

#include "base/buf.h"

#include <stdint.h>
#include <sys/types.h>

enum { DURABLE_NAME_SIZE = 64, DURABLE_HEX_SIZE = 33 };

/* Appends "what: " and errno's text; false, for the caller to return. */
bool durable_fail(struct buf *error, const char *what);

/* Opens a directory for the calls below; -1 and *error when it cannot be. */
int durable_open_directory(const char *path, struct buf *error);
/* False if another process holds it. Held until the descriptor is closed, by death too. */
bool durable_lock(int directory);
bool durable_is_writable(int directory);
/* May users that are neither its owner nor of its group make and remove files there? */
bool durable_is_open_to_all(int directory);
bool durable_sync(int directory);
/* The process's working directory is this one from now on. */
bool durable_enter(int directory);

/* 32 hex digits of the kernel's chance and a NUL. */
bool durable_random_hex(char hex[DURABLE_HEX_SIZE]);
/* A new file, 0600, open for writing. */
int durable_create(int directory, const char *name);
bool durable_write(int fd, struct span bytes);
/* fsync and close; *fd is -1 after it in any case. */
bool durable_finish(int *fd);
/* From its temporary name to its own; EEXIST if that is taken. On a file system that has neither
 * RENAME_NOREPLACE nor links it looks before it renames: then the caller holds the directory's lock, or the
 * name is random. */
bool durable_name(int directory, const char *from, const char *to);
/* The same, in place of what has that name. */
bool durable_replace(int directory, const char *from, const char *to);
/* A second name for the same bytes; EEXIST if it is taken. */
bool durable_link(int directory, const char *from, const char *to);
void durable_remove(int directory, const char *name);
/* The same, and whether it is gone; true if it was not there. */
bool durable_is_removed(int directory, const char *name);
/* What its file system has left for us. */
bool durable_free_bytes(int directory, uint64_t *bytes);
/* How many more files it can hold; UINT64_MAX: it does not count them (btrfs, FAT). */
bool durable_free_files(int directory, uint64_t *files);

/* Reads at an offset, whatever the descriptor's own is. 0: the end. */
ssize_t durable_read_at(int fd, char *p, size_t n, uint64_t offset);
/* A regular file of exactly this size. */
bool durable_has(int directory, const char *name, uint64_t size);
bool durable_exists(int directory, const char *name);
/* Regular files only, so that a FIFO put there holds nobody up. */
int durable_open(int directory, const char *name);
/* Appends the whole file; false (EFBIG) if it has more than `most` bytes. */
bool durable_load(int directory, const char *name, size_t most, struct buf *out);

/* Names of up to DURABLE_NAME_SIZE - 1 bytes; longer ones are nobody's here and left out. */
struct durable_names {
    size_t n;
    char (*at)[DURABLE_NAME_SIZE];
};

bool durable_list(int directory, struct durable_names *names);
void durable_names_fini(struct durable_names *names);

#endif
