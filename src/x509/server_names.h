/* server_names: the names in a server's certificate (RFC 5280, 4.2.1.6). */
#ifndef POSTERN_X509_SERVER_NAMES_H
#define POSTERN_X509_SERVER_NAMES_H

#include "base/inet.h"
#include "base/span.h"

#include <openssl/x509.h>

/* A name; `octets` is as in the certificate, and need not be valid. */
struct server_name {
    bool is_address; /* 4 or 16 octets of an address; otherwise a DNS name */
    struct span octets;
};

typedef void server_name_visit(void *context, const struct server_name *name);
/* Calls `visit` for each DNS name and each address. The subject's common name is none. */
void server_names_each(X509 *certificate, server_name_visit *visit, void *context);

bool server_names_have_address(X509 *certificate, const union inet_address *address);
/* True if [tls] bypass has one of the names. */
bool server_names_are_bypassed(X509 *certificate, const char *bypass);

#endif
