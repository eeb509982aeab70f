/* gateway_settings: saves and restores the kernel settings (sysctls) that a plan changes.
 *
 * Some settings change others: switching forwarding on or off for a family also sets the forwarding of each
 * interface and, for IPv4, accept_redirects. So the planned settings and all dependent ones are saved, in an
 * order in which writing a setting changes no earlier one. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_SETTINGS_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_SETTINGS_H

#include "gateway/apply/gateway_state.h"

/* Fills an empty state with the settings of the plan, those in `earlier`, and all dependent ones. `before` is
 * the current value, `ours` the planned one or NULL. */
void gateway_settings_read(const struct gateway_plan *plan, const struct gateway_state *earlier,
                           struct gateway_state *now);
/* Adds the settings to the journal that is written before any change. For a setting that still has the value
 * of an earlier apply, `before` is taken from the earlier journal. */
void gateway_settings_intend(const struct gateway_state *now, const struct gateway_state *earlier,
                             struct gateway_state *intent);
/* Adds the settings to the journal that is written after the changes: all planned and dependent ones, with
 * the current values in `ours`. Unchanged settings are included, because they may change when forwarding is
 * switched back. */
void gateway_settings_settle(const struct gateway_state *intent, const struct gateway_plan *plan,
                             struct gateway_state *done);

/* Writes the plan's settings that do not have their planned value: all of them, or only those that do not
 * enable forwarding. */
bool gateway_settings_write(const struct gateway_plan *plan, bool with_forwarding, struct buf *error);
/* Restores all settings to `before`, whatever their values are now. */
bool gateway_settings_restore_all(const struct gateway_state *now, struct buf *error);
/* Restores the settings that still have our value, or whose `ours` is not known, except those of the plan
 * (may be NULL) and their dependent ones. */
bool gateway_settings_restore_ours(const struct gateway_state *state, const struct gateway_plan *plan,
                                   struct buf *error);
/* Adds a warning for each setting that apply changed and that no longer exists, because its interface was
 * removed or renamed. */
void gateway_settings_report_gone(const struct gateway_state *state, struct problems *problems);

/* Returns whether the state has settings that are neither in the plan nor depend on a planned one. */
bool gateway_settings_has_leftovers(const struct gateway_state *state, const struct gateway_plan *plan);

#endif
