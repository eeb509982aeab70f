#include "base/routing_data.h"

#include <string.h>

const struct routing_interface *routing_interface_named(const struct routing_interfaces *all,
                                                        const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->at[i].name, name) == 0)
            return &all->at[i];
    return NULL;
}

const struct routing_interface *routing_interface_at(const struct routing_interfaces *all, unsigned index)
{
    for (size_t i = 0; index && i < all->n; i++)
        if (all->at[i].index == index)
            return &all->at[i];
    return NULL;
}
