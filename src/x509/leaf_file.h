/* leaf_file: a stored leaf as a file: a head, the DER form, and a checksum of both. */
#ifndef POSTERN_X509_LEAF_FILE_H
#define POSTERN_X509_LEAF_FILE_H

#include "base/digest_map.h"
#include "sys/durable.h"
#include "tls/leaf_request.h"

struct leaf_head {
    char magic[8];
    struct digest key, authority; /* x509/leaf_key */
    int64_t not_before_s, not_after_s;
    int64_t made_s;
    uint64_t size; /* of the DER form */
};

/* Writes the file name of a key: hex digits. */
void leaf_file_name(const struct digest *key, char name[DURABLE_NAME_SIZE]);
bool leaf_file_is_name(const char *name);
/* Reads only the head. False: the file cannot be read, or its head is damaged. */
bool leaf_file_read_head(int directory, const char *name, struct leaf_head *head);
/* Reads the whole file and checks it. der has LEAF_DER_MAX octets. False: the file cannot be read, or it is
 * damaged. */
bool leaf_file_read(int directory, const char *name, struct leaf_head *head, uint8_t *der);
/* Writes a file, and sets head->magic. An existing file is replaced only with `replaces`. False with errno;
 * EEXIST: the file exists already. */
bool leaf_file_write(int directory, const char *name, struct leaf_head *head, const uint8_t *der,
                     bool replaces);

#endif
