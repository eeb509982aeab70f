/* verdict_table: verdicts of the scan process in shared memory, for the relays to read [K5].
 *
 * A relay that finds the SHA-256 of a message in the table sends no request for the message. Only scan
 * writes: the memory is read-only for others (sys/shared_readonly), so no relay can add a verdict. The keys
 * are hashes that scan itself has computed. The table is only a partial copy of the verdict cache, because a
 * new verdict may evict another one. A relay that finds no verdict sends a request. Children that scan forks
 * do not inherit the mapping.
 *
 * An entry also has the fingerprint of its message (sys/message_hash). If the fingerprint of a message is not
 * in the table, the relay need not hash the message.
 *
 * An entry is valid for one kind of message (core/message_kind): a mail and a file with the same bytes have
 * different entries.
 *
 * A reader never waits: an entry that changes while it is read counts as not found. */
#ifndef POSTERN_SCAN_VERDICT_TABLE_H
#define POSTERN_SCAN_VERDICT_TABLE_H

#include "base/digest_map.h"
#include "core/message_kind.h"
#include "core/verdict.h"

struct verdict_table;
struct verdict_table_view;

/* The number of entries is rounded down to a multiple of 4; less than 4 counts as 4. Returns NULL with errno
 * on failure. */
struct verdict_table *verdict_table_new(uint32_t entries);
void verdict_table_free(struct verdict_table **table);
/* Returns the descriptor for readers, which the table keeps. */
int verdict_table_fd(const struct verdict_table *table);
void verdict_table_post(struct verdict_table *table, enum message_kind kind, uint64_t fingerprint,
                        const struct digest *message, const struct verdict *verdict);
/* Call when signatures have changed: all entries become invalid. */
void verdict_table_clear(struct verdict_table *table);

/* The caller keeps fd. Returns NULL if fd is not such memory of the expected size, or cannot be mapped. */
struct verdict_table_view *verdict_table_view_new(int fd, uint32_t entries);
void verdict_table_view_free(struct verdict_table_view **view);
/* Is there an entry with this fingerprint? */
bool verdict_table_view_has(const struct verdict_table_view *view, enum message_kind kind,
                            uint64_t fingerprint);
bool verdict_table_view_get(const struct verdict_table_view *view, enum message_kind kind,
                            uint64_t fingerprint, const struct digest *message, struct verdict *verdict);

#endif
