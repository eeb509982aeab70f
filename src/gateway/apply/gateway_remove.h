/* gateway_remove: removes our table and what the journal lists, whatever the configuration is now.
 *
 * Without a journal it removes our table, and the rules and routes of `plan` (may be NULL), but restores no
 * settings. A setting is restored if it still has the value that apply gave it, or if that value is unknown
 * because apply did not complete. If a setting no longer exists, a warning is added. If a step fails, the
 * others are still carried out, and the journal is kept for the next attempt. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_REMOVE_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_REMOVE_H

#include "gateway/plan/gateway_plan.h"

enum gateway_removed { GATEWAY_REMOVE_FAILED, GATEWAY_REMOVE_DONE, GATEWAY_REMOVE_NOTHING };

enum gateway_removed gateway_remove(const char *directory, const struct gateway_plan *plan,
                                    struct problems *warnings, struct buf *error);

#endif
