#include "cmd/quarantine/quarantine_options.h"

#include "quarantine/quarantine_name.h"

#include <stdio.h>

void quarantine_options_id(const char *given, char prefix[INCIDENT_ID_SIZE])
{
    size_t n = quarantine_is_name(given, QUARANTINE_ORIGINAL) ? INCIDENT_ID_SIZE - 1 : strlen(given);

    if (n < INCIDENT_ID_SIZE)
        snprintf(prefix, INCIDENT_ID_SIZE, "%.*s", (int)n, given);
    else
        snprintf(prefix, INCIDENT_ID_SIZE, "-");
}
