/* signature_set: the compiled engine with all signatures, to be shared by forked workers.
 *
 * A worker in its sandbox can open only files in its temporary directory. Therefore everything that libclamav
 * loads at first use is used once before workers are forked: character set converters are opened and stay
 * open, and a mail is scanned. */
#ifndef POSTERN_CLAMAV_SIGNATURE_SET_H
#define POSTERN_CLAMAV_SIGNATURE_SET_H

#include "clamav/message_scan.h"

enum { SIGNATURE_VERSION_MAX = 64 };

struct signature_set {
    struct cl_engine *engine;
    int64_t published_s; /* Unix time of the newest file, by its header or modification time; 0: unknown */
    char version[SIGNATURE_VERSION_MAX]; /* "ClamAV-1.4.6/27834", "ClamAV-1.4.6/2-signatures" */
};

/* Returns false if the directory has no signatures or the engine cannot be used. The reason is logged, unless
 * no memfd is available. A set is never freed. */
bool signature_set_load(struct signature_set *set, const char *database, const char *temp,
                        const struct scan_limits *limits);

#endif
