#include "page/page_clients.h"

#include <string.h>

const struct page_client *page_clients_find(const struct page_clients *clients,
                                            const uint8_t id[ADDRESS_CLIENT_SIZE])
{
    for (size_t i = 0; i < clients->n; i++)
        if (memcmp(clients->at[i].id, id, ADDRESS_CLIENT_SIZE) == 0)
            return &clients->at[i];
    return NULL;
}

static size_t find_oldest(const struct page_clients *clients)
{
    size_t oldest = 0;

    for (size_t i = 1; i < clients->n; i++)
        if (clients->at[i].at_ms < clients->at[oldest].at_ms)
            oldest = i;
    return oldest;
}

static size_t find_place(const struct page_clients *clients, const uint8_t id[ADDRESS_CLIENT_SIZE])
{
    const struct page_client *known = page_clients_find(clients, id);

    if (known)
        return (size_t)(known - clients->at);
    return clients->n < PAGE_CLIENTS_MAX ? clients->n : find_oldest(clients);
}

void page_clients_note(struct page_clients *clients, const uint8_t id[ADDRESS_CLIENT_SIZE],
                       enum page_outcome outcome, uint64_t now_ms)
{
    size_t place = find_place(clients, id);

    if (place == clients->n)
        clients->n++;
    memcpy(clients->at[place].id, id, ADDRESS_CLIENT_SIZE);
    clients->at[place].outcome = outcome;
    clients->at[place].at_ms = now_ms;
}
