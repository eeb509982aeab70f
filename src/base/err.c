#include "base/err.h"

struct row {
    const char *name;
    enum culprit culprit;
    enum log_level level;
    const char *reply;
};

static const struct row rows[] = {
#define X(name, culprit, level, reply) {#name, CULPRIT_##culprit, LOG_LEVEL_##level, reply},
    ERR_TABLE(X)
#undef X
};

static const char *const culprits[] = {"nobody", "client", "server", "engine", "disk", "us"};

const char *err_name(enum err err)
{
    return rows[err].name;
}

enum culprit err_culprit(enum err err)
{
    return rows[err].culprit;
}

const char *culprit_name(enum culprit culprit)
{
    return culprits[culprit];
}

enum log_level err_level(enum err err)
{
    return rows[err].level;
}

const char *err_reply(enum err err)
{
    return rows[err].reply;
}
