/* gateway_settings: saves and restores the kernel settings (sysctls) that a plan changes.
 *
 * Some settings change others. Switching forwarding on or off for a family also sets the forwarding of each
 * interface and, for IPv4, accept_redirects. So the planned settings and all settings that depend on them are
 * saved. Their order is such that writing one of them changes no earlier one. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_SETTINGS_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_SETTINGS_H

#include "gateway/apply/gateway_state.h"

/* Fills an empty state with the settings of the plan, those in `earlier`, and all that depend on them.
 * `before` is the current value. `ours` is the planned value, or NULL if the setting is not planned. */
void gateway_settings_read(const struct gateway_plan *plan, const struct gateway_state *earlier,
                           struct gateway_state *now);
/* Adds the settings to the journal that is written before any change. If a setting still has the value of an
 * earlier apply, or that value is not known, `before` is taken from the earlier journal. */
void gateway_settings_intend(const struct gateway_state *now, const struct gateway_state *earlier,
                             struct gateway_state *intent);
/* Adds the settings to the journal that is written after the changes: all planned ones and those that depend
 * on them, with the current values in `ours`. Settings that apply has not changed are included, because they
 * may change when forwarding is switched back. */
void gateway_settings_settle(const struct gateway_state *intent, const struct gateway_plan *plan,
                             struct gateway_state *done);

/* Writes the plan's settings that do not have their planned value. If not with_forwarding, leaves out those
 * that enable forwarding. False with *error: the first failure; later settings are not written. */
bool gateway_settings_write(const struct gateway_plan *plan, bool with_forwarding, struct buf *error);
/* Restores all settings to `before`, whatever their values are now. False with *error: some could not be
 * restored. */
bool gateway_settings_restore_all(const struct gateway_state *now, struct buf *error);
/* Restores the settings that still have the value `ours`, and those whose `ours` is not known. Leaves out the
 * settings of the plan (may be NULL), and those that depend on them. */
bool gateway_settings_restore_ours(const struct gateway_state *state, const struct gateway_plan *plan,
                                   struct buf *error);
/* Adds a warning for each setting that no longer exists because its interface was removed or renamed.
 * Settings that apply has left unchanged cause no warning. */
void gateway_settings_report_gone(const struct gateway_state *state, struct problems *problems);

/* Returns whether the state has a setting that is neither in the plan nor depends on a planned one. */
bool gateway_settings_has_leftovers(const struct gateway_state *state, const struct gateway_plan *plan);

#endif
