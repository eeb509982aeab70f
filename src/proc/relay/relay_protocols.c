#include "proc/relay/relay_protocols.h"

#include "pop3/pop3_protocol.h"

const struct protocol *const relay_protocols[PROTOCOLS_MAX] = {[PROTOCOL_POP3] = &pop3_protocol};
