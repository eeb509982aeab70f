#include "base/log_event.h"

static const char *const levels[] = {"error", "warning", "info", "debug"};

static const struct row {
    const char *name;
    enum log_level level;
    const char *description;
} rows[] = {
#define X(name, level, description) {#name, LOG_LEVEL_##level, description},
    LOG_EVENT_TABLE(X)
#undef X
};

const char *log_level_name(enum log_level level)
{
    return levels[level];
}

const char *log_event_name(enum log_event event)
{
    return rows[event].name;
}

enum log_level log_event_level(enum log_event event)
{
    return rows[event].level;
}

const char *log_event_description(enum log_event event)
{
    return rows[event].description;
}
