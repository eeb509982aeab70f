/* quarantine_door: who does what changes the quarantine.
 *
 * The lock of its directory says whether the service runs. If it does not, the quarantine is opened here, as
 * the user whose files they are, so that the keeper can read them later. */
#ifndef POSTERN_CMD_QUARANTINE_DOOR_H
#define POSTERN_CMD_QUARANTINE_DOOR_H

#include "conf/conf.h"
#include "svc/quarantine.h"

struct quarantine_door {
    struct quarantine *own;
};

/* False and *error: neither way is open. Closed in any case. */
bool quarantine_door_open(struct quarantine_door *door, const struct conf *conf, struct buf *error);
void quarantine_door_close(struct quarantine_door *door);
void quarantine_door_ask(struct quarantine_door *door, const struct quarantine_request *request,
                         struct quarantine_answer *answer);

#endif
