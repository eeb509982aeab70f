/* nft_table: is there a table of that name in the packet filter, and is it still the same one?
 *
 * Asked once, and from then on told by the kernel (nfnetlink's group of nf_tables), so that whoever keeps
 * something in a table learns at once that it was taken away or laid anew. A table that was deleted and made
 * again has another handle, in one transaction or not. Within a table only removals are noticed: of a set, of
 * a chain, and of a rule, except in the chains that their owner changes. Of family inet, in the network
 * namespace that this was made in. Needs CAP_NET_ADMIN when it is made. */
#ifndef POSTERN_GATEWAY_KERNEL_NFT_TABLE_H
#define POSTERN_GATEWAY_KERNEL_NFT_TABLE_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct nft_table;

/* Which table; kept by pointer. */
struct nft_table_watched {
    const char *name;
    const char *const *free_chains; /* whose rules may be removed; ends with NULL */
};

/* NULL with errno. `changed` comes from the event loop, whenever the handle is another one or something was
 * removed from the table. */
struct nft_table *nft_table_new(struct event_base *base, const struct nft_table_watched *watched,
                                void (*changed)(void *context), void *context);
uint64_t nft_table_handle(const struct nft_table *table); /* 0: there is no such table */
/* It is there, and nothing was removed from it since it was made, or first seen. Takes what the kernel has
 * reported meanwhile; `changed` is still called later. */
bool nft_table_is_whole(struct nft_table *table);
void nft_table_free(struct nft_table **table);

#endif
