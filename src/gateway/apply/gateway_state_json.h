/* gateway_state_json: the journal of gateway/apply/gateway_state as text. Pure. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_STATE_JSON_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_STATE_JSON_H

#include "gateway/apply/gateway_state.h"

/* `boot` and `namespace`: the boot and the network namespace for which the journal is valid. */
void gateway_state_print(const struct gateway_state *state, const char *boot, const char *namespace,
                         struct buf *out);
/* Returns whether the text is a journal of this boot, but of another network namespace. */
bool gateway_state_is_elsewhere(struct span text, const char *boot, const char *namespace);
/* Parses the text into an empty state. The state stays empty if the journal is of another boot. False with
 * *error: this version cannot read the text as a journal. */
bool gateway_state_parse(struct span text, const char *boot, struct gateway_state *state, struct buf *error);

#endif
