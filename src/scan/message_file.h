/* message_file: a copy of a message as a named file, for a program that needs one.
 *
 * Scanners skip symbolic links, nameless files and special files, or pass the name to a daemon for which
 * /proc/self is another process. So the program is given a regular file; it is a copy, so that a program that
 * changes or removes the file does not affect what is delivered. The file is read-only for its owner and its
 * group; a directory of mode 02710 determines the group. Other users cannot enter the directory. Large
 * messages are copied in slices, one per iteration of the event loop. */
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

/* Creates the directory (mode 0700) if it is missing, and removes files that processes which no longer exist
 * have left. Returns false with errno if the directory cannot be used; EPERM if others can enter it or its
 * group can write to it. */
bool message_file_prepare(const char *directory);

/* error 0: the file is complete; otherwise an errno. The callback is never called from within
 * message_file_new. */
typedef void message_file_done(void *context, int error);

/* The name of the file ends in .eml for a mail, and has no extension for a file, so that the program judges
 * by the content. The caller keeps the descriptor and must not close it before done is called. */
struct message_file *message_file_new(struct event_base *base, const char *directory,
                                      const struct message_file_source *source, message_file_done *done,
                                      void *context);
char *message_file_path(struct message_file *file);
/* Removes the file, complete or not, and frees the struct. */
void message_file_free(struct message_file **file);

#endif
