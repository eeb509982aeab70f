#include "core/policy.h"

static enum action unscannable_action(const struct conf *conf, enum unscannable reason)
{
    switch (reason) {
    case UNSCANNABLE_ENCRYPTED: return conf->policy.encrypted;
    case UNSCANNABLE_LIMITS: return conf->policy.limits;
    case UNSCANNABLE_MALFORMED: return conf->policy.malformed;
    case UNSCANNABLE_UNSUPPORTED: return conf->policy.unsupported;
    case UNSCANNABLE_PARTIAL: return conf->policy.partial;
    case UNSCANNABLE_AMBIGUOUS: return conf->policy.ambiguous;
    case UNSCANNABLE_ENGINE: return conf->policy.engine;
    case UNSCANNABLE_NONE: break;
    }
    return ACTION_REFUSE;
}

enum action policy_action(const struct conf *conf, const struct verdict *verdict)
{
    switch ((enum verdict_kind)verdict->kind) {
    case VERDICT_CLEAN: return ACTION_DELIVER;
    case VERDICT_INFECTED: return conf->policy.infected;
    case VERDICT_UNSCANNABLE: return unscannable_action(conf, (enum unscannable)verdict->reason);
    case VERDICT_FAILED: return conf->policy.failed;
    }
    return ACTION_REFUSE;
}

void policy_note_bare_end(struct verdict *verdict)
{
    verdict_raise(verdict, UNSCANNABLE_MALFORMED, SPAN("Bare-Line-End"));
}

enum action policy_decide(const struct conf *conf, struct verdict *verdict, bool undeliverable)
{
    enum action action;

    if (undeliverable)
        verdict_raise(verdict, UNSCANNABLE_MALFORMED, SPAN("Bare-Line-End-Dot"));
    action = policy_action(conf, verdict);
    if (undeliverable && action == ACTION_DELIVER)
        action = verdict->kind == VERDICT_FAILED ? ACTION_REFUSE : ACTION_QUARANTINE;
    return action;
}

enum err policy_refusal(const struct verdict *verdict)
{
    if (verdict_is_busy(verdict))
        return ERR_ENGINE_BUSY;
    return verdict->kind == VERDICT_FAILED ? ERR_ENGINE_FAILED : ERR_MESSAGE_REFUSED;
}
