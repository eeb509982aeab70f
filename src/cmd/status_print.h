/* status_print: prints the answer of `postern status` as text and as JSON. */
#ifndef POSTERN_CMD_STATUS_PRINT_H
#define POSTERN_CMD_STATUS_PRINT_H

#include "proc/ipc/control.h"

#include <jansson.h>
#include <time.h>

struct status {
    struct control_state state;
    struct control_engine engines[16];
    size_t engine_count;
    struct control_process *processes; /* freed by status_fini */
    size_t process_count;
};

/* `now`: the current time, for the age of signatures. */
void status_print(const struct status *status, time_t now, struct buf *out);
json_t *status_json(const struct status *status, time_t now);

#endif
