/* secret: memory for a secret text, such as a passphrase. It is not written to swap space or to a core file.
 * A child of fork does not inherit the memory. Another process can only read the text, by the descriptor.
 * memfd_create(2), mlock(2), MADV_DONTFORK and MADV_DONTDUMP in madvise(2). */
#ifndef POSTERN_SYS_SECRET_H
#define POSTERN_SYS_SECRET_H

#include <stdbool.h>

enum { SECRET_SIZE = 4096 };

struct secret {
    char *p; /* SECRET_SIZE octets, zero at first */
    int fd;  /* a file of that size with the same content, for reading by others */
};

#define SECRET_EMPTY ((struct secret){.fd = -1})

/* False with errno: *secret is empty. */
bool secret_init(struct secret *secret);
/* Overwrites the text. May also be called for an empty secret. */
void secret_fini(struct secret *secret);

#endif
