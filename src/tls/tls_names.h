/* tls_names: host names in TLS: names that clients ask for, and names in certificates.
 *
 * A host name has letters, digits and hyphens (LDH), labels of 1 to 63 octets that neither begin nor end with
 * a hyphen, and at most 253 octets. Its last label is not a number: such a name is an IPv4 address. It has no
 * trailing dot. A wildcard name is "*." and a host name of at least two labels; the asterisk stands for
 * exactly one label (RFC 9525, 6.3). Names are compared without regard to case. Pure. */
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

/* True if a certificate with this name is valid for the host. `pattern` is a host name or a wildcard name; a
 * trailing dot of either is ignored. */
bool tls_name_matches(struct span pattern, struct span host);
/* True if a certificate name, which may be a wildcard, is valid for at least one host of the list's entry. An
 * entry
 * "*.example.org" stands for all hosts below example.org at any depth, another one for one host. */
bool tls_name_touches(struct span entry, struct span name);

#endif
