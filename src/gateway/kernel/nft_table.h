/* nft_table: watches a table of the packet filter: whether it exists, is replaced, or loses a part.
 *
 * The state is read at the start, and then kept up to date by the kernel's notifications (nfnetlink, group
 * nf_tables). If a table is deleted and created again, even in one transaction, it has another handle. Within
 * a table only removals are noticed: of a set, of a chain, and of a rule outside free_chains. The table must
 * be of the family inet, in the network namespace in which nft_table_new was called. nft_table_new needs
 * CAP_NET_ADMIN. The process needs this capability again after notifications were lost. */
#ifndef POSTERN_GATEWAY_KERNEL_NFT_TABLE_H
#define POSTERN_GATEWAY_KERNEL_NFT_TABLE_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct nft_table;

/* The table to watch. Must exist until nft_table_free. */
struct nft_table_watched {
    const char *name;
    const char *const *free_chains; /* chains from which rules may be removed; ends with NULL */
};

/* Returns NULL with errno on failure. `changed` is called from the event loop when the handle has changed, or
 * when a part of the table was removed for the first time. */
struct nft_table *nft_table_new(struct event_base *base, const struct nft_table_watched *watched,
                                void (*changed)(void *context), void *context);
uint64_t nft_table_handle(const struct nft_table *table); /* 0: there is no such table */
/* Returns whether the table exists, and nothing was removed from it since it was created or first seen.
 * Processes pending notifications. `changed` is called for them later, from the event loop. */
bool nft_table_is_whole(struct nft_table *table);
void nft_table_free(struct nft_table **table);

#endif
