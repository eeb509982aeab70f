/* quarantine_backend: access for the commands that change the quarantine.
 *
 * If the service listens at its control socket, it makes the change. Otherwise the quarantine is opened here,
 * as the user that owns the files, so that the keeper can read them later; the lock of its directory prevents
 * concurrent access. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_BACKEND_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_BACKEND_H

#include "conf/conf.h"
#include "quarantine/quarantine.h"

struct quarantine_backend {
    struct quarantine *own;        /* NULL: the service makes the change */
    const char *runtime_directory; /* the configuration's */
};

/* False and *error: neither is possible. The caller closes it in any case. */
bool quarantine_backend_open(struct quarantine_backend *door, const struct conf *conf, struct buf *error);
void quarantine_backend_close(struct quarantine_backend *door);
void quarantine_backend_ask(struct quarantine_backend *door, const struct quarantine_request *request,
                            struct quarantine_answer *answer);

#endif
