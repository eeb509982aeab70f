/* quarantine_backend: access for the commands that change the quarantine.
 *
 * If the service runs, it makes the change. Otherwise the command itself opens the quarantine. It does so as
 * the keeper's user, so that the keeper can read the files later. The lock of the directory prevents
 * concurrent access. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_BACKEND_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_BACKEND_H

#include "conf/conf.h"
#include "quarantine/quarantine.h"

struct quarantine_backend {
    struct quarantine *own; /* NULL: the service makes the change */
    const char *runtime_directory;
};

/* False: the service cannot be reached, and the command cannot open the quarantine. *error has the reason.
 * The caller must call quarantine_backend_close, also after a failure. */
bool quarantine_backend_open(struct quarantine_backend *backend, const struct conf *conf, struct buf *error);
void quarantine_backend_close(struct quarantine_backend *backend);
void quarantine_backend_ask(struct quarantine_backend *backend, const struct quarantine_request *request,
                            struct quarantine_answer *answer);

#endif
