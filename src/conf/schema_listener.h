/* schema_listener: the settings that the listener of every protocol has; for conf/schema.c. */
#ifndef POSTERN_CONF_SCHEMA_LISTENER_H
#define POSTERN_CONF_SCHEMA_LISTENER_H

#include "conf/schema.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define SECOND UINT64_C(1000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* SCHEMA_ROW checks at compile time that the field has the C type of the setting's type. */
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

/* in: the section. port: the port to listen on. server_ports: the default of `ports`. tls_server_ports: the
 * default of `tls_ports`. The arguments after these are descriptions that depend on the protocol. */
/* clang-format off */
#define LISTENER_ROWS(id, in, port, server_ports, tls_server_ports, on_tls, on_idle, on_patience, on_keep_alive)                 \
    {LISTENER_ROW(id, in, "listen", ADDRESSES, listen), .default_value = "0.0.0.0:" port " [::]:" port,        \
     .prose = "The addresses on which intercepted connections arrive. A listener for IPv6 does not accept "    \
              "IPv4. On a kernel without IPv6 the default is 0.0.0.0:" port " alone.",                         \
     .min = 1, .max = CONF_LIST_MAX},                                                                          \
    {LISTENER_ROW(id, in, "interception", CHOICE, interception), .default_value = "redirect",                  \
     .prose = "How the server that a client asked for is determined. redirect: from connection tracking, for " \
              "rules with the action REDIRECT. tproxy: from the destination of the connection, which rules "   \
              "with the action TPROXY leave unchanged. fixed: it is always the target.",                       \
     .choices = interceptions},                                                                                \
    {LISTENER_ROW(id, in, "target", ADDRESSES, target), .default_value = "",                                   \
     .prose = "The only server. Required with interception = fixed, and valid only with it.",                  \
     .min = 0, .max = 1},                                                                                      \
    {LISTENER_ROW(id, in, "ports", PORTS, ports), .default_value = server_ports,                               \
     .prose = "The server ports to which clients may be connected. Any other port is refused, so that the "    \
              "gateway is not an open relay. interception = fixed ignores this setting.",                      \
     .min = 1, .max = 65535},                                                                                  \
    {LISTENER_ROW(id, in, "tls_ports", PORTS_OR_NONE, tls_ports), .default_value = tls_server_ports,           \
     .prose = "The server ports at which connections begin with TLS. With [tls] mode = intercept clients may " \
              "be connected to them, and postern gateway diverts them too. Otherwise they are not used. "      \
              "With interception = fixed a port of the target that is listed here begins with TLS.",           \
     .min = 1, .max = 65535},                                                                                  \
    {LISTENER_ROW(id, in, "tls", CHOICE, tls), .default_value = "pass", .prose = on_tls,                       \
     .choices = tls_policies},                                                                                 \
    {LISTENER_ROW(id, in, "max_sessions", NUMBER, max_sessions), .default_value = "10000",                     \
     .prose = "The maximum number of simultaneous sessions; 0: no limit.", .min = 0, .max = 1000000},          \
    {LISTENER_ROW(id, in, "max_sessions_per_client", NUMBER, max_sessions_per_client), .default_value = "200", \
     .prose = "The maximum number of simultaneous sessions from one client; 0: no limit. A client is an "      \
              "IPv4 address or an IPv6 /64. A session that has ended still counts while an engine is "         \
              "scanning its message.",                                                                         \
     .min = 0, .max = 1000000},                                                                                \
    {LISTENER_ROW(id, in, "login_timeout", TIME, login_timeout_ms), .default_value = "3m",                     \
     .prose = "A client that is not logged in this long after it has connected is disconnected, whatever it "  \
              "sends. A session that is passed on unread is exempt.",                                          \
     .min = SECOND, .max = HOUR},                                                                              \
    {LISTENER_ROW(id, in, "idle_timeout", TIME, idle_ms), .default_value = "10m", .prose = on_idle,            \
     .min = SECOND, .max = DAY},                                                                               \
    {LISTENER_ROW(id, in, "connect_timeout", TIME, connect_timeout_ms), .default_value = "30s",                \
     .prose = "The maximum time for connecting to a server.", .min = SECOND / 10, .max = HOUR},                \
    {LISTENER_ROW(id, in, "server_timeout", TIME, server_timeout_ms), .default_value = "2m",                   \
     .prose = "How long a server may be silent while a response from it is expected.", .min = SECOND / 10,     \
     .max = HOUR},                                                                                             \
    {LISTENER_ROW(id, in, "patience", TIME, patience_ms), .default_value = "15s", .prose = on_patience,        \
     .min = SECOND / 10, .max = HOUR},                                                                         \
    {LISTENER_ROW(id, in, "keep_alive", TIME, keep_alive_ms), .default_value = "25s", .prose = on_keep_alive,  \
     .min = SECOND / 10, .max = HOUR},                                                                         \
    {LISTENER_ROW(id, in, "message_max", BYTES, message_max_bytes), .default_value = "512M",                   \
     .prose = "A larger message is refused and stays on the server.", .min = KIB, .max = 64 * GIB},            \
    {LISTENER_ROW(id, in, "min_rate", NUMBER, min_rate), .default_value = "100",                               \
     .prose = "The minimum rate, in octets per second, at which a server sends a message and a client reads "  \
              "it. A session that stays below it for min_rate_period is ended, so that a peer cannot keep a "  \
              "message in memory or on disk by sending or reading almost nothing. A modem of 9600 bit/s "      \
              "reaches some 900. 0: no limit.",                                                                \
     .min = 0, .max = 1000000},                                                                                \
    {LISTENER_ROW(id, in, "min_rate_period", TIME, min_rate_period_ms), .default_value = "10m",                \
     .prose = "The time over which min_rate is measured. A pause does no harm if the rest of the period "      \
              "makes up for it.",                                                                              \
     .min = SECOND, .max = DAY}
/* clang-format on */

#endif
