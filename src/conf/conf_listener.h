/* conf_listener: the sockets on which clients of one protocol arrive, and the limits of their sessions.
 *
 * `struct conf` has one for each protocol. A listener without an address is off; its other fields have no
 * meaning. conf/schema gets the rows of its settings from LISTENER_ROWS (conf/schema_listener.h).
 *
 * Plans: the limits of [ftp] will also apply to FTP's data connections. [icap] will have no settings for
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
    struct inet_ports tls_ports;  /* of servers; see conf_is_tls_port */
    enum tls_policy tls;
    unsigned max_sessions;            /* 0: no limit, also in the next */
    unsigned max_sessions_per_client; /* IPv6: per /64 */
    uint64_t login_timeout_ms;        /* maximum time from the connection to the login */
    uint64_t idle_ms;                 /* maximum idle time of a client while no reply is outstanding */
    uint64_t connect_timeout_ms;      /* maximum time to connect to the server */
    uint64_t server_timeout_ms;       /* maximum silence of a server while a reply is outstanding */
    uint64_t patience_ms;   /* maximum time without a byte to the client while its message is held [K1] */
    uint64_t keep_alive_ms; /* a server that is idle because of Postern gets a NOOP after this time [K2] */
    uint64_t message_max_bytes;
    unsigned min_rate;           /* of a message from the server or to the client, in octets/s; 0: none */
    uint64_t min_rate_period_ms; /* over which the rate is measured */
};

#endif
