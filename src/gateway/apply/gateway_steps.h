/* gateway_steps: the steps of gateway/apply/gateway_apply, each with its undo function. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_STEPS_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_STEPS_H

#include "gateway/kernel/gateway.h"
#include "gateway/kernel/gateway_kernel.h"
#include "gateway/apply/gateway_state.h"

enum { GATEWAY_STEPS = 8 };

/* The state that apply finds, and the journal that it writes. */
struct gateway_work {
    const struct gateway *gateway;
    struct gateway_state earlier; /* the journal found */
    struct gateway_state now;     /* the settings found */
    struct gateway_state intent;  /* the new journal */
    struct gateway_kernel kernel; /* the rules and routes found */
    struct buf table;             /* the table found; empty: none */
    bool is_as_planned;           /* nothing needs to be changed */
    bool has_planned_table;
};

struct gateway_step {
    const char *name; /* for error messages: "the routes" */
    bool (*run)(struct gateway_work *work, struct buf *error);
    bool (*undo)(struct gateway_work *work, struct buf *error); /* also works if `run` has failed halfway */
};

extern const struct gateway_step gateway_steps[GATEWAY_STEPS];

/* Reads the current state; changes nothing. gateway_work_fini must follow, even after a failure. */
bool gateway_work_begin(struct gateway_work *work, const struct gateway *gateway, struct buf *error);
void gateway_work_fini(struct gateway_work *work);
/* Runs the steps in order. If one fails, undoes that step and the earlier ones. The first step, the journal,
 * is undone only if all others were. */
bool gateway_work_run(struct gateway_work *work, const struct gateway_step *steps, size_t n,
                      struct buf *error);

#endif
