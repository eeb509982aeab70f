/* verdict: what an engine reports about one message, in a fixed size, so that it can be sent to other
 * processes.
 *
 * A verdict of all zeros is `failed`, so that a verdict that was not filled in is never clean [V1]. Names
 * come from engines and are printed by templates. Therefore verdict_set_name keeps only printable ASCII
 * without spaces, and cuts a name that is too long. */
#ifndef POSTERN_CORE_VERDICT_H
#define POSTERN_CORE_VERDICT_H

#include "base/span.h"

#include <stdint.h>

enum verdict_kind {
    VERDICT_FAILED = 0,  /* no usable answer: engine down, time-out, malformed response. Temporary */
    VERDICT_CLEAN,       /* the engine received every byte and found nothing; or scanning is off */
    VERDICT_INFECTED,    /* .name */
    VERDICT_UNSCANNABLE, /* .reason; .name is the engine's own term and may be empty */
};

enum unscannable {
    UNSCANNABLE_NONE = 0,
    UNSCANNABLE_ENCRYPTED,   /* a password-protected archive or document */
    UNSCANNABLE_LIMITS,      /* a limit of the engine, or the deadline, ended the scan early */
    UNSCANNABLE_MALFORMED,   /* mail readers would disagree about its content or its end */
    UNSCANNABLE_UNSUPPORTED, /* contains an archive or other container that this engine cannot open */
    UNSCANNABLE_PARTIAL,     /* a message/partial fragment (mail/partial), or a part is elsewhere
                                (message/external-body) */
    UNSCANNABLE_AMBIGUOUS,   /* all readings were scanned, but the ordinary reading hides content that another
                                one shows (mail/mime_hidden) */
    UNSCANNABLE_ENGINE,      /* a healthy engine has failed repeatedly for this message: scan/give_up */
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

/* Sets the verdict for a name that an engine reported. The names of heuristics for limits and encryption mean
 * unscannable [V2]. Any other name means infected. */
void verdict_set_found(struct verdict *verdict, struct span name);

/* Sets clean, because scanning is off (engines = none). */
void verdict_set_unscanned(struct verdict *verdict);

/* Sets unscannable (limits), because the scan exceeded [scan] deadline. */
void verdict_set_late(struct verdict *verdict);
bool verdict_is_late(const struct verdict *verdict);

/* Sets failed, because the engine never received the message: there was no space for a copy, or no process
 * could be started. This verdict says nothing about the message. */
void verdict_set_untried(struct verdict *verdict);
bool verdict_is_untried(const struct verdict *verdict);

/* Sets failed, because the message has waited too long for its scan to begin or to end. */
void verdict_set_busy(struct verdict *verdict);
bool verdict_is_busy(const struct verdict *verdict);

/* True if the verdict depends only on the message and the signatures, so that it can be cached. */
bool verdict_is_lasting(const struct verdict *verdict);

/* Severity: clean < ambiguous < encrypted < the other unscannables < failed < infected. If there are several
 * engines or several findings in one message, the worst counts. */
int verdict_rank(const struct verdict *verdict);
/* Sets unscannable, for this reason. A verdict of the same or a higher rank stays. */
void verdict_raise(struct verdict *verdict, enum unscannable reason, struct span name);

const char *verdict_kind_name(enum verdict_kind kind);         /* "infected" */
const char *verdict_unscannable_name(enum unscannable reason); /* "encrypted" */
/* Returns false if the verdict is malformed. A process that was taken over may send such a verdict. */
bool verdict_is_valid(const struct verdict *verdict);

#endif
