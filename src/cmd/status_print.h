/* status_print: what `postern status` has heard of the service, as text for people and as JSON. */
#ifndef POSTERN_CMD_STATUS_PRINT_H
#define POSTERN_CMD_STATUS_PRINT_H

#include "proc/ipc/control.h"

#include <jansson.h>
#include <time.h>

struct status {
    struct control_state state;
    struct control_engine engines[16];
    size_t engine_count;
    struct control_process *processes; /* the owner's to free */
    size_t process_count;
};

/* `now`: what ages are counted from. */
void status_print(const struct status *status, time_t now, struct buf *out);
json_t *status_json(const struct status *status, time_t now);

#endif
