/* gateway_steps: what gateway/apply/gateway_apply does, step by step, each with its undoing. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_STEPS_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_STEPS_H

#include "gateway/kernel/gateway.h"
#include "gateway/kernel/gateway_kernel.h"
#include "gateway/apply/gateway_state.h"

enum { GATEWAY_STEPS = 8 };

/* What was there when apply began, and what it makes of it. */
struct gateway_work {
    const struct gateway *gateway;
    struct gateway_state earlier; /* the journal that was there */
    struct gateway_state now;     /* settings, as they were found */
    struct gateway_state intent;  /* the journal of this time */
    struct gateway_kernel kernel; /* rules and routes, as they were found */
    struct buf table;             /* likewise; empty: none */
    bool is_right;                /* nothing is to be done */
    bool has_right_table;
};

struct gateway_step {
    const char *name; /* "the routes": for who reads that it failed */
    bool (*take)(struct gateway_work *work, struct buf *error);
    bool (*undo)(struct gateway_work *work, struct buf *error); /* also after half of it */
};

extern const struct gateway_step gateway_steps[GATEWAY_STEPS];

/* Looks; changes nothing. */
bool gateway_work_begin(struct gateway_work *work, const struct gateway *gateway, struct buf *error);
void gateway_work_fini(struct gateway_work *work);
/* Takes the steps in their order; when one fails, undoes it and those before. */
bool gateway_work_run(struct gateway_work *work, const struct gateway_step *steps, size_t n,
                      struct buf *error);

#endif
