/* What is asked at the control socket, and whom that is asked of. */
#include "proc/parent/parent_control_client.h"

#include "build_config.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { ASK_MS = 3000 };

static struct child *find_ready(struct parent *parent, enum role role)
{
    struct child *child = parent_child_current(parent, role);

    return child && child->is_ready && child->ipc ? child : NULL;
}

static void say_processes(struct asker *asker)
{
    const struct parent *parent = asker->control->parent;
    uint64_t now_ms = process_clock_ms();
    const struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    {
        struct control_process process = {.index = child->index,
                                          .pid = child->pid,
                                          .is_ready = child->is_ready,
                                          .is_leaving = child->is_leaving,
                                          .restarts = child->starts ? child->starts - 1 : 0,
                                          .age_ms = child->pid ? now_ms - child->started_ms : 0};

        snprintf(process.role, sizeof process.role, "%s", role_name(child->role));
        parent_control_client_say(asker, CONTROL_PROCESS, &process);
    }
}

void parent_questions_finish_status(struct asker *asker)
{
    parent_control_client_say(asker, CONTROL_STATE, &asker->state);
    say_processes(asker);
    parent_control_client_finish(asker, true);
}

/* It will answer, or end. */
static const struct child *ask(struct child *child, enum ipc_kind kind)
{
    if (!child)
        return NULL;
    child->owes++;
    ipc_send(child->ipc, kind, &(struct ipc_none){0}, -1);
    return child;
}

static void begin_status(struct asker *asker)
{
    struct parent *parent = asker->control->parent;
    struct control_state *state = &asker->state;

    *state = (struct control_state){.version = POSTERN_VERSION,
                                    .uptime_ms = process_clock_ms() - parent->started_ms,
                                    .sessions = session_stats_total(parent->stats),
                                    .is_ready = parent->state == STATE_RUNNING};
    for (unsigned i = 0; i < SESSION_STATS_COUNTERS; i++)
        state->counts[i] = session_stats_counted(parent->stats, (enum session_stats_counter)i);
    asker->scan = ask(find_ready(parent, ROLE_SCAN), IPC_ASK_ENGINES);
    asker->keeper = ask(find_ready(parent, ROLE_KEEPER), IPC_ASK_HELD);
    asker->awaits = (asker->scan ? AWAITS_ENGINES : 0) | (asker->keeper ? AWAITS_HELD : 0);
    parent_control_client_set_timer(asker, ASK_MS);
    if (!asker->awaits)
        parent_questions_finish_status(asker);
}

/* Engines map what they are given: nobody may be able to change it or make it shorter. */
static bool is_sealed(int fd, uint64_t size)
{
    struct stat status;
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 && (seals & (F_SEAL_WRITE | F_SEAL_SHRINK)) == (F_SEAL_WRITE | F_SEAL_SHRINK) &&
           fstat(fd, &status) == 0 && status.st_size >= 0 && (uint64_t)status.st_size == size;
}

static void begin_test(struct asker *asker, const struct control_scan *request, int fd)
{
    struct parent *parent = asker->control->parent;
    struct child *scan = find_ready(parent, ROLE_SCAN);
    const struct conf *conf = &parent->config->conf;
    struct ipc_scan message = {.size = request->size, .kind = request->kind};

    if (!is_sealed(fd, request->size)) {
        parent_control_client_refuse(asker, "the message is not sealed");
    } else if (request->size > conf->listeners[PROTOCOL_POP3].message_max_bytes) {
        parent_control_client_refuse(asker,
                                     "larger than [pop3] message_max: a server's message would be refused");
    } else if (!message_kind_is_valid(request->kind)) {
        parent_control_client_refuse(asker, "neither a mail nor a file");
    } else if (!scan) {
        parent_control_client_refuse(asker, "nobody can scan at this moment; try again");
    } else {
        asker->id = message.id = ++asker->control->last_id;
        asker->undeliverable = request->undeliverable != 0;
        asker->scan = scan;
        asker->awaits = AWAITS_TEST;
        ipc_send(scan->ipc, IPC_TEST_SCAN, &message, fd);
        event_del(asker->timer); /* scan has deadlines of its own */
    }
}

static void begin_quarantine(struct asker *asker, const struct quarantine_request *request)
{
    struct child *keeper = find_ready(asker->control->parent, ROLE_KEEPER);
    struct ipc_quarantine message = {.request = *request};

    if (!keeper) {
        parent_control_client_refuse(asker, "nobody keeps the quarantine at this moment; try again");
        return;
    }
    asker->id = message.id = ++asker->control->last_id;
    asker->keeper = keeper;
    asker->awaits = AWAITS_QUARANTINE;
    keeper->owes++;
    ipc_send(keeper->ipc, IPC_QUARANTINE, &message, -1);
    event_del(asker->timer); /* a disk takes what it takes; its end is told */
}

static void begin_reload(struct asker *asker)
{
    struct parent *parent = asker->control->parent;

    asker->awaits = AWAITS_RELOAD;
    asker->reload = parent->reloads_started + 1;
    event_del(asker->timer); /* it takes as long as the new signatures do */
    parent_reload_ask(parent);
}

void parent_questions_begin(struct asker *asker, const struct control_message *message)
{
    asker->has_asked = true;
    switch (message->kind) {
    case CONTROL_STATUS: begin_status(asker); break;
    case CONTROL_RELOAD: begin_reload(asker); break;
    case CONTROL_TEST_SCAN: begin_test(asker, &message->as.TEST_SCAN, message->carried); break;
    case CONTROL_QUARANTINE: begin_quarantine(asker, &message->as.QUARANTINE); break;
    case CONTROL_STATE:
    case CONTROL_PROCESS:
    case CONTROL_ENGINE:
    case CONTROL_VERDICT:
    case CONTROL_QUARANTINED:
    case CONTROL_TEXT:
    case CONTROL_DONE:
    case CONTROL_KINDS: break; /* no questions: control_receive lets none through */
    }
}

void parent_questions_overdue(struct asker *asker)
{
    if (asker->awaits & (AWAITS_ENGINES | AWAITS_HELD))
        parent_questions_finish_status(asker);
    else
        parent_control_client_refuse(asker, "it took too long");
}
