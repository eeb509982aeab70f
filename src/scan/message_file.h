/* message_file: a copy of a message as a named file, for a program that needs one.
 *
 * Scanners skip symbolic links, nameless files and special files, or pass the name to a daemon for which
 * /proc/self is another process. So the program is given a regular file; it is a copy, so that a program that
 * changes or removes it does not affect what is delivered. The owner can read the file and, in a directory
 * that gives its files a group (mode 02710), so can that group. It is not writable, and no other user can
 * enter the directory. Large messages are copied in slices, one per iteration of the event loop. */
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

/* Creates the directory (mode 0700) if it is missing, and removes the files of dead processes. False with
 * errno: it is not a directory that only its owner, or also one group, can enter. */
bool message_file_prepare(const char *directory);

/* error 0: the file is complete; otherwise an errno. Never called from within message_file_new. */
typedef void message_file_done(void *context, int error);

/* A mail's file name ends in .eml; a file's has no extension, so that the program judges by its content. The
 * caller keeps the descriptor and must leave it open until done is called. */
struct message_file *message_file_new(struct event_base *base, const char *directory,
                                      const struct message_file_source *source, message_file_done *done,
                                      void *context);
char *message_file_path(struct message_file *file);
/* Also removes the file, complete or not. */
void message_file_free(struct message_file **file);

#endif
