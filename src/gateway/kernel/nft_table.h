/* nft_table: does a table of that name exist in the packet filter, and is it still the same one?
 *
 * The state is read once, and then kept up to date by the kernel's notifications (nfnetlink, group
 * nf_tables), so that the owner of a table learns at once when it is removed or replaced. A table that was
 * deleted and created again has another handle, even in one transaction. Within a table only removals are
 * noticed: of a set, of a chain, and of a rule outside the chains that the owner changes. Family inet, in the
 * network namespace of its creation. Needs CAP_NET_ADMIN when it is created. */
#ifndef POSTERN_GATEWAY_KERNEL_NFT_TABLE_H
#define POSTERN_GATEWAY_KERNEL_NFT_TABLE_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct nft_table;

/* The table to watch; the pointer is kept. */
struct nft_table_watched {
    const char *name;
    const char *const *free_chains; /* chains from which rules may be removed; ends with NULL */
};

/* NULL with errno. `changed` is called from the event loop when the handle has changed or something was
 * removed from the table. */
struct nft_table *nft_table_new(struct event_base *base, const struct nft_table_watched *watched,
                                void (*changed)(void *context), void *context);
uint64_t nft_table_handle(const struct nft_table *table); /* 0: there is no such table */
/* Does the table exist, with nothing removed since it was created or first seen? Processes pending
 * notifications; `changed` is still called later. */
bool nft_table_is_whole(struct nft_table *table);
void nft_table_free(struct nft_table **table);

#endif
