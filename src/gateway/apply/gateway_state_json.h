/* gateway_state_json: the journal of gateway/apply/gateway_state as text. Pure. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_STATE_JSON_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_STATE_JSON_H

#include "gateway/apply/gateway_state.h"

/* `boot` and `namespace` are names of where it holds. */
void gateway_state_print(const struct gateway_state *state, const char *boot, const char *namespace,
                         struct buf *out);
/* Is it a journal of this boot, and of another network namespace? One that names no namespace is ours. */
bool gateway_state_is_elsewhere(struct span text, const char *boot, const char *namespace);
/* Into an empty state. Another boot's: true, and nothing is in it. False: not a journal; *error. */
bool gateway_state_parse(struct span text, const char *boot, struct gateway_state *state, struct buf *error);

#endif
