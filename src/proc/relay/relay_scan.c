/* Reports the verdict on a message. Has the message scanned, unless scanning is off or the verdict is already
 * known. */

#include "proc/relay/relay_internal.h"

#include <errno.h>

static bool is_scanning_enabled(const struct conf *conf)
{
    return conf->scan.engines.n != 1 || conf->scan.engines.at[0] != ENGINE_NONE;
}

static void report(struct held_message *message, const struct verdict *verdict)
{
    struct relay_session *session = message->session;

    session->protocol->scanned(session->state, message, verdict);
}

static void report_unscanned(struct held_message *message)
{
    struct verdict verdict;

    verdict_set_unscanned(&verdict);
    report(message, &verdict);
}

/* Reports a copy, because the protocol may free the message during the call. */
static void report_known(struct held_message *message)
{
    struct verdict verdict = *message->known;

    report(message, &verdict);
}

static void report_failed(struct held_message *message)
{
    report(message, &(struct verdict){.kind = VERDICT_FAILED});
}

static void take_verdict(struct held_message *message, const void *reply)
{
    relay_ready_add_reply(message->session);
    if (reply)
        report(message, reply);
    else
        report_failed(message);
}

bool relay_message_scan(struct held_message *message, enum err *why)
{
    relay_message_withdraw(message);
    if (!is_scanning_enabled(message->session->relay->conf)) {
        message->local_result = report_unscanned;
    } else if (relay_find_known(message)) {
        message->local_result = report_known;
    } else if (!relay_request(message, IPC_SCAN, take_verdict)) {
        *why = relay_message_fault(errno);
        return false;
    }
    return true;
}
