#include "base/buf.h"
#include "base/log.h"
#include "proc/ipc/backend_loop.h"
#include "proc/ipc/child.h"
#include "proc/keeper_log.h"
#include "quarantine/quarantine.h"
#include "sys/clock_reading.h"
#include "sys/durable.h"
#include "sys/sandbox.h"

#include <seccomp.h>
#include <stdlib.h>
#include <unistd.h>

/* The keeper process: the only writer of the quarantine. A request carries the message as a descriptor. It is
 * answered when the message is on disk, is known to be released, or could not be stored. Requests are handled
 * one at a time, and each waits for fsync. The data that a relay sends about an incident are cleaned before
 * use.
 *
 * The keeper itself determines the time of an incident, from which retention counts (base/age.h). Each
 * request reads the clocks. If the wall clock was set, the recorded times are corrected. Incidents past their
 * retention are removed at start and then every minute; if retention is short, more often. */

enum { EXPIRE_EVERY_S = 60, CORRECTIONS_AT_ONCE = 16, CORRECT_AGAIN_MS = 100 };

struct keeper {
    struct backend_loop loop;
    struct quarantine *quarantine;
    struct event *expire;
    struct event *correct; /* corrects times that a wrong clock recorded, a few at a time */
};

/* Reads the clocks for the quarantine. If the wall clock was set, starts to correct the recorded times. */
static void read_clocks(struct keeper *keeper)
{
    struct age_stamp now;
    bool is_synchronised = clock_reading_take(&now);

    if (!quarantine_update_clock(keeper->quarantine, &now, is_synchronised))
        return;
    keeper_log_clock(quarantine_clock(keeper->quarantine));
    if (keeper->correct)
        event_active(keeper->correct, EV_TIMEOUT, 0);
}

static void store_incident(struct keeper *keeper, const struct ipc_store *request, int fd,
                           struct ipc_stored *answer)
{
    struct incident incident = request->incident;
    struct buf error = {0};
    enum quarantine_stored stored;

    incident_clean(&incident);
    read_clocks(keeper);
    stored = quarantine_store(keeper->quarantine, fd, request->destroy, &incident, &error);
    answer->ok = stored != QUARANTINE_NOT_STORED;
    answer->released = stored == QUARANTINE_RELEASED;
    if (error.n)
        keeper_log_failed(&incident, answer->ok ? EVENT_record_failed : EVENT_store_failed, &error);
    if (stored == QUARANTINE_STORED)
        keeper_log_stored(&incident, request->destroy);
    if (answer->released)
        keeper_log_passed(&incident);
    if (answer->ok) {
        memcpy(answer->incident, incident.id, sizeof answer->incident);
        memcpy(answer->file, incident.file, sizeof answer->file);
    }
    buf_fini(&error);
}

/* Only infected and unscannable messages are ever stored. */
static bool is_valid(const struct ipc_store *request)
{
    const struct verdict *verdict = &request->incident.verdict;

    return request->destroy <= 1 && incident_is_valid(&request->incident) && verdict_is_valid(verdict) &&
           (verdict->kind == VERDICT_INFECTED || verdict->kind == VERDICT_UNSCANNABLE);
}

static void on_request(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct keeper *keeper = context;
    const struct ipc_store *request = payload;
    struct ipc_stored answer = {.id = request->id};

    if (!is_valid(request)) {
        close(fd);
        ipc_violation(ipc, "an invalid request to store a message");
        return;
    }
    store_incident(keeper, request, fd, &answer);
    close(fd);
    ipc_send(ipc, IPC_STORED, &answer, -1);
}

static void serve_parent(struct keeper *keeper, const struct ipc_quarantine *message)
{
    struct ipc_quarantined answer = {.id = message->id};

    read_clocks(keeper);
    quarantine_serve(keeper->quarantine, &message->request, &answer.answer);
    keeper_log_served(&message->request, &answer.answer);
    ipc_send(keeper->loop.parent, IPC_QUARANTINED, &answer, -1);
}

static void send_held(struct keeper *keeper)
{
    struct ipc_held held = {.incidents = quarantine_count(keeper->quarantine)};

    quarantine_get_free_space(keeper->quarantine, &held.free_bytes, &held.free_files);
    ipc_send(keeper->loop.parent, IPC_HELD, &held, -1);
}

static void on_parent_message(void *context, enum ipc_kind kind, const void *payload, int fd)
{
    struct keeper *keeper = context;

    if (kind == IPC_ASK_HELD)
        send_held(keeper);
    else if (kind == IPC_QUARANTINE)
        serve_parent(keeper, payload);
}

