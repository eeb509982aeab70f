#include "x509/passphrase.h"

#include "sys/durable.h"
#include "sys/secret.h"
#include "sys/whole_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 4096 };

static void keep_first_line(struct buf *passphrase, size_t begin)
{
    const char *end =
        passphrase->n > begin ? memchr(passphrase->p + begin, '\n', passphrase->n - begin) : NULL;

    if (end)
        passphrase->n = (size_t)(end - passphrase->p);
}

static bool read_file(const char *path, struct buf *passphrase, struct buf *error)
{
    size_t begin = passphrase->n;
    struct buf reason = {0};
    bool is_read = whole_file_read(path, FILE_MAX, passphrase, &reason);

    if (is_read)
        keep_first_line(passphrase, begin);
    else
        buf_add_format(error, "%s: %s", path, buf_c_str(&reason));
    buf_fini(&reason);
    return is_read;
}

/* Appends the path of the credential; nothing if there is no credential. */
static void find_credential(struct buf *path)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");

    if (credentials)
        buf_add_format(path, "%s/%s", credentials, PASSPHRASE_CREDENTIAL);
    if (credentials && access(buf_c_str(path), F_OK) != 0)
        buf_clear(path);
}

static bool read_asked(int asked, struct buf *passphrase, struct buf *error)
{
    size_t begin = passphrase->n;
    ssize_t n = asked == 0 ? 0 : durable_read_at(asked, buf_reserve(passphrase, SECRET_SIZE), SECRET_SIZE, 0);

    if (n > 0) {
        passphrase->n += (size_t)n;
        keep_first_line(passphrase, begin);
    }
    return n >= 0 || durable_fail(error, "the passphrase");
}

bool passphrase_read(const struct conf_tls *conf, int asked, struct buf *passphrase, struct buf *error)
{
    struct buf credential = {0};
    bool is_read;

    find_credential(&credential);
    if (*conf->passphrase_file)
        is_read = read_file(conf->passphrase_file, passphrase, error);
    else if (credential.n)
        is_read = read_file(buf_c_str(&credential), passphrase, error);
    else
        is_read = read_asked(asked, passphrase, error);
    buf_fini(&credential);
    return is_read;
}

bool passphrase_is_configured(const struct conf_tls *conf)
{
    struct buf credential = {0};
    bool is_configured;

    find_credential(&credential);
    is_configured = *conf->passphrase_file || credential.n;
    buf_fini(&credential);
    return is_configured;
}

void passphrase_wipe(struct buf *passphrase)
{
    if (passphrase->p)
        explicit_bzero(passphrase->p, passphrase->capacity);
    buf_fini(passphrase);
}
