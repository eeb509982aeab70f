/* page_clients: which devices have accepted or rejected the authority's certificate, as relays report.
 *
 * A device is identified by its address. The table has room for PAGE_CLIENTS_MAX devices. A further device
 * takes the place of the one that was reported the longest time ago. Pure. */
#ifndef POSTERN_PAGE_PAGE_CLIENTS_H
#define POSTERN_PAGE_PAGE_CLIENTS_H

#include "base/address.h"

enum { PAGE_CLIENTS_MAX = 4096 };

enum page_outcome { PAGE_UNSEEN, PAGE_ACCEPTED, PAGE_REJECTED };

struct page_client {
    uint8_t id[ADDRESS_CLIENT_SIZE];
    enum page_outcome outcome; /* the last one */
    uint64_t at_ms;
};

/* {0} is valid. */
struct page_clients {
    size_t n;
    struct page_client at[PAGE_CLIENTS_MAX];
};

/* id: as address_client writes it. now_ms never decreases. */
void page_clients_note(struct page_clients *clients, const uint8_t id[ADDRESS_CLIENT_SIZE],
                       enum page_outcome outcome, uint64_t now_ms);
/* Returns the device's entry, or NULL. */
const struct page_client *page_clients_find(const struct page_clients *clients,
                                            const uint8_t id[ADDRESS_CLIENT_SIZE]);

#endif
