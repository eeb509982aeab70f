#include "x509/leaf_file.h"

#include "sys/write_all.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

static const char magic[8] = {'l', 'e', 'a', 'f', ' ', '1', '\n', 0};

/* A file name has the first 20 octets of the key. Two keys do not have the same ones by chance. */
enum { NAME_OCTETS = 20, FILE_MAX = sizeof(struct leaf_head) + LEAF_DER_MAX + DIGEST_SIZE };

void leaf_file_name(const struct digest *key, char name[DURABLE_NAME_SIZE])
{
    for (size_t i = 0; i < NAME_OCTETS; i++)
        snprintf(name + 2 * i, 3, "%02x", key->bytes[i]);
}

bool leaf_file_is_name(const char *name)
{
    return strlen(name) == 2 * NAME_OCTETS && strspn(name, "0123456789abcdef") == 2 * NAME_OCTETS;
}

static bool is_head(const struct leaf_head *head)
{
    return memcmp(head->magic, magic, sizeof magic) == 0 && head->size > 0 && head->size <= LEAF_DER_MAX;
}

bool leaf_file_read_head(int directory, const char *name, struct leaf_head *head)
{
    int fd = durable_open(directory, name);
    bool is_read = fd >= 0 && durable_read_at(fd, (char *)head, sizeof *head, 0) == (ssize_t)sizeof *head;

    if (fd >= 0)
        close(fd);
    return is_read && is_head(head);
}

static bool take(struct span bytes, struct leaf_head *head, uint8_t *der)
{
    struct digest sum;

    if (bytes.n < sizeof *head)
        return false;
    memcpy(head, bytes.p, sizeof *head);
    if (!is_head(head) || bytes.n != sizeof *head + head->size + sizeof sum)
        return false;
    if (EVP_Digest(bytes.p, bytes.n - sizeof sum, sum.bytes, NULL, EVP_sha256(), NULL) != 1 ||
        memcmp(sum.bytes, bytes.p + bytes.n - sizeof sum, sizeof sum) != 0)
        return false;
    memcpy(der, bytes.p + sizeof *head, head->size);
    return true;
}

bool leaf_file_read(int directory, const char *name, struct leaf_head *head, uint8_t *der)
{
    struct buf bytes = {0};
    bool is_read = durable_load(directory, name, FILE_MAX, &bytes) && take(buf_span(&bytes), head, der);

    buf_fini(&bytes);
    return is_read;
}

static bool write_new(int directory, const char *name, struct span bytes)
{
    int fd = durable_create(directory, name);
    bool is_written;
    int reason;

    if (fd < 0)
        return false;
    is_written = write_all(fd, bytes);
    reason = errno;
    if (durable_finish(&fd) && is_written)
        return true;
    if (!is_written)
        errno = reason;
    durable_remove(directory, name);
    return false;
}

bool leaf_file_write(int directory, const char *name, struct leaf_head *head, const uint8_t *der,
                     bool replaces)
{
    char temporary[DURABLE_HEX_SIZE];
    struct buf bytes = {0};
    struct digest sum;
    bool is_written;

    memcpy(head->magic, magic, sizeof magic);
    buf_add(&bytes, (struct span){(const char *)head, sizeof *head});
    buf_add(&bytes, (struct span){(const char *)der, head->size});
    EVP_Digest(bytes.p, bytes.n, sum.bytes, NULL, EVP_sha256(), NULL);
    buf_add(&bytes, (struct span){(const char *)sum.bytes, sizeof sum.bytes});
    is_written = durable_random_hex(temporary) && write_new(directory, temporary, buf_span(&bytes));
    buf_fini(&bytes);
    if (!is_written)
        return false;
    if (replaces ? durable_replace(directory, temporary, name) : durable_rename(directory, temporary, name))
        return durable_sync(directory);
    durable_remove(directory, temporary);
    return false;
}
