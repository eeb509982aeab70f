#include "cmd/conf_load.h"

#include "conf/without_ipv6.h"
#include "gateway/plan/gateway_validate.h"
#include "sys/kernel.h"
#include "sys/whole_file.h"

enum { CONF_FILE_MAX = 1 << 20 };

static bool read_file(void *context, const char *path, struct buf *into, struct buf *error)
{
    return whole_file_read(path, CONF_FILE_MAX, into, error);
}

static bool list_directory(void *context, const char *directory, struct buf *into, struct buf *error)
{
    return whole_file_list(directory, ".conf", into, error);
}

bool conf_load_as_written(struct conf *conf, const char *path, struct problems *problems)
{
    const struct conf_files files = {read_file, list_directory, NULL};
    static const conf_check checks[] = {gateway_validate, NULL};

    return conf_read(conf, path, &files, checks, problems);
}

bool conf_load(struct conf *conf, const char *path, struct problems *problems)
{
    size_t errors = problems->errors;

    if (!conf_load_as_written(conf, path, problems))
        return false;
    if (!kernel_has_ipv6())
        without_ipv6_fit(conf, problems);
    return problems->errors == errors;
}
