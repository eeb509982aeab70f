/* protocol_id: the numbers of the protocols that Postern speaks.
 *
 * The number indexes the tables that have a row per protocol (listeners, counters, the relay's protocols),
 * and is passed to each relay with its listening sockets. A new protocol needs a row here, a section in
 * conf/schema and an entry in proc/relay/relay_protocols. */
#ifndef POSTERN_BASE_PROTOCOL_ID_H
#define POSTERN_BASE_PROTOCOL_ID_H

/* X(id, section of the configuration, name in notices and in the log) */
#define PROTOCOLS(X) X(POP3, "pop3", "POP3")

enum protocol_id {
#define X(id, section, name) PROTOCOL_##id,
    PROTOCOLS(X)
#undef X
        PROTOCOL_COUNT,
    /* Number of rows of a table. Rows from PROTOCOL_COUNT on are empty, except in tests. Tests use a second
     * protocol to show that protocols share no state. */
    PROTOCOLS_MAX = 8
};

/* Both return "none" for a number that is not a protocol. */
const char *protocol_id_section(enum protocol_id protocol);
const char *protocol_id_name(enum protocol_id protocol);

#endif
