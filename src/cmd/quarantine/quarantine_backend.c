#include "cmd/quarantine/quarantine_backend.h"

#include "cmd/cmd.h"
#include "cmd/service_call.h"
#include "proc/parent/child_start.h"
#include "sys/clock_reading.h"
#include "net/local_socket.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static bool is_service_running(const struct conf *conf)
{
    struct buf path = {0};
    int fd;

    control_path(conf->postern.runtime_directory, &path);
    fd = local_connect(buf_c_str(&path));
    buf_fini(&path);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool open_directly(struct quarantine_backend *backend, const struct conf *conf, struct buf *error)
{
    struct quarantine_limits limits;
    struct identity keeper;

    if (!child_identity(conf, ROLE_KEEPER, &keeper)) {
        buf_add_format(error, "there is no user %s",
                       *conf->quarantine.user ? conf->quarantine.user : conf->postern.user);
        return false;
    }
    if (!privileges_borrow(&keeper)) {
        buf_add_format(error, "changing to user %u: %s", keeper.uid, strerror(errno));
        return false;
    }
    quarantine_limits_of(conf, &limits);
    backend->own = quarantine_open(conf->quarantine.directory, error);
    if (backend->own)
        quarantine_set_limits(backend->own, &limits);
    return backend->own != NULL;
}

bool quarantine_backend_open(struct quarantine_backend *backend, const struct conf *conf, struct buf *error)
{
    *backend = (struct quarantine_backend){.runtime_directory = conf->postern.runtime_directory};
    return is_service_running(conf) || open_directly(backend, conf, error);
}

static void on_answer(void *context, const struct control_message *message)
{
    struct quarantine_answer *answer = context;

    if (message->kind != CONTROL_QUARANTINED)
        return;
    *answer = message->as.QUARANTINED;
    answer->id[sizeof answer->id - 1] = answer->user[sizeof answer->user - 1] = '\0';
    answer->server[sizeof answer->server - 1] = answer->text[sizeof answer->text - 1] = '\0';
}

static void ask_service(const struct quarantine_backend *backend, const struct quarantine_request *request,
                        struct quarantine_answer *answer)
{
    struct buf texts = {0};
    struct service_call call = {.command = "quarantine",
                                .runtime_directory = backend->runtime_directory,
                                .on_answer = on_answer,
                                .context = answer,
                                .texts = &texts};

    *answer = (struct quarantine_answer){.result = QUARANTINE_REFUSED};
    snprintf(answer->text, sizeof answer->text, "the service gave no answer");
    if (service_call(&call, CONTROL_QUARANTINE, request, -1) != CMD_DONE) {
        answer->result = QUARANTINE_REFUSED;
        if (texts.n)
            snprintf(answer->text, sizeof answer->text, "%.*s", (int)strcspn(buf_c_str(&texts), "\n"),
                     texts.p);
    }
    buf_fini(&texts);
}

static void serve_directly(struct quarantine *quarantine, const struct quarantine_request *request,
                           struct quarantine_answer *answer)
{
    struct age_clock clock = clock_reading_once();

    quarantine_set_clock(quarantine, &clock);
    quarantine_serve(quarantine, request, answer);
}

void quarantine_backend_ask(struct quarantine_backend *backend, const struct quarantine_request *request,
                            struct quarantine_answer *answer)
{
    if (backend->own)
        serve_directly(backend->own, request, answer);
    else
        ask_service(backend, request, answer);
}

void quarantine_backend_close(struct quarantine_backend *backend)
{
    quarantine_free(&backend->own);
    privileges_give_back();
}
