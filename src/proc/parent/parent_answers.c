#include "proc/parent/parent_answers.h"

#include "proc/parent/parent_control_client.h"

#include "core/policy.h"

#include <stdio.h>

static void take_engines(struct parent_control *control, const struct ipc_engines *answer)
{
    static const char *const names[] = {[ENGINE_NONE] = "none",
                                        [ENGINE_BUILTIN] = "builtin",
                                        [ENGINE_CLAMD] = "clamd",
                                        [ENGINE_COMMAND] = "command"};
    struct control_client *client, *next;

    for (client = TAILQ_FIRST(&control->clients); client; client = next) {
        next = TAILQ_NEXT(client, link);
        if (!(client->awaits & AWAITS_ENGINES))
            continue;
        for (uint32_t i = 0; i < answer->count && i < CONF_LIST_MAX; i++) {
            const struct engine_state *state = &answer->at[i];
            struct control_engine engine = {
                .is_ready = state->is_ready, .proof = state->proof, .published_s = state->published_s};

            snprintf(engine.name, sizeof engine.name, "%s",
                     state->kind < sizeof names / sizeof *names ? names[state->kind] : "unknown");
            snprintf(engine.failure, sizeof engine.failure, "%.*s", (int)sizeof engine.failure - 1,
                     state->failure);
            snprintf(engine.signatures, sizeof engine.signatures, "%.63s", state->signatures);
            parent_control_client_send(client, CONTROL_ENGINE, &engine);
        }
        client->awaits &= ~(unsigned)AWAITS_ENGINES;
        if (!client->awaits)
            parent_control_client_finish_status(client);
    }
}

static void take_held(struct parent_control *control, const struct ipc_held *answer)
{
    struct control_client *client, *next;

    for (client = TAILQ_FIRST(&control->clients); client; client = next) {
        next = TAILQ_NEXT(client, link);
        if (!(client->awaits & AWAITS_HELD))
            continue;
        client->state.is_kept_known = true;
        client->state.kept = answer->incidents;
        client->state.kept_free_bytes = answer->free_bytes;
        client->state.kept_free_files = answer->free_files;
        client->awaits &= ~(unsigned)AWAITS_HELD;
        if (!client->awaits)
            parent_control_client_finish_status(client);
    }
}

/* Passes the verdict to the client that has requested it, if that client is still connected. */
static void take_test(struct parent_control *control, const struct ipc_verdict *answer)
{
    struct control_client *client;

    TAILQ_FOREACH(client, &control->clients, link)
    {
        struct control_verdict verdict = {.verdict = answer->verdict};

        if (!(client->awaits & AWAITS_TEST) || client->id != answer->id)
            continue;
        verdict.action =
            (uint8_t)policy_decide(&control->parent->config->conf, &verdict.verdict, client->undeliverable);
        parent_control_client_send(client, CONTROL_VERDICT, &verdict);
        parent_control_client_finish(client, true);
        return;
    }
}

static void take_quarantined(struct parent_control *control, const struct ipc_quarantined *answer)
{
    struct control_client *client;

    TAILQ_FOREACH(client, &control->clients, link)
    {
        if (!(client->awaits & AWAITS_QUARANTINE) || client->id != answer->id)
            continue;
        parent_control_client_send(client, CONTROL_QUARANTINED, &answer->answer);
        parent_control_client_finish(client, true);
        return;
    }
}

static bool awaits_reload(const struct control_client *client, const struct parent *parent)
{
    return client->awaits & AWAITS_RELOAD && client->reload == parent->reload.started;
}

void parent_answers_reload_text(struct parent *parent, const char *before, const char *line)
{
    struct control_text text = {0};
    struct control_client *client;

    if (!parent->control)
        return;
    snprintf(text.text, sizeof text.text, "%s%s", before, line);
    TAILQ_FOREACH(client, &parent->control->clients, link)
    if (awaits_reload(client, parent))
        parent_control_client_send(client, CONTROL_TEXT, &text);
}

void parent_answers_reload_done(struct parent *parent, bool ok)
{
    struct control_client *client, *next;

    for (client = parent->control ? TAILQ_FIRST(&parent->control->clients) : NULL; client; client = next) {
        next = TAILQ_NEXT(client, link);
        if (awaits_reload(client, parent))
            parent_control_client_finish(client, ok);
    }
}

/* Does the answer belong to an outstanding request? Requests are answered in order, so it is enough to count
 * them. */
static bool is_expected(struct child *child, struct ipc *ipc)
{
    if (child->outstanding == 0) {
        ipc_violation(ipc, "an unexpected reply");
        return false;
    }
    child->outstanding--;
    return true;
}

void parent_answers_take(struct child *child, struct ipc *ipc, enum ipc_kind kind, const void *payload)
{
    struct parent_control *control = child->parent->control;

    if (kind == IPC_TESTED) {
        const struct ipc_verdict *answer = payload;

        if (!verdict_is_valid(&answer->verdict))
            ipc_violation(ipc, "a malformed verdict");
        else if (control)
            take_test(control, answer);
    } else if (is_expected(child, ipc) && control) {
        if (kind == IPC_ENGINES)
            take_engines(control, payload);
        else if (kind == IPC_QUARANTINED)
            take_quarantined(control, payload);
        else if (kind == IPC_HELD)
            take_held(control, payload);
    }
}

void parent_answers_lost(struct child *child)
{
    struct parent_control *control = child->parent->control;
    struct control_client *client, *next;

    child->outstanding = 0;
    for (client = control ? TAILQ_FIRST(&control->clients) : NULL; client; client = next) {
        unsigned before = client->awaits;

        next = TAILQ_NEXT(client, link);
        if (client->scan == child)
            client->awaits &= ~(unsigned)(AWAITS_ENGINES | AWAITS_TEST);
        if (client->keeper == child)
            client->awaits &= ~(unsigned)(AWAITS_HELD | AWAITS_QUARANTINE);
        if (client->awaits == before || client->awaits)
            continue;
        if (before & AWAITS_TEST)
            parent_control_client_refuse(client, "the scan process has ended; try again");
        else if (before & AWAITS_QUARANTINE)
            parent_control_client_refuse(
                client, "the keeper process has ended; the request may or may not have been carried out");
        else
            parent_control_client_finish_status(client);
    }
}
