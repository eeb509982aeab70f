/* service_call: sends a command's request to the running service, through the control socket
 * (proc/ipc/control.h).
 *
 * The path of the socket follows from the runtime directory. The caller gives this directory, or it is read
 * from the configuration. Errors in the configuration are ignored, so that they do not prevent a request. */
#ifndef POSTERN_CMD_SERVICE_CALL_H
#define POSTERN_CMD_SERVICE_CALL_H

#include "proc/ipc/control.h"

#include <jansson.h>

struct service_call {
    const char *command;   /* the subcommand, for error messages */
    const char *conf_file; /* the runtime directory is read from this file; NULL: the next field has it */
    const char *runtime_directory;
    /* Called for each answer except TEXT and DONE. */
    void (*on_answer)(void *context, const struct control_message *message);
    void *context;
    /* Receives the texts of TEXT answers, one per line; NULL: they are reported as errors. */
    struct buf *texts;
    /* Receives the error messages, without "postern COMMAND: "; NULL: they are printed to standard error. */
    struct buf *errors;
    uint64_t deadline_ms; /* maximum wait for each answer; 0: no limit */
};

/* Prints "postern COMMAND: ..." to standard error. If `errors` is set, appends the message there instead. */
void service_report_error(const struct service_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sends a request, with the descriptor `fd` unless that is -1, and reads all answers. Returns CMD_DONE or,
 * after an error message, CMD_FAILED or CMD_NOT_RUNNING. */
int service_call(const struct service_call *call, enum control_kind kind, const void *payload, int fd);

/* Prints the value and frees it. Returns CMD_DONE or, after an error message, CMD_FAILED. */
int service_print_json(const char *command, json_t *value);

#endif
