#include "base/err.h"

struct row {
    const char *name;
    enum culprit culprit;
    enum log_level level;
    enum err_kind kind;
};

static const struct row rows[] = {
#define X(name, culprit, level, kind) {#name, CULPRIT_##culprit, LOG_LEVEL_##level, ERR_##kind},
    ERR_TABLE(X)
#undef X
};

static const char *const culprits[] = {"none", "client", "server", "source", "engine", "disk", "us"};

const char *err_name(enum err err)
{
    return rows[err].name;
}

enum culprit err_culprit(enum err err)
{
    return rows[err].culprit;
}

const char *err_culprit_name(enum culprit culprit)
{
    return culprits[culprit];
}

enum log_level err_level(enum err err)
{
    return rows[err].level;
}

enum err_kind err_kind(enum err err)
{
    return rows[err].kind;
}
