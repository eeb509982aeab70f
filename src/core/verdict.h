/* verdict: what an engine says of one message, in a fixed size, so that it crosses processes as it is.
 *
 * All-zero is `failed`: a verdict nobody filled in is never clean [V1]. Names come from engines and
 * templates print them: verdict_set_name lets only printable ASCII through and cuts at the size. */
#ifndef POSTERN_CORE_VERDICT_H
#define POSTERN_CORE_VERDICT_H

#include "base/span.h"

#include <stdint.h>

enum verdict_kind {
    VERDICT_FAILED = 0,  /* no answer worth the name: engine down, time-out, malformed response. Temporary */
    VERDICT_CLEAN,       /* the engine, given every byte, said exactly so */
    VERDICT_INFECTED,    /* .name */
    VERDICT_UNSCANNABLE, /* .reason; .name says what the engine called it, may be empty */
};

enum unscannable {
    UNSCANNABLE_NONE = 0,
    UNSCANNABLE_ENCRYPTED,   /* an archive or document under a password */
    UNSCANNABLE_LIMITS,      /* a limit of the engine, or its deadline, stopped the scan short */
    UNSCANNABLE_MALFORMED,   /* readers of mail would not agree what it says */
    UNSCANNABLE_UNSUPPORTED, /* holds an archive that this engine cannot open */
    UNSCANNABLE_PARTIAL,     /* one piece of a message that the reader joins: mail/partial */
    UNSCANNABLE_ENGINE,      /* a healthy engine fails for this message each time: scan/give_up */
};

struct verdict {
    uint8_t kind;   /* enum verdict_kind */
    uint8_t reason; /* enum unscannable */
    char name[128]; /* NUL-terminated */
    char engine[32];
    char signatures[64]; /* version of the signatures, for people; may be empty */
};

void verdict_set(struct verdict *verdict, enum verdict_kind kind, enum unscannable reason, struct span name);
void verdict_set_name(struct verdict *verdict, struct span name);

/* An engine found `name`. Its heuristics for limits and encryption are not infections: they become
 * unscannable [V2]; any other name is infected. */
void verdict_set_found(struct verdict *verdict, struct span name);

/* engines = none: clean, for nobody looks. */
void verdict_set_unseen(struct verdict *verdict);

/* Our own deadline ended the scan. */
void verdict_set_late(struct verdict *verdict);
bool verdict_is_late(const struct verdict *verdict);

/* Failed, and the engine never had it: there was no room for a copy, or no process. That says nothing of the
 * message. */
void verdict_set_untried(struct verdict *verdict);
bool verdict_is_untried(const struct verdict *verdict);

/* False for what depends on how busy or how well the engine was, and not on the message alone: it is not
 * remembered. */
bool verdict_is_lasting(const struct verdict *verdict);

/* How bad: clean < encrypted < the other unscannables < failed < infected. With several engines, or several
 * things found in one message, the worst counts. */
int verdict_rank(const struct verdict *verdict);

const char *verdict_kind_name(enum verdict_kind kind); /* "infected" */
const char *verdict_unscannable_name(enum unscannable reason); /* "encrypted" */
/* False for bytes that cannot be a verdict: from a process that may have been taken over. */
bool verdict_is_valid(const struct verdict *verdict);

#endif
