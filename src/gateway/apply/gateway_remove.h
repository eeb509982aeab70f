/* gateway_remove: what apply laid, taken away by its journal, whatever the configuration says by now.
 *
 * Without a journal: our table, and the rules and routes of the plan (which may be NULL), no settings. A
 * setting is put back only where it still has our value; where there is none any more that is a warning.
 * Whatever fails, the rest is done, and the journal stays for the next time. */
#ifndef POSTERN_GATEWAY_APPLY_GATEWAY_REMOVE_H
#define POSTERN_GATEWAY_APPLY_GATEWAY_REMOVE_H

#include "gateway/plan/gateway_plan.h"

enum gateway_removed { GATEWAY_REMOVE_FAILED, GATEWAY_REMOVE_DONE, GATEWAY_REMOVE_NOTHING };

enum gateway_removed gateway_remove(const char *directory, const struct gateway_plan *plan,
                                    struct problems *warnings, struct buf *error);

#endif
