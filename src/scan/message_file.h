/* message_file: a copy of a message as a file with a name, for a program that wants one.
 *
 * Scanners skip symbolic links, nameless and special files, or hand the name to a daemon for which
 * /proc/self is another process. So the program gets an ordinary file, and a copy, so that one that changes
 * or removes its file does nothing to what is delivered. It can be read by its owner and, in a directory
 * that gives its files a group (mode 02710), by that group; no one can write it, and no one else gets through
 * the directory. Large messages are copied in slices, one per iteration of the event loop. */
#ifndef POSTERN_SCAN_MESSAGE_FILE_H
#define POSTERN_SCAN_MESSAGE_FILE_H

#include "base/buf.h"
#include "core/message_kind.h"

#include <event2/event.h>
#include <stdint.h>

struct message_file;

struct message_file_source {
    enum message_kind kind;
    int fd;
    uint64_t size;
};

/* Makes the directory (mode 0700) if it is missing, and removes what processes that are dead left there.
 * False with errno: it is not a directory that only its owner, or also a group, can enter. */
bool message_file_prepare(const char *directory);

/* A mail's name ends in .eml; a file's has no ending, so that the program goes by what is in it.
 * `error` is an errno, or 0: the file is complete. Never called from within message_file_new. */
typedef void message_file_done(void *context, int error);

/* The descriptor stays the caller's and has to stay open until done. */
struct message_file *message_file_new(struct event_base *base, const char *directory,
                                      const struct message_file_source *source, message_file_done *done,
                                      void *context);
char *message_file_path(struct message_file *file);
/* Removes the file, complete or not. */
void message_file_free(struct message_file **file);

#endif
