/* gateway_settings: the kernel's settings (sysctls) that a plan touches, remembered and put back.
 *
 * Some settings change others: switching the forwarding of a family on or off sets that of each interface,
 * and on IPv4 accept_redirects of all. So what is remembered is the planned ones and all that may follow, in
 * an order in which writing a later one never changes an earlier one. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_SETTINGS_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_SETTINGS_H

#include "gateway/apply/gateway_state.h"

/* A list of gateway_saved whose `before` is the value of now, into an empty state: those of the plan, those
 * that `earlier` has, and what may follow from them. `ours`: the plan's value, NULL where it has none. */
void gateway_settings_look(const struct gateway_plan *plan, const struct gateway_state *earlier,
                           struct gateway_state *now);
/* What a journal is to say before anything is changed: where a value is still that of the earlier apply, what
 * was before that one counts. */
void gateway_settings_intend(const struct gateway_state *now, const struct gateway_state *earlier,
                             struct gateway_state *intent);
/* And after it: each that the plan keeps, with the value that it has now, also where that is no other than
 * before: when forwarding is switched back, it may follow. */
void gateway_settings_settle(const struct gateway_state *intent, const struct gateway_plan *plan,
                             struct gateway_state *done);

/* Writes those of the plan that are not as planned, all or only those that do not open. */
bool gateway_settings_write(const struct gateway_plan *plan, bool with_opening, struct buf *error);
/* Puts all back to `before`, whatever they are now. */
bool gateway_settings_return(const struct gateway_state *now, struct buf *error);
/* Puts back what is still ours, unless the plan (may be NULL) has it, or it follows from what the plan has.
 */
bool gateway_settings_restore(const struct gateway_state *state, const struct gateway_plan *plan,
                              struct buf *error);
/* A warning for each that cannot be put back because it is not there any more: the interface was renamed, and
 * has our value still, or it is gone. */
void gateway_settings_tell_gone(const struct gateway_state *state, struct problems *problems);

/* Has it settings that are neither the plan's nor follow from those? */
bool gateway_settings_has_leftovers(const struct gateway_state *state, const struct gateway_plan *plan);

#endif
