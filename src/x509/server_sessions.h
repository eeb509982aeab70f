/* server_sessions: keeps TLS sessions with servers. To resume a session saves most of a handshake.
 *
 * A server that resumes a session is not verified again. Therefore a session is kept for what was verified:
 * the address, the port and the name that was asked for. A session is used for at most an hour, or for less
 * if the server says so. It is freed with the trust that verified it. At most SERVER_SESSIONS_MAX are kept. A
 * further session replaces the one that was least recently used. */
#ifndef POSTERN_X509_SERVER_SESSIONS_H
#define POSTERN_X509_SERVER_SESSIONS_H

#include "base/inet.h"
#include "tls/tls_names.h"

#include <openssl/ssl.h>
#include <stdint.h>

enum { SERVER_SESSIONS_MAX = 1000, SERVER_SESSIONS_LIFETIME_S = 3600 };

struct server_session_key {
    union inet_address server;   /* with its port */
    char name[TLS_NAME_MAX + 1]; /* in lower case; empty: none was asked for */
};

struct server_sessions;

struct server_sessions *server_sessions_new(void);
void server_sessions_free(struct server_sessions **sessions);

/* The name may be NULL. A name of more than TLS_NAME_MAX octets is cut off, so the caller checks the length
 * first. */
void server_session_key_set(struct server_session_key *key, const union inet_address *server,
                            const char *name);

/* Keeps a copy of the session, in place of an older one with the same key. A session that cannot be resumed
 * is ignored. */
void server_sessions_put(struct server_sessions *sessions, const struct server_session_key *key,
                         SSL_SESSION *session);
/* Returns the session of this key, or NULL; owned by `sessions`, and valid until the next call. */
SSL_SESSION *server_sessions_get(struct server_sessions *sessions, const struct server_session_key *key,
                                 int64_t now_s);
/* Forgets the session of this key. */
void server_sessions_remove(struct server_sessions *sessions, const struct server_session_key *key);
size_t server_sessions_count(const struct server_sessions *sessions);

#endif
