#include "cmd/service_call.h"

#include "cmd/cmd.h"
#include "cmd/conf_load.h"
#include "net/local_socket.h"
#include "sys/process.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

void service_report_error(const struct service_call *call, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!call->errors)
        fprintf(stderr, "postern %s: %s\n", call->command, text);
    else
        buf_add_format(call->errors, "%s%s", call->errors->n ? "; " : "", text);
}

static void find_socket(const char *conf_file, struct buf *path)
{
    struct problems problems = {0};
    struct conf conf = {0};

    (void)conf_load(&conf, conf_file, &problems);
    control_path(conf.postern.runtime_directory, path);
    problems_fini(&problems);
    conf_fini(&conf);
}

/* Returns a connection and sets *status to CMD_DONE. If that fails, prints a message, returns -1 and sets
 * *status to the exit status. */
static int open_socket(const struct service_call *call, int *status)
{
    struct buf path = {0};
    int fd;

    if (call->conf_file)
        find_socket(call->conf_file, &path);
    else
        control_path(call->runtime_directory, &path);
    fd = local_connect(buf_c_str(&path));
    *status = fd >= 0 ? CMD_DONE : errno == ENOENT || errno == ECONNREFUSED ? CMD_NOT_RUNNING : CMD_FAILED;
    if (*status == CMD_NOT_RUNNING)
        service_report_error(call, "the service is not running: no process listens at %s", buf_c_str(&path));
    else if (*status == CMD_FAILED)
        service_report_error(call, "%s: %s", buf_c_str(&path), strerror(errno));
    buf_fini(&path);
    return fd;
}

static void set_deadline(int fd, uint64_t ms)
{
    struct timeval wait = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

    /* The kernel accepts this option for every socket. */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
}

static void on_text(const struct service_call *call, struct control_text *text)
{
    text->text[sizeof text->text - 1] = '\0';
    if (call->texts)
        buf_add_format(call->texts, "%s\n", text->text);
    else
        service_report_error(call, "%s", text->text);
}

static int read_answers(const struct service_call *call, int fd)
{
    struct control_message message;

    for (;;) {
        switch (control_receive(fd, CONTROL_SERVICE, &message)) {
        case CHANNEL_OK: break;
        case CHANNEL_FULL:
            service_report_error(call, "the service has not answered in time");
            return CMD_FAILED;
        case CHANNEL_LATER:
        case CHANNEL_LOST:
        case CHANNEL_CLOSED:
            service_report_error(call, "the service closed the connection");
            return CMD_FAILED;
        case CHANNEL_BROKEN:
            service_report_error(call, "the service is of another version");
            return CMD_FAILED;
        }
        if (message.kind == CONTROL_DONE)
            return message.as.DONE.ok ? CMD_DONE : CMD_FAILED;
        if (message.kind == CONTROL_TEXT)
            on_text(call, &message.as.TEXT);
        else
            call->on_answer(call->context, &message);
    }
}

/* Returns whether the service is suspended by a signal. If so, reports an error. A suspended service does not
 * answer, and a command without a deadline would wait forever. */
static bool is_stopped(const struct service_call *call, int fd)
{
    pid_t pid = local_listener(fd);
    uint64_t cpu_ms;

    if (pid <= 0 || process_state(pid, &cpu_ms) != 'T')
        return false;
    service_report_error(call, "the service was stopped by a signal; to continue it: kill -CONT %ld",
                         (long)pid);
    return true;
}

int service_call(const struct service_call *call, enum control_kind kind, const void *payload, int fd)
{
    int status, socket = open_socket(call, &status);

    if (socket < 0)
        return status;
    if (is_stopped(call, socket)) {
        close(socket);
        return CMD_FAILED;
    }
    if (call->deadline_ms)
        set_deadline(socket, call->deadline_ms);
    /* A failure is ignored: if the service refuses this client, it sends the reason without reading the
     * request. */
    (void)control_send(socket, kind, payload, fd);
    status = read_answers(call, socket);
    close(socket);
    return status;
}

int service_print_json(const char *command, json_t *value)
{
    bool is_printed = json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII) == 0;

    json_decref(value);
    if (is_printed && putchar('\n') != EOF && fflush(stdout) == 0)
        return CMD_DONE;
    fprintf(stderr, "postern %s: standard output: %s\n", command, strerror(errno));
    return CMD_FAILED;
}
