/* tls_hello: reads a client's ClientHello before any TLS library sees it.
 *
 * RFC 8446, 4.1.2 and 5.1; RFC 5246, 7.4.1.2; RFC 6066, 3 (server name); RFC 7301, 3.1 (protocol names); RFC
 * 8701: unknown values are ignored. The hello may be cut into records anywhere. Pure; no memory is
 * allocated. */
#ifndef POSTERN_TLS_TLS_HELLO_H
#define POSTERN_TLS_TLS_HELLO_H

#include "base/span.h"

#include <stdint.h>

enum {
    TLS_HELLO_MAX = 16384, /* octets with the record headers; a longer hello is malformed */
    TLS_HELLO_NAME_SIZE = 256,
    TLS_HELLO_ALPN_MAX = 255,
    TLS_VERSION_1_2 = 0x0303,
    TLS_VERSION_1_3 = 0x0304,
};

enum tls_hello_result { TLS_HELLO_MORE, TLS_HELLO_COMPLETE, TLS_HELLO_NOT_TLS, TLS_HELLO_MALFORMED };

struct tls_hello {
    char sni[TLS_HELLO_NAME_SIZE]; /* in lower case, without a trailing dot; empty: none */
    bool has_sni;                  /* the server name is a host name (tls_name_is_host) */
    bool has_invalid_sni;          /* the server name is not a host name, for example an address */
    bool has_ech; /* encrypted_client_hello (65037). Browsers also send this extension with random content, to
                   * servers that do not support it. In that case, the server name is the true one. */
    uint16_t version_max; /* the highest version known here that the client offers, at most 0x0304 */
    bool offers_tls13;
    bool offers_ecdsa_p256; /* a server can use a certificate with a key on P-256, with TLS 1.2 or 1.3 */
    bool offers_rsa;        /* the same for an RSA key */
    struct {
        size_t n; /* 0: none, or longer than TLS_HELLO_ALPN_MAX */
        char p[TLS_HELLO_ALPN_MAX];
    } alpn;        /* the list of protocol names as in SSL_set_alpn_protos: length octet, name, and so on */
    size_t octets; /* length of the hello with its record headers */
};

/* Reads the hello at the start of all bytes that the client has sent so far. The result depends on these
 * bytes alone. Once it is not TLS_HELLO_MORE, further bytes do not change it. *hello is valid only if the
 * result is TLS_HELLO_COMPLETE. For a ClientHello of SSL 2, the result is TLS_HELLO_NOT_TLS. */
enum tls_hello_result tls_hello_parse(struct span bytes, struct tls_hello *hello);

#endif
