/* What scan and the keeper answer, and how a reload went, for those who wait for it at the control socket. */
#include "proc/parent/parent_control_client.h"

#include "core/policy.h"

#include <stdio.h>

static void take_engines(struct control *control, const struct ipc_engines *answer)
{
    static const char *const names[] = {[ENGINE_NONE] = "none",
                                        [ENGINE_BUILTIN] = "builtin",
                                        [ENGINE_CLAMD] = "clamd",
                                        [ENGINE_COMMAND] = "command"};
    struct asker *asker, *next;

    for (asker = TAILQ_FIRST(&control->askers); asker; asker = next) {
        next = TAILQ_NEXT(asker, link);
        if (!(asker->awaits & AWAITS_ENGINES))
            continue;
        for (uint32_t i = 0; i < answer->count && i < CONF_LIST_MAX; i++) {
            const struct engine_state *state = &answer->at[i];
            struct control_engine engine = {
                .is_ready = state->is_ready, .proof = state->proof, .published_s = state->published_s};

            snprintf(engine.name, sizeof engine.name, "%s",
                     state->kind < sizeof names / sizeof *names ? names[state->kind] : "unknown");
            snprintf(engine.said, sizeof engine.said, "%.*s", (int)sizeof engine.said - 1, state->said);
            snprintf(engine.signatures, sizeof engine.signatures, "%.63s", state->signatures);
            parent_control_client_say(asker, CONTROL_ENGINE, &engine);
        }
        asker->awaits &= ~(unsigned)AWAITS_ENGINES;
        if (!asker->awaits)
            parent_questions_finish_status(asker);
    }
}

static void take_held(struct control *control, const struct ipc_held *answer)
{
    struct asker *asker, *next;

    for (asker = TAILQ_FIRST(&control->askers); asker; asker = next) {
        next = TAILQ_NEXT(asker, link);
        if (!(asker->awaits & AWAITS_HELD))
            continue;
        asker->state.is_kept_known = true;
        asker->state.kept = answer->incidents;
        asker->state.kept_free_bytes = answer->free_bytes;
        asker->state.kept_free_files = answer->free_files;
        asker->awaits &= ~(unsigned)AWAITS_HELD;
        if (!asker->awaits)
            parent_questions_finish_status(asker);
    }
}

/* Who asked may be gone by now. */
static void take_test(struct control *control, const struct ipc_verdict *answer)
{
    struct asker *asker;

    TAILQ_FOREACH(asker, &control->askers, link)
    {
        struct control_verdict verdict = {.verdict = answer->verdict};

        if (!(asker->awaits & AWAITS_TEST) || asker->id != answer->id)
            continue;
        verdict.action =
            (uint8_t)policy_decide(&control->parent->config->conf, &verdict.verdict, asker->undeliverable);
        parent_control_client_say(asker, CONTROL_VERDICT, &verdict);
        parent_control_client_finish(asker, true);
        return;
    }
}

static void take_quarantined(struct control *control, const struct ipc_quarantined *answer)
{
    struct asker *asker;

    TAILQ_FOREACH(asker, &control->askers, link)
    {
        if (!(asker->awaits & AWAITS_QUARANTINE) || asker->id != answer->id)
            continue;
        parent_control_client_say(asker, CONTROL_QUARANTINED, &answer->answer);
        parent_control_client_finish(asker, true);
        return;
    }
}

static bool awaits_reload(const struct asker *asker, const struct parent *parent)
{
    return asker->awaits & AWAITS_RELOAD && asker->reload == parent->reloads_started;
}

void parent_control_reload_text(struct parent *parent, const char *before, const char *line)
{
    struct control_text text = {0};
    struct asker *asker;

    if (!parent->control)
        return;
    snprintf(text.text, sizeof text.text, "%s%s", before, line);
    TAILQ_FOREACH(asker, &parent->control->askers, link)
    if (awaits_reload(asker, parent))
        parent_control_client_say(asker, CONTROL_TEXT, &text);
}

void parent_control_reload_done(struct parent *parent, bool ok)
{
    struct asker *asker, *next;

    for (asker = parent->control ? TAILQ_FIRST(&parent->control->askers) : NULL; asker; asker = next) {
        next = TAILQ_NEXT(asker, link);
        if (awaits_reload(asker, parent))
            parent_control_client_finish(asker, ok);
    }
}

/* A count of questions is enough: each is answered in turn. */
static bool was_asked(struct child *child, struct ipc *ipc)
{
    if (child->owes == 0) {
        ipc_violation(ipc, "an answer that nobody waits for");
        return false;
    }
    child->owes--;
    return true;
}

bool parent_control_answered(struct child *child, struct ipc *ipc, enum ipc_kind kind, const void *payload)
{
    struct control *control = child->parent->control;

    if (kind != IPC_ENGINES && kind != IPC_HELD && kind != IPC_TESTED && kind != IPC_QUARANTINED)
        return false;
    if (kind == IPC_TESTED) {
        const struct ipc_verdict *answer = payload;

        if (!verdict_is_valid(&answer->verdict))
            ipc_violation(ipc, "a verdict that is none");
        else if (control)
            take_test(control, answer);
    } else if (was_asked(child, ipc) && control) {
        if (kind == IPC_ENGINES)
            take_engines(control, payload);
        else if (kind == IPC_QUARANTINED)
            take_quarantined(control, payload);
        else
            take_held(control, payload);
    }
    return true;
}

void parent_control_lost(struct child *child)
{
    struct control *control = child->parent->control;
    struct asker *asker, *next;

    child->owes = 0;
    for (asker = control ? TAILQ_FIRST(&control->askers) : NULL; asker; asker = next) {
        unsigned before = asker->awaits;

        next = TAILQ_NEXT(asker, link);
        if (asker->scan == child)
            asker->awaits &= ~(unsigned)(AWAITS_ENGINES | AWAITS_TEST);
        if (asker->keeper == child)
            asker->awaits &= ~(unsigned)(AWAITS_HELD | AWAITS_QUARANTINE);
        if (asker->awaits == before || asker->awaits)
            continue;
        if (before & AWAITS_TEST)
            parent_control_client_refuse(asker, "the process that scans has ended; try again");
        else if (before & AWAITS_QUARANTINE)
            parent_control_client_refuse(
                asker, "the process that keeps the quarantine has ended; it may or may not be done");
        else
            parent_questions_finish_status(asker);
    }
}
