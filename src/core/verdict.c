#include "core/verdict.h"

static const char *const kinds[] = {"failed", "clean", "infected", "unscannable"};
static const char *const reasons[] = {"",        "encrypted", "limits", "malformed", "unsupported",
                                      "partial", "ambiguous", "engine"};

void verdict_set_name(struct verdict *verdict, struct span name)
{
    size_t n = 0;

    for (size_t i = 0; i < name.n && n < sizeof verdict->name - 1; i++) {
        char c = name.p[i];

        if (c > ' ' && c < 0x7f)
            verdict->name[n++] = c;
    }
    verdict->name[n] = '\0';
}

void verdict_set(struct verdict *verdict, enum verdict_kind kind, enum unscannable reason, struct span name)
{
    verdict->kind = (uint8_t)kind;
    verdict->reason = (uint8_t)reason;
    verdict_set_name(verdict, name);
}

void verdict_set_found(struct verdict *verdict, struct span name)
{
    if (span_starts(name, SPAN("Heuristics.Limits.Exceeded")))
        verdict_set(verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS, name);
    else if (span_starts(name, SPAN("Heuristics.Encrypted")))
        verdict_set(verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_ENCRYPTED, name);
    else
        verdict_set(verdict, VERDICT_INFECTED, UNSCANNABLE_NONE, name);
}

void verdict_set_unscanned(struct verdict *verdict)
{
    static const char engine[] = "none";

    *verdict = (struct verdict){0};
    verdict_set(verdict, VERDICT_CLEAN, UNSCANNABLE_NONE, SPAN(""));
    memcpy(verdict->engine, engine, sizeof engine);
}

void verdict_set_late(struct verdict *verdict)
{
    verdict_set(verdict, VERDICT_UNSCANNABLE, UNSCANNABLE_LIMITS, SPAN("deadline"));
}

bool verdict_is_late(const struct verdict *verdict)
{
    return verdict->kind == VERDICT_UNSCANNABLE && verdict->reason == UNSCANNABLE_LIMITS &&
           span_eq(span_of(verdict->name), SPAN("deadline"));
}

void verdict_set_untried(struct verdict *verdict)
{
    verdict_set(verdict, VERDICT_FAILED, UNSCANNABLE_NONE, SPAN("untried"));
}

bool verdict_is_untried(const struct verdict *verdict)
{
    return verdict->kind == VERDICT_FAILED && span_eq(span_of(verdict->name), SPAN("untried"));
}

void verdict_set_busy(struct verdict *verdict)
{
    verdict_set(verdict, VERDICT_FAILED, UNSCANNABLE_NONE, SPAN("busy"));
}

bool verdict_is_busy(const struct verdict *verdict)
{
    return verdict->kind == VERDICT_FAILED && span_eq(span_of(verdict->name), SPAN("busy"));
}

bool verdict_is_lasting(const struct verdict *verdict)
{
    bool is_timed = span_starts(span_of(verdict->name), SPAN("Heuristics.Limits.Exceeded.MaxScanTime"));

    return verdict->kind != VERDICT_FAILED && !verdict_is_late(verdict) && !is_timed &&
           verdict->reason != UNSCANNABLE_ENGINE;
}

static int rank_of_reason(enum unscannable reason)
{
    switch (reason) {
    case UNSCANNABLE_AMBIGUOUS: return 1;
    case UNSCANNABLE_ENCRYPTED: return 2;
    case UNSCANNABLE_NONE:
    case UNSCANNABLE_LIMITS:
    case UNSCANNABLE_MALFORMED:
    case UNSCANNABLE_UNSUPPORTED:
    case UNSCANNABLE_PARTIAL:
    case UNSCANNABLE_ENGINE: break;
    }
    return 3;
}

int verdict_rank(const struct verdict *verdict)
{
    switch ((enum verdict_kind)verdict->kind) {
    case VERDICT_CLEAN: return 0;
    case VERDICT_UNSCANNABLE: return rank_of_reason((enum unscannable)verdict->reason);
    case VERDICT_FAILED: return 4;
    case VERDICT_INFECTED: return 5;
    }
    return 4;
}

void verdict_raise(struct verdict *verdict, enum unscannable reason, struct span name)
{
    const struct verdict unscannable = {.kind = VERDICT_UNSCANNABLE, .reason = (uint8_t)reason};

    if (verdict_rank(verdict) < verdict_rank(&unscannable))
        verdict_set(verdict, VERDICT_UNSCANNABLE, reason, name);
}

const char *verdict_kind_name(enum verdict_kind kind)
{
    return kinds[kind];
}

const char *verdict_unscannable_name(enum unscannable reason)
{
    return reasons[reason];
}

static bool has_nul(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

bool verdict_is_valid(const struct verdict *verdict)
{
    return verdict->kind < sizeof kinds / sizeof kinds[0] &&
           verdict->reason < sizeof reasons / sizeof reasons[0] &&
           (verdict->kind == VERDICT_UNSCANNABLE) == (verdict->reason != UNSCANNABLE_NONE) &&
           has_nul(verdict->name, sizeof verdict->name) && has_nul(verdict->engine, sizeof verdict->engine) &&
           has_nul(verdict->signatures, sizeof verdict->signatures);
}
