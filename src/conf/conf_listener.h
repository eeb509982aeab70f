/* conf_listener: the sockets on which clients of one protocol arrive, and the limits of their sessions.
 *
 * Each protocol has one, at its number in `struct conf`. Without an address to listen on it is off, and the
 * other fields have no meaning. The rows of its settings come from LISTENER_ROWS (conf/schema_listener.h).
 *
 * Later protocols: an FTP data connection, which arrives at a socket that the relay opens on demand, will
 * have the limits of [ftp], and its server from the control session. [icap] will have no settings for
 * servers. */
#ifndef POSTERN_CONF_CONF_LISTENER_H
#define POSTERN_CONF_CONF_LISTENER_H

#include "base/inet.h"
#include "base/protocol_id.h"

enum interception { INTERCEPTION_REDIRECT, INTERCEPTION_TPROXY, INTERCEPTION_FIXED };
enum tls_policy { TLS_PASS, TLS_BLOCK };

struct conf_listener {
    struct inet_addresses listen;
    bool is_listen_default; /* true: the addresses are the default, not set in a file */
    enum interception interception;
    struct inet_addresses target; /* exactly one with interception = fixed, otherwise none */
    struct inet_ports ports;      /* of servers */
    enum tls_policy tls;
    unsigned max_sessions; /* 0: no limit, also in the next */
    unsigned max_sessions_per_client;
    uint64_t idle_ms;            /* of a client, with no reply outstanding */
    uint64_t connect_timeout_ms; /* to the server */
    uint64_t server_timeout_ms;  /* maximum silence of a server while a reply is outstanding */
    uint64_t patience_ms;   /* maximum time between bytes sent to a client while its message is held [K1] */
    uint64_t keep_alive_ms; /* idle time of the server, caused by Postern, until a NOOP [K2] */
    uint64_t message_max_bytes;
};

#endif
