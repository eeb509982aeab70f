/* relay_tls: TLS on both legs of a session. The relay is the TLS server of the client, and the TLS client of
 * the server.
 *
 * A session has a struct relay_tls from the moment when TLS is due until it is open on both legs, or until
 * the session is passed unread. Each file calls only files further down in this list:
 *
 *   relay_tls_events.c    the events of the connections and of the timer
 *   relay_tls.c           the steps of a session
 *   relay_tls_shared.c    what all sessions share
 *   relay_tls_server.c    the handshake with the server, and the judgement on its certificate
 *   relay_tls_client.c    the handshake with the client, and alerts
 *   relay_tls_bypass.c    which connections are passed unread
 *   relay_tls_leaf.c      the certificates that clients get, from the signer
 *   relay_tls_memory.c    servers that want a certificate of the client
 *   relay_tls_rejects.c   clients that reject ours
 *   relay_tls_log.c       the log lines
 *
 * The client's hello stays in the input of its plain connection until the server is verified. So it can be
 * given to OpenSSL, or to the server. */
#ifndef POSTERN_PROC_RELAY_RELAY_TLS_H
#define POSTERN_PROC_RELAY_RELAY_TLS_H

#include "net/conn_tls.h"
#include "proc/relay/relay_internal.h"
#include "tls/leaf_request.h"
#include "tls/tls_hello.h"
#include "tls/tls_names.h"
#include "tls/tls_policy.h"
#include "x509/server_judgement.h"
#include "x509/server_trust.h"

#include <openssl/ssl.h>

enum relay_tls_step {
    RELAY_TLS_SERVER_DUE, /* the session has called start_tls for the server's leg */
    RELAY_TLS_SERVER,     /* the handshake with the server is outstanding */
    RELAY_TLS_VERIFIED,   /* after STLS: the server is verified; the protocol must be informed */
    RELAY_TLS_HELLO,      /* the client's hello is expected */
    RELAY_TLS_REDIAL,     /* another connection to the server is needed */
    RELAY_TLS_RECONNECT,  /* after STLS: the protocol repeats STLS on the new connection */
    RELAY_TLS_LEAF,       /* the certificate for the client is outstanding */
    RELAY_TLS_CLIENT,     /* the handshake with the client is outstanding */
    RELAY_TLS_DONE,       /* both legs are ready; the protocol must be informed */
};

/* Why a session is passed unread. RELAY_TLS_INTERCEPTED: it is not. */
enum relay_tls_bypass {
    RELAY_TLS_INTERCEPTED,
    RELAY_TLS_CONFIGURED,
    RELAY_TLS_CLIENT_CERTIFICATE,
    RELAY_TLS_UNTRUSTING_CLIENT,
    RELAY_TLS_OLD_CLIENT,
    RELAY_TLS_OLD_SERVER,
    RELAY_TLS_NO_SNI,
    RELAY_TLS_BAD_CERTIFICATE,
};

/* A certificate for clients. */
struct relay_leaf {
    TAILQ_ENTRY(relay_leaf) link; /* least recently used first */
    struct digest key;            /* digest of the request, without the dates */
    struct digest fingerprint;
    int64_t not_after_s;
    X509 *certificate;
};

/* A request to the signer, for all sessions that wait for the same certificate. */
struct relay_leaf_request {
    TAILQ_ENTRY(relay_leaf_request) link;
    struct digest key;
    struct relay_backend *backend; /* NULL: not sent yet */
    LIST_HEAD(, relay_tls) waiting;
    struct leaf_request request;
};

struct relay_tls {
    struct relay_session *session;
    enum relay_tls_step step;
    bool is_stls;
    bool is_client_due; /* the client expects TLS, so nothing but TLS or an alert is sent to it */
    bool has_hello, has_redialled;
    enum relay_tls_bypass bypass;
    struct tls_hello hello;
    struct server_judgement judgement;
    struct tls_decision decision;
    enum err why; /* why the session must end; ERR_NONE: the decision does not require that */
    uint64_t begun_ms;
    LIST_ENTRY(relay_tls) link; /* in relay_leaf_request.waiting, if `request` is set */
    struct relay_leaf_request *request;
    struct relay_leaf *leaf; /* borrowed, until the next step */
    bool is_leaf_refused;
};

