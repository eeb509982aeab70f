/* reverse_path: the kernel's reverse path filter in combination with marks.
 *
 * net.ipv4.conf.*.rp_filter turns the filter on; with src_valid_mark the filter takes the packet's mark into
 * account. Then the route that keeps marked packets on this host (TPROXY's "local default dev lo") makes
 * every client's address look like our own, and all intercepted IPv4 packets are silently dropped. IPv6 has
 * no such filter. */
#ifndef POSTERN_NET_REVERSE_PATH_H
#define POSTERN_NET_REVERSE_PATH_H

#include <net/if.h>
#include <stdbool.h>

/* Finds an interface other than loopback on which rp_filter and src_valid_mark are both on. False: there is
 * none. */
bool reverse_path_uses_marks(char interface[IF_NAMESIZE]);

#endif
