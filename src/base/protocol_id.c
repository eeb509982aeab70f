#include "base/protocol_id.h"

#include <assert.h>

static_assert(PROTOCOL_COUNT <= PROTOCOLS_MAX, "PROTOCOLS_MAX is too small");

static const char *const sections[] = {
#define X(id, section, name) section,
    PROTOCOLS(X)
#undef X
};

static const char *const names[] = {
#define X(id, section, name) name,
    PROTOCOLS(X)
#undef X
};

const char *protocol_id_section(enum protocol_id protocol)
{
    return protocol < PROTOCOL_COUNT ? sections[protocol] : "none";
}

const char *protocol_id_name(enum protocol_id protocol)
{
    return protocol < PROTOCOL_COUNT ? names[protocol] : "none";
}
