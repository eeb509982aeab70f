/* verdict: what an engine reports of one message, in a fixed size, so that it can cross processes.
 *
 * All-zero is `failed`: a verdict that was not filled in is never clean [V1]. Names come from engines and are
 * printed by templates: verdict_set_name lets only printable ASCII through and cuts at the size. */
#ifndef POSTERN_CORE_VERDICT_H
#define POSTERN_CORE_VERDICT_H

#include "base/span.h"

#include <stdint.h>

enum verdict_kind {
    VERDICT_FAILED = 0,  /* no usable answer: engine down, time-out, malformed response. Temporary */
    VERDICT_CLEAN,       /* the engine got every byte and reported exactly this */
    VERDICT_INFECTED,    /* .name */
    VERDICT_UNSCANNABLE, /* .reason; .name is the engine's own term and may be empty */
};

enum unscannable {
    UNSCANNABLE_NONE = 0,
    UNSCANNABLE_ENCRYPTED,   /* a password-protected archive or document */
    UNSCANNABLE_LIMITS,      /* a limit of the engine, or its deadline, stopped the scan short */
    UNSCANNABLE_MALFORMED,   /* mail readers would disagree about its content */
    UNSCANNABLE_UNSUPPORTED, /* holds an archive that this engine cannot open */
    UNSCANNABLE_PARTIAL,     /* one fragment of a message/partial (mail/partial) */
    UNSCANNABLE_ENGINE,      /* a healthy engine fails for this message each time: scan/give_up */
};

struct verdict {
    uint8_t kind;   /* enum verdict_kind */
    uint8_t reason; /* enum unscannable */
    char name[128]; /* NUL-terminated */
    char engine[32];
    char signatures[64]; /* version of the signatures, for display; may be empty */
};

void verdict_set(struct verdict *verdict, enum verdict_kind kind, enum unscannable reason, struct span name);
void verdict_set_name(struct verdict *verdict, struct span name);

/* Sets what an engine found. Its heuristics for limits and encryption are not infections but unscannable
 * [V2]; any other name is infected. */
void verdict_set_found(struct verdict *verdict, struct span name);

/* Clean because scanning is off (engines = none). */
void verdict_set_unscanned(struct verdict *verdict);

/* The scan reached our own deadline. */
void verdict_set_late(struct verdict *verdict);
bool verdict_is_late(const struct verdict *verdict);

/* Failed, and the engine never received the message: there was no room for a copy, or no process. This says
 * nothing about the message. */
void verdict_set_untried(struct verdict *verdict);
bool verdict_is_untried(const struct verdict *verdict);

/* False for a verdict that depends on the state of the engine and not on the message alone; it is not
 * cached. */
bool verdict_is_lasting(const struct verdict *verdict);

/* Severity: clean < encrypted < the other unscannables < failed < infected. If there are several engines or
 * several findings in one message, the worst counts. */
int verdict_rank(const struct verdict *verdict);

const char *verdict_kind_name(enum verdict_kind kind);         /* "infected" */
const char *verdict_unscannable_name(enum unscannable reason); /* "encrypted" */
/* False for bytes that cannot be a verdict; they come from a process that may have been taken over. */
bool verdict_is_valid(const struct verdict *verdict);

#endif
