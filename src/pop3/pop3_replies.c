#include "pop3/pop3_replies.h"

#include <assert.h>

/* No default, so that the compiler reports an error code without a text. */
struct span pop3_replies_text(enum err why)
{
    switch (why) {
    case ERR_NONE:
    case ERR_CLIENT_QUIT:
    case ERR_CLIENT_GONE: break;
    case ERR_CLIENT_IDLE: return SPAN("[SYS/TEMP] idle for too long");
    case ERR_CLIENT_LOGIN_TIMEOUT: return SPAN("[SYS/TEMP] no login in time");
    case ERR_CLIENT_TOO_SLOW: return SPAN("[SYS/TEMP] the message was read too slowly");
    case ERR_CLIENT_LINE_TOO_LONG: return SPAN("command line too long");
    case ERR_CLIENT_ERRORS_MAX: return SPAN("too many invalid commands");
    case ERR_CLIENT_COMMAND_UNKNOWN: return SPAN("unknown command");
    case ERR_CLIENT_ARGUMENTS: return SPAN("invalid arguments");
    case ERR_CLIENT_TLS_BLOCKED: return SPAN("TLS is not available here");
    case ERR_CLIENT_TLS_REQUIRED: return SPAN("a login requires TLS: send STLS first");
    case ERR_CLIENT_TLS_ACTIVE: return SPAN("TLS is already active");
    case ERR_APOP_OUTDATED: return SPAN("[SYS/PERM] APOP is not possible in this session, use another login");
    case ERR_CLIENT_TLS_EARLY: return SPAN("[SYS/PERM] nothing may follow STLS before its reply");
    case ERR_CLIENT_TLS_FAILED: return SPAN("[SYS/TEMP] the TLS handshake failed");
    case ERR_CLIENT_TLS_REJECTED: return SPAN("[SYS/TEMP] the certificate was not accepted");
    case ERR_CLIENT_TLS_OLD: return SPAN("[SYS/PERM] TLS 1.2 or later is required");
    case ERR_CLIENT_NOT_TLS: return SPAN("[SYS/PERM] this port requires TLS");
    case ERR_CLIENT_NO_SNI: return SPAN("[SYS/PERM] TLS requires a server name here");
    case ERR_CLIENT_MECHANISM: return SPAN("unsupported authentication mechanism");
    case ERR_SESSIONS_MAX: return SPAN("[SYS/TEMP] too many sessions, try again later");
    case ERR_SESSIONS_MAX_PER_CLIENT: return SPAN("[SYS/TEMP] too many sessions from your address");
    case ERR_DESTINATION_UNKNOWN: return SPAN("[SYS/PERM] no original destination");
    case ERR_DESTINATION_REFUSED: return SPAN("[SYS/PERM] destination not allowed");
    case ERR_SERVER_CLOSED: return SPAN("[SYS/TEMP] the server closed the connection");
    case ERR_SERVER_GONE: return SPAN("[SYS/TEMP] the connection to the server broke");
    case ERR_SERVER_REFUSED: return SPAN("[SYS/TEMP] the server refused the connection");
    case ERR_SERVER_UNREACHABLE: return SPAN("[SYS/TEMP] the server cannot be reached");
    case ERR_SERVER_TIMEOUT: return SPAN("[SYS/TEMP] the server does not answer");
    case ERR_SERVER_TOO_SLOW: return SPAN("[SYS/TEMP] the server sends too slowly");
    case ERR_SERVER_UNSOLICITED: return SPAN("[SYS/TEMP] unexpected response from the server");
    case ERR_SERVER_LINE_TOO_LONG: return SPAN("[SYS/TEMP] the server sent too long a line");
    case ERR_SERVER_LIST_TOO_LONG: return SPAN("[SYS/TEMP] the server sent too long a list");
    case ERR_SERVER_MALFORMED: return SPAN("[SYS/TEMP] malformed response from the server");
    case ERR_SERVER_TLS_EARLY:
        return SPAN("[SYS/PERM] the server sent data between its reply to STLS and TLS");
    case ERR_SERVER_TLS_FAILED: return SPAN("[SYS/TEMP] the TLS handshake with the server failed");
    case ERR_SERVER_TLS_CUT: return SPAN("[SYS/TEMP] the TLS connection to the server was cut");
    case ERR_SERVER_NOT_TLS: return SPAN("[SYS/PERM] the server does not speak TLS");
    case ERR_SERVER_TLS_OLD: return SPAN("[SYS/PERM] the server's version of TLS is too old");
    case ERR_SERVER_EXPIRED: return SPAN("[SYS/PERM] the server's certificate has expired");
    case ERR_SERVER_NOT_YET_VALID: return SPAN("[SYS/PERM] the server's certificate is not valid yet");
    case ERR_SERVER_NAME: return SPAN("[SYS/PERM] the server's certificate is for another name");
    case ERR_SERVER_UNTRUSTED: return SPAN("[SYS/PERM] the server's certificate is not trusted");
    case ERR_SERVER_REVOKED: return SPAN("[SYS/PERM] the server's certificate is revoked");
    case ERR_SERVER_WEAK: return SPAN("[SYS/PERM] the server's certificate or encryption is too weak");
    case ERR_SERVER_MISUSED: return SPAN("[SYS/PERM] the server's certificate is malformed or misused");
    case ERR_SERVER_WANTS_CERTIFICATE: return SPAN("[SYS/PERM] the server wants a client certificate");
    case ERR_ENGINE_FAILED: return SPAN("[SYS/TEMP] the message could not be scanned, try again later");
    case ERR_ENGINE_BUSY: return SPAN("[SYS/TEMP] too many messages wait to be scanned, try again later");
    case ERR_MESSAGE_TOO_LARGE: return SPAN("[SYS/PERM] the message is too large to be scanned");
    case ERR_MESSAGE_REFUSED: return SPAN("[SYS/PERM] the message cannot be scanned");
    case ERR_MESSAGE_NOT_SEEN: return SPAN("[SYS/TEMP] not deleted: the message was not delivered");
    case ERR_SPOOL_FAILED: return SPAN("[SYS/TEMP] no space to hold the message, try again later");
    case ERR_STORE_FAILED: return SPAN("[SYS/TEMP] the message could not be quarantined, try again later");
    case ERR_SIGNER_FAILED: return SPAN("[SYS/TEMP] no certificate could be made, try again later");
    case ERR_PROCESS_LIMIT: return SPAN("[SYS/TEMP] out of resources, try again later");
    case ERR_STOPPING: return SPAN("[SYS/TEMP] the service is stopping");
    }
    return SPAN("");
}

void pop3_replies_refuse(enum err why, struct buf *out)
{
    assert(err_kind(why) != ERR_SILENT);
    buf_add(out, SPAN("-ERR "));
    buf_add(out, pop3_replies_text(why));
    buf_add(out, SPAN("\r\n"));
}

bool pop3_replies_is_refusal(struct span line)
{
    if (!span_starts(line, SPAN("-ERR ")))
        return false;
    for (int i = 0; i < ERR_COUNT; i++)
        if (err_kind((enum err)i) != ERR_SILENT &&
            span_eq(span_from(line, 5), pop3_replies_text((enum err)i)))
            return true;
    return false;
}