static const struct backend_loop_work work = {
    .self = ROLE_KEEPER, .request = on_request, .message = on_parent_message};

static struct quarantine *open_quarantine(const struct conf *conf)
{
    struct quarantine_limits limits;
    struct buf error = {0};
    struct quarantine *quarantine = quarantine_open(conf->quarantine.directory, &error);

    quarantine_limits_of(conf, &limits);
    if (quarantine)
        quarantine_set_limits(quarantine, &limits);
    else
        log_text(EVENT_quarantine_unusable, "%s", buf_c_str(&error));
    buf_fini(&error);
    return quarantine;
}

static void expire_incidents(struct keeper *keeper)
{
    struct quarantine_removed gone;
    struct buf error = {0};

    read_clocks(keeper);
    if (!quarantine_expire(keeper->quarantine, &gone, &error))
        log_text(EVENT_expire_failed, "%s", buf_c_str(&error));
    if (gone.incidents)
        log_text(EVENT_expired, "%u incidents, %llu bytes of originals", gone.incidents,
                 (unsigned long long)gone.bytes);
    buf_fini(&error);
}

static void correct_times(struct keeper *keeper)
{
    static const struct timeval next = {0, CORRECT_AGAIN_MS * 1000};
    struct buf error = {0};
    bool left;

    if (!quarantine_correct_times(keeper->quarantine, CORRECTIONS_AT_ONCE, &left, &error))
        log_text(EVENT_record_failed, "correcting the time of an incident: %s", buf_c_str(&error));
    else if (left)
        event_add(keeper->correct, &next);
    buf_fini(&error);
}

static void on_correct(evutil_socket_t fd, short what, void *context)
{
    correct_times(context);
}

static void on_expire(evutil_socket_t fd, short what, void *context)
{
    expire_incidents(context);
    correct_times(context);
}

static void begin_expiry(struct keeper *keeper, uint64_t retention_ms)
{
    uint64_t every_s = retention_ms / 1000 / 10;

    every_s = every_s < 1 ? 1 : every_s > EXPIRE_EVERY_S ? EXPIRE_EVERY_S : every_s;
    if (retention_ms == 0)
        every_s = EXPIRE_EVERY_S; /* incidents are kept for ever, but releases expire */
    keeper->correct = event_new(keeper->loop.base, -1, 0, on_correct, keeper);
    expire_incidents(keeper);
    correct_times(keeper);
    keeper->expire = event_new(keeper->loop.base, -1, EV_PERSIST, on_expire, keeper);
    event_add(keeper->expire, &(struct timeval){(time_t)every_s, 0});
}

/* From now on only the quarantine's directory is accessible. It becomes the current directory, so that the
 * process keeps it even if another directory gets its path. */
static bool enter_sandbox(const struct quarantine *quarantine)
{
    static const struct sandbox_path here = {".", SANDBOX_READ | SANDBOX_WRITE};
    static const int calls[] = {SCMP_SYS(openat),         SCMP_SYS(fsync),    SCMP_SYS(renameat),
                                SCMP_SYS(renameat2),      SCMP_SYS(linkat),   SCMP_SYS(unlinkat),
                                SCMP_SYS(fstatfs),        SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime),
                                SCMP_SYS(clock_adjtime64)};

    return durable_enter(quarantine_directory(quarantine)) && sandbox_restrict_paths(&here, 1, false) &&
           sandbox_restrict_calls(calls, sizeof calls / sizeof *calls);
}

static void serve(struct keeper *keeper, int parent_fd)
{
    backend_loop_open(&keeper->loop, parent_fd);
    backend_loop_ready(&keeper->loop);
    event_base_dispatch(keeper->loop.base);
    backend_loop_close(&keeper->loop);
}

int keeper_main(const struct child_start *start)
{
    struct keeper keeper = {.quarantine = open_quarantine(start->conf)};
    int status = EXIT_CONFIG;

    backend_loop_init(&keeper.loop, &work, &keeper);
    if (keeper.quarantine)
        read_clocks(&keeper); /* before the sandbox, because the first call reads the boot id from /proc */
    if (keeper.quarantine && enter_sandbox(keeper.quarantine)) {
        log_text(EVENT_quarantine, "%s: %zu incidents", start->conf->quarantine.directory,
                 quarantine_count(keeper.quarantine));
        begin_expiry(&keeper, start->conf->quarantine.retention_ms);
        serve(&keeper, start->parent_fd);
        event_free(keeper.expire);
        event_free(keeper.correct);
        status = EXIT_SUCCESS;
    }
    quarantine_free(&keeper.quarantine);
    event_base_free(keeper.loop.base);
    return status;
}
