/* nft_table: is there a table of that name in the packet filter, and is it still the same one?
 *
 * Asked once, and from then on told by the kernel (nfnetlink's group of nf_tables), so that whoever keeps
 * something in a table learns at once that it was taken away or laid anew. A table that was deleted and made
 * again has another handle, in one transaction or not; changes within a table are not told. Of family inet,
 * in the network namespace that this was made in. Needs CAP_NET_ADMIN when it is made. */
#ifndef POSTERN_NET_NFT_TABLE_H
#define POSTERN_NET_NFT_TABLE_H

#include <event2/event.h>
#include <stdint.h>

struct nft_table;

/* NULL with errno. `name` is kept by pointer. `changed` comes from the event loop, whenever the handle is
 * another one. */
struct nft_table *nft_table_new(struct event_base *base, const char *name, void (*changed)(void *context),
                                void *context);
uint64_t nft_table_handle(const struct nft_table *table); /* 0: there is no such table */
void nft_table_free(struct nft_table **table);

#endif
