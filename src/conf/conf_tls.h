/* conf_tls: section [tls]: interception of TLS, the trust in servers, and what happens to bad certificates.
 *
 * With mode = off, nothing is intercepted, the other settings have no effect, and none of their files is
 * read. The server ports at which connections begin with TLS are a setting of each listener
 * (conf_listener.tls_ports). */
#ifndef POSTERN_CONF_CONF_TLS_H
#define POSTERN_CONF_CONF_TLS_H

#include "base/inet.h"

enum tls_mode { TLS_MODE_OFF, TLS_MODE_INTERCEPT };
/* For a server certificate with a fault. */
enum tls_bad { TLS_BAD_REFUSE, TLS_BAD_MIRROR, TLS_BAD_EXPLAIN };
enum tls_no_sni { TLS_NO_SNI_MIRROR, TLS_NO_SNI_REFUSE, TLS_NO_SNI_BYPASS };
/* For a connection that cannot be intercepted. */
enum tls_instead { TLS_INSTEAD_REFUSE, TLS_INSTEAD_BYPASS };
enum tls_untrusting { TLS_UNTRUSTING_REPORT, TLS_UNTRUSTING_BYPASS };

struct conf_tls {
    enum tls_mode mode;
    char *directory;       /* of the authority; its leaves are in "leaves" */
    char *passphrase_file; /* of the authority's keys; empty: for other sources see x509/passphrase */
    char *trust;           /* a file with the certificates of the trusted roots */
    char *extra_trust;     /* a directory of further ones; empty: none */
    char *crl;             /* a directory of revocation lists; empty: none */
    char *bypass; /* words (base/token): names, "*.NAME", addresses and networks of servers; may be empty */
    struct inet_ports bypass_ports; /* of servers */
    struct inet_networks bypass_clients;
    enum tls_bad expired, not_yet_valid, name, untrusted;
    enum tls_instead client_certificate, old_client, old_server;
    enum tls_no_sni no_sni;
    enum tls_untrusting untrusting_client;
    unsigned untrusting_after; /* number of rejections without a success in between */
    uint64_t untrusting_for_ms;
    bool require;               /* a plain login is refused if the server offers STLS */
    struct inet_addresses page; /* where clients find the certificate; may be empty */
};

#endif
