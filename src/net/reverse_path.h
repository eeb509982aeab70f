/* reverse_path: the kernel's check whether a packet came the way that one to its source would go.
 *
 * With net.ipv4.conf.*.rp_filter it is made; with src_valid_mark beside it the packet's mark takes part in
 * it, and then the route that keeps marked packets on this host (TPROXY's "local default dev lo") makes every
 * client's address look like our own: all that is intercepted over IPv4 is dropped without a word. IPv6 has
 * no such check. */
#ifndef POSTERN_NET_REVERSE_PATH_H
#define POSTERN_NET_REVERSE_PATH_H

#include <net/if.h>
#include <stdbool.h>

/* Finds an interface, other than loopback, where both are on. */
bool reverse_path_minds_marks(char interface[IF_NAMESIZE]);

#endif
