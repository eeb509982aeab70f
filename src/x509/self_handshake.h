/* self_handshake: one TLS handshake of OpenSSL with itself, in memory.
 *
 * At its first handshake OpenSSL and the C library open files: the configuration, the time zone. A process
 * that will enter a sandbox makes this handshake first. */
#ifndef POSTERN_X509_SELF_HANDSHAKE_H
#define POSTERN_X509_SELF_HANDSHAKE_H

#include <openssl/ssl.h>
#include <stdbool.h>

/* Makes a handshake with a client of this context. The certificate is not verified. True: the handshake was
 * completed. */
bool self_handshake(SSL_CTX *client);

#endif
