/* quarantine_backend: who does what changes the quarantine.
 *
 * The service, if it listens at its control socket. If nobody does, the quarantine is opened here, as the
 * user whose files they are, so that the keeper can read them later; the lock of its directory keeps out two
 * at a time. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_BACKEND_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_BACKEND_H

#include "conf/conf.h"
#include "quarantine/quarantine.h"

struct quarantine_backend {
    struct quarantine *own;        /* NULL: the service is asked */
    const char *runtime_directory; /* the configuration's */
};

/* False and *error: neither way is open. Closed in any case. */
bool quarantine_backend_open(struct quarantine_backend *door, const struct conf *conf, struct buf *error);
void quarantine_backend_close(struct quarantine_backend *door);
void quarantine_backend_ask(struct quarantine_backend *door, const struct quarantine_request *request,
                            struct quarantine_answer *answer);

#endif