/* What all sessions of the relay share. */
struct relay_tls_shared {
    struct server_trust *trust;
    SSL_CTX *for_clients;
    EVP_PKEY *leaf_key; /* NULL: not received yet */
    uint64_t authority; /* identifies its certificate; 0: not received yet */
    TAILQ_HEAD(relay_leaves, relay_leaf) leaves;
    unsigned leaf_count;
    TAILQ_HEAD(, relay_leaf_request) requests;
    uint64_t requests_seen;
    struct event *ask_again;
    struct relay_tls_memory *memory;
};

/* Returns the name that the client has asked for, or NULL. */
static inline const char *relay_tls_sni(const struct relay_tls *tls)
{
    return tls->has_hello && tls->hello.has_sni ? tls->hello.sni : NULL;
}

/* relay_tls.c */
void relay_tls_enter(struct relay_session *session, enum relay_tls_step step);
/* Ends the session. */
void relay_tls_fail(struct relay_session *session, enum err why);
/* Passes the session unread. If necessary, uses another connection to the server. */
void relay_tls_pass_unread(struct relay_session *session, enum relay_tls_bypass why);
/* Acts on the judgement on the server. */
void relay_tls_act(struct relay_session *session);

/* relay_tls_server.c */
void relay_tls_server_start(struct relay_session *session);
/* Call after the handshake, even if it has failed. Sets judgement, decision and why. */
void relay_tls_server_judge(struct relay_session *session);
/* Sets decision and why from the judgement. Call again when more is known of the client. */
void relay_tls_server_decide(struct relay_session *session);
/* Returns whether the server's certificate is for the name that the client asks for. */
bool relay_tls_server_has_name(const struct relay_session *session);
/* Returns why the handshake with the server has failed with this errno. ERR_NONE: the server wants a
 * certificate of the client. */
enum err relay_tls_server_fault(const struct relay_session *session, int error);
/* Fills the request for the certificate that the client gets. Returns false if no certificate can be
 * requested. */
bool relay_tls_server_request(struct relay_session *session, struct leaf_request *request);

/* relay_tls_client.c */
SSL_CTX *relay_tls_client_context(void);
void relay_tls_client_start(struct relay_session *session);
/* Tells the client why the session ends. The handshake with the client must not have begun. */
void relay_tls_client_refuse(struct relay_session *session, enum err why);
/* Returns why the handshake with the client has failed. */
enum err relay_tls_client_fault(const struct relay_session *session);

/* relay_tls_bypass.c. Returns why the session must be passed unread, or RELAY_TLS_INTERCEPTED. Before the
 * hello is known, no name is compared. */
enum relay_tls_bypass relay_tls_find_bypass(const struct relay_session *session);
const char *relay_tls_bypass_name(enum relay_tls_bypass bypass);

/* relay_tls_leaf.c. If the certificate is known, sets tls->leaf. Otherwise requests it. The reply later sets
 * tls->leaf or is_leaf_refused, and calls relay_ready_add_reply. */
void relay_tls_leaf_get(struct relay_session *session, const struct leaf_request *request);
/* Call when the session no longer waits for its certificate. */
void relay_tls_leaf_abandon(struct relay_tls *tls);
void relay_tls_leaves_free(struct relay_tls_shared *shared);

/* relay_tls_memory.c. What a relay remembers for a while, in a table of a fixed size. */
struct relay_tls_memory *relay_tls_memory_new(void);
void relay_tls_memory_note_certificate(struct relay_tls_memory *memory, const union inet_address *server,
                                       const char *name, uint64_t now_ms);
bool relay_tls_memory_wants_certificate(const struct relay_tls_memory *memory,
                                        const union inet_address *server, const char *name, uint64_t now_ms);

/* relay_tls_rejects.c. As proc/ipc/tls_rejects, for the client and the server of a session. */
unsigned relay_tls_rejects_note(const struct relay_session *session);
void relay_tls_rejects_note_success(const struct relay_session *session);
/* Returns whether the client is to be passed unread, because it has rejected certificates. */
bool relay_tls_rejects_are_enough(const struct relay_session *session);

/* relay_tls_log.c */
void relay_tls_log_server(const struct relay_session *session);
void relay_tls_log_client(const struct relay_session *session);
void relay_tls_log_refused(const struct relay_session *session, enum err why);
void relay_tls_log_bypass(const struct relay_session *session, enum relay_tls_bypass bypass);
/* signal: the alert; -1: the client has left without a command. */
void relay_tls_log_reject(const struct relay_session *session, int signal, unsigned count);

#endif
