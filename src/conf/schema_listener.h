/* schema_listener: the rows of the table of settings that every protocol's listener has; for conf/schema.c.
 */
#ifndef POSTERN_CONF_SCHEMA_LISTENER_H
#define POSTERN_CONF_SCHEMA_LISTENER_H

#include "conf/schema.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define SECOND UINT64_C(1000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* The field's C type must be the setting type's, or this does not compile. */
#define C_TYPE(name, type) typedef type c_##name;
SETTING_TYPES(C_TYPE)
#undef C_TYPE
#define SCHEMA_ROW(in, name, as, field)               \
    .section = in, .key = name, .type = SETTING_##as, \
    .offset = offsetof(struct conf, field) + _Generic(&((struct conf *)0)->field, c_##as * : 0)

static const struct choice interceptions[] = {
    {"redirect", INTERCEPTION_REDIRECT}, {"tproxy", INTERCEPTION_TPROXY}, {"fixed", INTERCEPTION_FIXED}, {0}};
static const struct choice tls_policies[] = {{"pass", TLS_PASS}, {"block", TLS_BLOCK}, {0}};

#define LISTENER_ROW(id, in, name, as, member) SCHEMA_ROW(#in, name, as, listeners[PROTOCOL_##id].member)

/* in: the section; port: to listen on; server_ports: of servers; the others are the prose of a key whose
 * meaning depends on the protocol. */
/* clang-format off */
#define LISTENER_ROWS(id, in, port, server_ports, on_tls, on_idle, on_patience, on_keep_alive)                  \
    {LISTENER_ROW(id, in, "listen", ADDRESSES, listen), .initial = "0.0.0.0:" port " [::]:" port,               \
     .prose = "Where diverted connections arrive. A listener for IPv6 takes no IPv4. On a kernel without "      \
              "IPv6 the default is 0.0.0.0:" port " alone.",                                                    \
     .least = 1, .most = CONF_LIST_MAX},                                                                        \
    {LISTENER_ROW(id, in, "interception", CHOICE, interception), .initial = "redirect",                         \
     .prose = "How the server that a client meant is found out. redirect: asked of the packet filter, whose "   \
              "rule has action REDIRECT. tproxy: the connection kept its address, by a rule with action "       \
              "TPROXY. fixed: it is always the target.",                                                        \
     .choices = interceptions},                                                                                 \
    {LISTENER_ROW(id, in, "target", ADDRESSES, target), .initial = "",                                          \
     .prose = "The one server, with interception = fixed and only then.", .least = 0, .most = 1},               \
    {LISTENER_ROW(id, in, "ports", PORTS, ports), .initial = server_ports,                                      \
     .prose = "Ports of servers that a client may be connected to. Anything else is refused, so that the "      \
              "gateway is no open relay.",                                                                      \
     .least = 1, .most = 65535},                                                                                \
    {LISTENER_ROW(id, in, "tls", CHOICE, tls), .initial = "pass", .prose = on_tls,                              \
     .choices = tls_policies},                                                                                  \
    {LISTENER_ROW(id, in, "max_sessions", NUMBER, max_sessions), .initial = "10000",                            \
     .prose = "Sessions at a time; 0 is no limit.", .least = 0, .most = 1000000},                               \
    {LISTENER_ROW(id, in, "max_sessions_per_client", NUMBER, max_sessions_per_client), .initial = "200",        \
     .prose = "Sessions at a time from one client address; 0 is no limit.", .least = 0, .most = 1000000},       \
    {LISTENER_ROW(id, in, "idle_timeout", TIME, idle_ms), .initial = "10m", .prose = on_idle,                   \
     .least = SECOND, .most = DAY},                                                                             \
    {LISTENER_ROW(id, in, "connect_timeout", TIME, connect_timeout_ms), .initial = "30s",                       \
     .prose = "How long connecting to a server may take.", .least = SECOND / 10, .most = HOUR},                 \
    {LISTENER_ROW(id, in, "server_timeout", TIME, server_timeout_ms), .initial = "2m",                          \
     .prose = "How long a server may be silent while something is expected of it.", .least = SECOND / 10,       \
     .most = HOUR},                                                                                             \
    {LISTENER_ROW(id, in, "patience", TIME, patience_ms), .initial = "15s", .prose = on_patience,               \
     .least = SECOND / 10, .most = HOUR},                                                                       \
    {LISTENER_ROW(id, in, "keep_alive", TIME, keep_alive_ms), .initial = "25s", .prose = on_keep_alive,         \
     .least = SECOND / 10, .most = HOUR},                                                                       \
    {LISTENER_ROW(id, in, "message_max", BYTES, message_max_bytes), .initial = "512M",                          \
     .prose = "A larger message is refused and stays on the server.", .least = KIB, .most = 64 * GIB}
/* clang-format on */

#endif
