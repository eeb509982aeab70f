/* gateway_state_json: the journal of svc/gateway_state as text. Pure. */
#ifndef POSTERN_SVC_GATEWAY_STATE_JSON_H
#define POSTERN_SVC_GATEWAY_STATE_JSON_H

#include "svc/gateway_state.h"

void gateway_state_print(const struct gateway_state *state, const char *boot, struct buf *out);
/* Into an empty state. Another boot's: true, and nothing is in it. False: not a journal; *error. */
bool gateway_state_parse(struct span text, const char *boot, struct gateway_state *state, struct buf *error);

#endif
