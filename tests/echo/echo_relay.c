/* The list of protocols of postern_echo, in the place of proc/relay/relay_protocols. */

#include "proc/relay/relay_internal.h"
#include "tests/echo/echo_protocol.h"

const struct protocol *const relay_protocols[] = {[PROTOCOL_POP3] = &echo_protocol};
