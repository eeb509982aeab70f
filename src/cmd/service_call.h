/* service_call: a request of a command to the running service, through its control socket
 * (proc/ipc/control.h).
 *
 * The configuration gives the path of the socket; other errors in that file are ignored, so that the service
 * can be asked in any case. */
#ifndef POSTERN_CMD_SERVICE_CALL_H
#define POSTERN_CMD_SERVICE_CALL_H

#include "proc/ipc/control.h"

#include <jansson.h>

struct service_call {
    const char *command;   /* the subcommand, for error messages */
    const char *conf_file; /* gives the path of the socket; NULL: use the runtime directory */
    const char *runtime_directory;
    /* Called for each answer except TEXT and DONE. */
    void (*on_answer)(void *context, const struct control_message *message);
    void *context;
    /* The contents of the TEXTs, one per line; NULL: they go to standard error at once. */
    struct buf *texts;
    struct buf
        *complaints; /* gets the messages for standard error, without "postern COMMAND: " and line ends */
    uint64_t deadline_ms; /* for each answer; 0: none */
};

/* "postern COMMAND: ...", to standard error or to `complaints`. */
void service_complain(const struct service_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sends a request and reads all answers. CMD_DONE; CMD_FAILED or CMD_NOT_RUNNING after a message. */
int service_call(const struct service_call *call, enum control_kind kind, const void *payload, int carried);

/* Takes ownership of the value and prints it. CMD_DONE; or CMD_FAILED after a message. */
int service_say_json(const char *command, json_t *value);

#endif
