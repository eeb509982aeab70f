#include "x509/passphrase.h"

#include "sys/whole_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 4096 };

static bool read_first_line(const char *path, struct buf *passphrase, struct buf *error)
{
    size_t begin = passphrase->n;
    struct buf reason = {0};
    bool is_read = whole_file_read(path, FILE_MAX, passphrase, &reason);
    const char *end;

    if (is_read && passphrase->n > begin) {
        end = memchr(passphrase->p + begin, '\n', passphrase->n - begin);
        passphrase->n = end ? (size_t)(end - passphrase->p) : passphrase->n;
    }
    if (!is_read)
        buf_add_format(error, "%s: %s", path, buf_c_str(&reason));
    buf_fini(&reason);
    return is_read;
}

bool passphrase_read(const struct conf_tls *conf, struct buf *passphrase, struct buf *error)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    struct buf path = {0};
    bool is_read = true;

    if (*conf->passphrase_file)
        return read_first_line(conf->passphrase_file, passphrase, error);
    if (credentials) {
        buf_add_format(&path, "%s/%s", credentials, PASSPHRASE_CREDENTIAL);
        if (access(buf_c_str(&path), F_OK) == 0)
            is_read = read_first_line(buf_c_str(&path), passphrase, error);
        buf_fini(&path);
    }
    return is_read;
}

void passphrase_wipe(struct buf *passphrase)
{
    if (passphrase->p)
        explicit_bzero(passphrase->p, passphrase->capacity);
    buf_fini(passphrase);
}
