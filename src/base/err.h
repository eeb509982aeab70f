/* err: run-time errors, each with the party at fault.
 *
 * One table gives, for each error, its name and level in the log, and whether a retry may help. Each protocol
 * has its own reply texts (pop3/pop3_replies). Bugs are caught by assertions and have no code here. */
#ifndef POSTERN_BASE_ERR_H
#define POSTERN_BASE_ERR_H

#include "base/log.h"

/* CULPRIT_SOURCE is the side that a message comes from: the server in POP3; in other protocols it may be the
 * client. */
enum culprit {
    CULPRIT_NONE,
    CULPRIT_CLIENT,
    CULPRIT_SERVER,
    CULPRIT_SOURCE,
    CULPRIT_ENGINE,
    CULPRIT_DISK,
    CULPRIT_US,
};

/* ERR_TEMPORARY: a retry may help. ERR_PERMANENT: a retry will not help. ERR_SILENT: no reply is sent,
 * because the client is gone or nothing is wrong. */
enum err_kind { ERR_SILENT, ERR_TEMPORARY, ERR_PERMANENT };

/* X(name, culprit, level, kind) */
#define ERR_TABLE(X)                                        \
    X(NONE, NONE, INFO, SILENT)                             \
    X(CLIENT_QUIT, NONE, INFO, SILENT)                      \
    X(CLIENT_GONE, CLIENT, INFO, SILENT)                    \
    X(CLIENT_IDLE, CLIENT, INFO, TEMPORARY)                 \
    X(CLIENT_LOGIN_TIMEOUT, CLIENT, INFO, TEMPORARY)        \
    X(CLIENT_TOO_SLOW, CLIENT, WARNING, TEMPORARY)          \
    X(CLIENT_LINE_TOO_LONG, CLIENT, INFO, PERMANENT)        \
    X(CLIENT_ERRORS_MAX, CLIENT, WARNING, PERMANENT)        \
    X(CLIENT_COMMAND_UNKNOWN, CLIENT, INFO, PERMANENT)      \
    X(CLIENT_ARGUMENTS, CLIENT, INFO, PERMANENT)            \
    X(CLIENT_TLS_BLOCKED, CLIENT, INFO, PERMANENT)          \
    X(CLIENT_TLS_REQUIRED, CLIENT, INFO, PERMANENT)         \
    X(CLIENT_TLS_ACTIVE, CLIENT, INFO, PERMANENT)           \
    X(APOP_OUTDATED, US, INFO, PERMANENT)                   \
    X(CLIENT_TLS_EARLY, CLIENT, WARNING, PERMANENT)         \
    X(CLIENT_TLS_FAILED, CLIENT, INFO, TEMPORARY)           \
    X(CLIENT_TLS_REJECTED, CLIENT, WARNING, TEMPORARY)      \
    X(CLIENT_TLS_OLD, CLIENT, WARNING, PERMANENT)           \
    X(CLIENT_NOT_TLS, CLIENT, WARNING, PERMANENT)           \
    X(CLIENT_NO_SNI, CLIENT, WARNING, PERMANENT)            \
    X(CLIENT_MECHANISM, CLIENT, INFO, PERMANENT)            \
    X(SESSIONS_MAX, US, WARNING, TEMPORARY)                 \
    X(SESSIONS_MAX_PER_CLIENT, CLIENT, WARNING, TEMPORARY)  \
    X(DESTINATION_UNKNOWN, CLIENT, WARNING, PERMANENT)      \
    X(DESTINATION_REFUSED, CLIENT, WARNING, PERMANENT)      \
    X(SERVER_CLOSED, SERVER, INFO, TEMPORARY)               \
    X(SERVER_GONE, SERVER, INFO, TEMPORARY)                 \
    X(SERVER_REFUSED, SERVER, INFO, TEMPORARY)              \
    X(SERVER_UNREACHABLE, SERVER, INFO, TEMPORARY)          \
    X(SERVER_TIMEOUT, SERVER, INFO, TEMPORARY)              \
    X(SERVER_TOO_SLOW, SERVER, WARNING, TEMPORARY)          \
    X(SERVER_UNSOLICITED, SERVER, WARNING, TEMPORARY)       \
    X(SERVER_LINE_TOO_LONG, SERVER, WARNING, TEMPORARY)     \
    X(SERVER_LIST_TOO_LONG, SERVER, WARNING, TEMPORARY)     \
    X(SERVER_MALFORMED, SERVER, WARNING, TEMPORARY)         \
    X(SERVER_TLS_EARLY, SERVER, WARNING, PERMANENT)         \
    X(SERVER_TLS_FAILED, SERVER, WARNING, TEMPORARY)        \
    X(SERVER_TLS_CUT, SERVER, INFO, TEMPORARY)              \
    X(SERVER_NOT_TLS, SERVER, WARNING, PERMANENT)           \
    X(SERVER_TLS_OLD, SERVER, WARNING, PERMANENT)           \
    X(SERVER_EXPIRED, SERVER, WARNING, PERMANENT)           \
    X(SERVER_NOT_YET_VALID, SERVER, WARNING, PERMANENT)     \
    X(SERVER_NAME, SERVER, WARNING, PERMANENT)              \
    X(SERVER_UNTRUSTED, SERVER, WARNING, PERMANENT)         \
    X(SERVER_REVOKED, SERVER, WARNING, PERMANENT)           \
    X(SERVER_WEAK, SERVER, WARNING, PERMANENT)              \
    X(SERVER_MISUSED, SERVER, WARNING, PERMANENT)           \
    X(SERVER_WANTS_CERTIFICATE, SERVER, WARNING, PERMANENT) \
    X(ENGINE_FAILED, ENGINE, ERROR, TEMPORARY)              \
    X(ENGINE_BUSY, ENGINE, WARNING, TEMPORARY)              \
    X(MESSAGE_TOO_LARGE, SOURCE, WARNING, PERMANENT)        \
    X(MESSAGE_REFUSED, SOURCE, WARNING, PERMANENT)          \
    X(MESSAGE_NOT_SEEN, SOURCE, WARNING, TEMPORARY)         \
    X(SPOOL_FAILED, DISK, ERROR, TEMPORARY)                 \
    X(STORE_FAILED, DISK, ERROR, TEMPORARY)                 \
    X(SIGNER_FAILED, US, ERROR, TEMPORARY)                  \
    X(PROCESS_LIMIT, US, ERROR, TEMPORARY)                  \
    X(STOPPING, US, INFO, TEMPORARY)

enum err {
#define X(name, culprit, level, kind) ERR_##name,
    ERR_TABLE(X)
#undef X
};

#define X(name, culprit, level, kind) +1
enum { ERR_COUNT = ERR_TABLE(X) };
#undef X

const char *err_name(enum err err); /* "SERVER_REFUSED" */
enum culprit err_culprit(enum err err);
const char *err_culprit_name(enum culprit culprit); /* "server" */
enum log_level err_level(enum err err);
enum err_kind err_kind(enum err err);

#endif
