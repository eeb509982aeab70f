/* reverse_path: the kernel's reverse path filter in combination with marks.
 *
 * net.ipv4.conf.*.rp_filter turns the filter on. If src_valid_mark is on, too, the filter looks up the
 * packet's source address with the packet's mark. TPROXY needs a route that keeps marked packets on this host
 * ("local default dev lo"). Because of this route, the filter regards every client's address as an address of
 * this host, and silently drops all intercepted IPv4 packets. IPv6 has no such filter. */
#ifndef POSTERN_NET_REVERSE_PATH_H
#define POSTERN_NET_REVERSE_PATH_H

#include <net/if.h>
#include <stdbool.h>

/* Finds an interface other than loopback on which rp_filter and src_valid_mark are both on. False: there is
 * none. */
bool reverse_path_uses_marks(char interface[IF_NAMESIZE]);

#endif
