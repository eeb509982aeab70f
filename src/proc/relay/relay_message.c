/* A held message from `begin` to `forget`: its spool, and its operation in progress. */

#include "proc/relay/relay_internal.h"

#include <errno.h>
#include <stdlib.h>

static void count_held(struct held_message *message)
{
    const struct child_start *start = message->session->relay->start;
    uint64_t now = message->spool.read_only < 0 ? message->spool.octets : 0;

    if (now != message->held)
        session_stats_add_held(start->stats, start->index, (int64_t)now - (int64_t)message->held);
    message->held = now;
}

struct held_message *relay_message_begin(void *shell, enum leg from)
{
    struct relay_session *session = shell;
    struct held_message *message = mem_alloc_zero(sizeof *message);

    message->session = session;
    message->from = from;
    message->spool = SPOOL_EMPTY;
    message->begun_ms = relay_now_ms();
    TAILQ_INSERT_TAIL(&session->messages, message, link);
    session->messages_seen++;
    session->timers.due_ms[RELAY_DUE_PATIENCE] = 0;
    return message;
}

/* If all messages in memory together would exceed their limit, this message is written to disk. So no message
 * waits for memory [S11]. */
static bool spool_run(struct held_message *message, struct span run)
{
    struct relay *relay = message->session->relay;
    struct spool_settings settings = relay->spool;
    bool kept;

    if (session_stats_held(relay->start->stats) + run.n > relay->conf->spool.memory_total_max_bytes)
        settings.memory_max_bytes = 0;
    kept = spool_write(&message->spool, &settings, run);
    count_held(message);
    return kept;
}

enum err relay_message_fault(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM ? ERR_PROCESS_LIMIT : ERR_SPOOL_FAILED;
}

bool relay_message_write(struct held_message *message, struct span run, enum err *why)
{
    struct relay *relay = message->session->relay;

    if (message->spool.octets + run.n > message->session->listener->message_max_bytes) {
        *why = ERR_MESSAGE_TOO_LARGE;
        return false;
    }
    if (spool_run(message, run))
        return true;
    *why = relay_message_fault(errno);
    relay_log_spool(relay, errno);
    return false;
}

bool relay_message_cut(struct held_message *message, uint64_t octets, enum err *why)
{
    bool was_cut = spool_cut(&message->spool, octets);

    count_held(message);
    if (!was_cut)
        *why = ERR_SPOOL_FAILED;
    return was_cut;
}

void relay_message_drop(struct held_message *message)
{
    spool_fini(&message->spool);
    count_held(message);
}

void relay_message_withdraw(struct held_message *message)
{
    relay_request_abandon(message);
    message->local_result = NULL;
}

void relay_message_forget(struct held_message *message)
{
    relay_message_withdraw(message);
    relay_delivery_end(message);
    relay_message_drop(message);
    buf_fini(&message->notice);
    free(message->incident);
    free(message->known);
    TAILQ_REMOVE(&message->session->messages, message, link);
    free(message);
}

bool relay_message_report_local(struct relay_session *session)
{
    struct held_message *message;
    void (*report)(struct held_message *);

    TAILQ_FOREACH(message, &session->messages, link)
    if (message->local_result)
        break;
    if (!message || session->ending != RELAY_RUNNING)
        return false;
    report = message->local_result;
    message->local_result = NULL;
    report(message);
    return true;
}
