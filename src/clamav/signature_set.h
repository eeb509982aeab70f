/* signature_set: the compiled engine with all signatures, ready to be shared by forked workers.
 *
 * Whatever libclamav loads only when it is first used is used here once, for a worker in its sandbox can open
 * nothing: character set converters are opened and kept, a mail is scanned to warm up. */
#ifndef POSTERN_CLAMAV_SIGNATURE_SET_H
#define POSTERN_CLAMAV_SIGNATURE_SET_H

#include "clamav/message_scan.h"

enum { SIGNATURE_VERSION_MAX = 64 };

struct signature_set {
    struct cl_engine *engine;
    int64_t published_s; /* Unix time of the newest file: what its header says, or when it was written; 0:
                            unknown */
    char version[SIGNATURE_VERSION_MAX]; /* "ClamAV-1.4.6/27834", "ClamAV-1.4.6/2-signatures" */
};

/* False, and logged, when the directory has no signatures or they do not load. A set is never freed: its
 * process ends. */
bool signature_set_load(struct signature_set *set, const char *database, const char *temp,
                        const struct scan_limits *limits);

#endif
