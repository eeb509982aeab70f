#include "cmd/quarantine_door.h"

#include "proc/child_start.h"

#include <errno.h>
#include <time.h>

bool quarantine_door_open(struct quarantine_door *door, const struct conf *conf, struct buf *error)
{
    struct quarantine_limits limits;
    struct identity keeper;

    *door = (struct quarantine_door){0};
    if (!child_identity(conf, ROLE_KEEPER, &keeper)) {
        buf_add_format(error, "there is no user %s",
                       *conf->quarantine.user ? conf->quarantine.user : conf->postern.user);
        return false;
    }
    if (!privileges_borrow(&keeper)) {
        buf_add_format(error, "becoming user %u: %s", keeper.uid, strerror(errno));
        return false;
    }
    quarantine_limits_of(conf, &limits);
    door->own = quarantine_open(conf->quarantine.directory, error);
    if (door->own)
        quarantine_limit(door->own, &limits);
    return door->own != NULL;
}

void quarantine_door_ask(struct quarantine_door *door, const struct quarantine_request *request,
                         struct quarantine_answer *answer)
{
    quarantine_serve(door->own, request, time(NULL), answer);
}

void quarantine_door_close(struct quarantine_door *door)
{
    quarantine_free(&door->own);
    privileges_give_back();
}
