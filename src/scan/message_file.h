/* message_file: a copy of a message as a named file, for a program that needs one.
 *
 * Many scanners skip symbolic links and special files. Others pass the name to a daemon, for which /proc/self
 * is another process. So the program is given a regular file. The file is a copy: if the program changes or
 * removes it, the delivered message stays as it is. The owner and the group of the file can read it. If the
 * directory has mode 02710, the file has the group of the directory. Large messages are copied in slices, one
 * per iteration of the event loop. */
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

/* Creates the directory (mode 0700) if it is missing. Removes files that were left by processes that no
 * longer exist. Returns false with errno if the directory cannot be used. EPERM: other users have access to
 * the directory, or its group can write to it. */
bool message_file_prepare(const char *directory);

/* error: 0 if the file is complete, otherwise an errno. Never called from within message_file_new. */
typedef void message_file_done(void *context, int error);

/* The name ends in .eml if the message is a mail. Otherwise it has no extension, so that the program judges
 * by the content. The caller keeps the descriptor, and must not close it before `done` is called or the file
 * is freed. */
struct message_file *message_file_new(struct event_base *base, const char *directory,
                                      const struct message_file_source *source, message_file_done *done,
                                      void *context);
char *message_file_path(struct message_file *file);
/* Removes the file, complete or not, and frees the struct. */
void message_file_free(struct message_file **file);

#endif
