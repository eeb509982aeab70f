/* server_names: the names in a server's certificate (RFC 5280, 4.2.1.6). */
#ifndef POSTERN_X509_SERVER_NAMES_H
#define POSTERN_X509_SERVER_NAMES_H

#include "base/inet.h"
#include "base/span.h"

#include <openssl/x509.h>

/* A name as it is in the certificate. A DNS name need not be a valid host name. */
struct server_name {
    bool is_address; /* 4 or 16 octets of an address; otherwise a DNS name */
    struct span octets;
};

typedef void server_name_visit(void *context, const struct server_name *name);
/* Calls `visit` for each DNS name and each address. The subject's common name is not among them. */
void server_names_each(X509 *certificate, server_name_visit *visit, void *context);

bool server_names_have_address(X509 *certificate, const union inet_address *address);
/* Returns whether [tls] bypass contains one of the DNS names. */
bool server_names_are_bypassed(X509 *certificate, const char *bypass);

#endif
