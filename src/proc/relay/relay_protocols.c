/* The list of protocols. */

#include "pop3/pop3_protocol.h"
#include "proc/relay/relay_internal.h"

const struct protocol *const relay_protocols[] = {[PROTOCOL_POP3] = &pop3_protocol};
