/* The list of protocols of postern_echo, in the place of proc/relay/relay_protocols. */

#include "proc/relay/relay_protocols.h"
#include "tests/echo/echo_protocol.h"

const struct protocol *const relay_protocols[PROTOCOLS_MAX] = {[PROTOCOL_POP3] = &echo_protocol};
