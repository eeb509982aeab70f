/* err: everything that can go wrong in the world, each with a culprit.
 *
 * One table, from which come the name in the log, the level it is logged at, and what a POP3 client is told
 * where it is told anything. Faults of our own are asserts and not here. Response codes: RFC 2449 8, RFC
 * 3206 ([SYS/TEMP]: asking again may help; [SYS/PERM]: it will not). */
#ifndef POSTERN_BASE_ERR_H
#define POSTERN_BASE_ERR_H

#include "base/log.h"

enum culprit { CULPRIT_NOBODY, CULPRIT_CLIENT, CULPRIT_SERVER, CULPRIT_ENGINE, CULPRIT_DISK, CULPRIT_US };

/* X(name, culprit, level, what the client is told after "-ERR ") */
#define ERR_TABLE(X)                                                                                   \
    X(NONE, NOBODY, INFO, "")                                                                          \
    X(CLIENT_QUIT, NOBODY, INFO, "")                                                                   \
    X(CLIENT_GONE, CLIENT, INFO, "")                                                                   \
    X(CLIENT_IDLE, CLIENT, INFO, "[SYS/TEMP] idle for too long")                                       \
    X(CLIENT_LINE_TOO_LONG, CLIENT, INFO, "command line too long")                                     \
    X(CLIENT_COMMAND_UNKNOWN, CLIENT, INFO, "unknown command")                                         \
    X(CLIENT_ARGUMENTS, CLIENT, INFO, "invalid arguments")                                             \
    X(CLIENT_TLS_BLOCKED, CLIENT, INFO, "TLS is not available here")                                   \
    X(CLIENT_MECHANISM, CLIENT, INFO, "unsupported authentication mechanism")                          \
    X(SESSIONS_MAX, US, WARNING, "[SYS/TEMP] too many sessions, try again later")                      \
    X(SESSIONS_MAX_PER_CLIENT, CLIENT, WARNING, "[SYS/TEMP] too many sessions from your address")      \
    X(DESTINATION_UNKNOWN, CLIENT, WARNING, "[SYS/PERM] no original destination")                      \
    X(DESTINATION_REFUSED, CLIENT, WARNING, "[SYS/PERM] destination not allowed")                      \
    X(SERVER_CLOSED, SERVER, INFO, "[SYS/TEMP] the server closed the connection")                      \
    X(SERVER_GONE, SERVER, INFO, "[SYS/TEMP] the connection to the server broke")                      \
    X(SERVER_REFUSED, SERVER, INFO, "[SYS/TEMP] the server refused the connection")                    \
    X(SERVER_UNREACHABLE, SERVER, INFO, "[SYS/TEMP] the server cannot be reached")                     \
    X(SERVER_TIMEOUT, SERVER, INFO, "[SYS/TEMP] the server does not answer")                           \
    X(SERVER_UNASKED, SERVER, WARNING, "[SYS/TEMP] the server sent what nobody asked for")             \
    X(SERVER_LINE_TOO_LONG, SERVER, WARNING, "[SYS/TEMP] the server sent too long a line")             \
    X(SERVER_LIST_TOO_LONG, SERVER, WARNING, "[SYS/TEMP] the server sent too long a list")             \
    X(SERVER_NONSENSE, SERVER, WARNING, "[SYS/TEMP] the server answered nonsense")                     \
    X(ENGINE_FAILED, ENGINE, ERROR, "[SYS/TEMP] the message could not be scanned, try again later")    \
    X(MESSAGE_TOO_LARGE, SERVER, WARNING, "[SYS/PERM] the message is too large to be scanned")         \
    X(MESSAGE_REFUSED, SERVER, WARNING, "[SYS/PERM] the message cannot be scanned")                    \
    X(MESSAGE_NOT_SEEN, SERVER, WARNING, "[SYS/TEMP] not deleted: the message was not handed over")    \
    X(SPOOL_FAILED, DISK, ERROR, "[SYS/TEMP] no room to hold the message, try again later")            \
    X(STORE_FAILED, DISK, ERROR, "[SYS/TEMP] the quarantine cannot take the message, try again later") \
    X(PROCESS_LIMIT, US, ERROR, "[SYS/TEMP] out of resources, try again later")                        \
    X(STOPPING, US, INFO, "[SYS/TEMP] the service is stopping")

enum err {
#define X(name, culprit, level, reply) ERR_##name,
    ERR_TABLE(X)
#undef X
};

const char *err_name(enum err err); /* "SERVER_REFUSED" */
enum culprit err_culprit(enum err err);
const char *culprit_name(enum culprit culprit); /* "server" */
enum log_level err_level(enum err err);
const char *err_reply(enum err err); /* behind "-ERR "; empty where nothing is said */

#endif
