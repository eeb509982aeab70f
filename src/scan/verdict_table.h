/* verdict_table: what the scan process has said of messages, for the relays to read [K5].
 *
 * A relay that holds a message whose SHA-256 stands here need not ask. Only scan writes: the memory is
 * published (sys/shared_readonly), so that no relay can put up a verdict for the others, and what is posted comes
 * from bytes that scan has hashed itself. It is no more than a copy of what the verdict cache knows: places
 * are few, a new verdict may take another's, and whoever finds nothing asks. Processes that scan forks do not
 * have it.
 *
 * A message's place goes by what it is at a glance (sys/message_hash), so that most of those that are not
 * there need not even be hashed to know it.
 *
 * A verdict is that of a mail or of a file: the same bytes as the other kind are not found.
 *
 * A reader never waits: what changes while it looks counts as not found. */
#ifndef POSTERN_SCAN_VERDICT_TABLE_H
#define POSTERN_SCAN_VERDICT_TABLE_H

#include "base/digest_map.h"
#include "core/message_kind.h"
#include "core/verdict.h"

struct verdict_table;
struct verdict_table_view;

/* At most so many entries, some at least; NULL with errno. */
struct verdict_table *verdict_table_new(uint32_t entries);
void verdict_table_free(struct verdict_table **board);
/* For readers; the board's own. */
int verdict_table_fd(const struct verdict_table *board);
void verdict_table_post(struct verdict_table *board, enum message_kind kind, uint64_t glance,
                        const struct digest *message, const struct verdict *verdict);
/* Other signatures: nothing that stood here counts any more. */
void verdict_table_clear(struct verdict_table *board);

/* fd stays the caller's. NULL: it is no board. */
struct verdict_table_view *verdict_table_view_new(int fd, uint32_t entries);
void verdict_table_view_free(struct verdict_table_view **view);
/* Is there any that looks like it? */
bool verdict_table_view_has(const struct verdict_table_view *view, enum message_kind kind, uint64_t glance);
bool verdict_table_view_get(const struct verdict_table_view *view, enum message_kind kind, uint64_t glance,
                            const struct digest *message, struct verdict *verdict);

#endif
