/* tls_names: host names that TLS clients ask for, and host names in certificates.
 *
 * A host name has letters, digits and hyphens (LDH), labels of 1 to 63 octets that neither begin nor end with
 * a hyphen, and at most 253 octets. Its last label is not a number, because such a name could be an IPv4
 * address. It has no trailing dot. A wildcard name is "*." followed by a host name of at least two labels.
 * The asterisk stands for exactly one label (RFC 9525, 6.3). Names are compared regardless of case. Pure. */
#ifndef POSTERN_TLS_TLS_NAMES_H
#define POSTERN_TLS_TLS_NAMES_H

#include "base/span.h"

enum { TLS_NAME_MAX = 253 };

/* Returns the name without one trailing dot. */
struct span tls_name_without_dot(struct span name);
bool tls_name_is_host(struct span name);
bool tls_name_is_wildcard(struct span name);
/* A host name or a wildcard name: what a leaf certificate may contain. */
bool tls_name_is_valid(struct span name);

/* Returns whether a certificate with the name `pattern` is valid for the host. `pattern` is a host name or a
 * wildcard name. A trailing dot of either argument is ignored. */
bool tls_name_matches(struct span pattern, struct span host);
/* `entry` is an entry of [tls] bypass: a host name, or "*.example.org" for all hosts below example.org at any
 * depth. Returns whether a certificate with this name, which may be a wildcard name, is valid for at least
 * one of these hosts. */
bool tls_name_touches(struct span entry, struct span name);

#endif
