/* service_call: a command's question to the running service, through its control socket (proc/ipc/control.h).
 *
 * The configuration tells where the socket is; what else may be wrong with that file is not looked at, so
 * that the service can be asked whatever state the file is in. */
#ifndef POSTERN_CMD_SERVICE_CALL_H
#define POSTERN_CMD_SERVICE_CALL_H

#include "proc/ipc/control.h"

#include <jansson.h>

struct service_call {
    const char *command;   /* the subcommand, for complaints */
    const char *conf_file; /* to find the socket by; NULL: it is in the runtime directory */
    const char *runtime_directory;
    /* Each answer but TEXT and DONE. */
    void (*told)(void *context, const struct control_message *message);
    void *context;
    /* What the TEXTs said, one a line; without it they go to standard error at once. */
    struct buf *texts;
    struct buf *complaints; /* what would go to standard error, without "postern COMMAND: " and line ends */
    uint64_t deadline_ms;   /* for each answer; 0: as long as it takes */
};

/* "postern COMMAND: ...", on standard error or where complaints go. */
void service_complain(const struct service_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Asks and hears all answers. CMD_DONE, CMD_FAILED (and said why), CMD_NOT_RUNNING (and said so). */
int service_call(const struct service_call *call, enum control_kind kind, const void *payload, int carried);

/* Takes the value; to standard output. CMD_DONE, or CMD_FAILED and said so. */
int service_say_json(const char *command, json_t *value);

#endif
