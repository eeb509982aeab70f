/* endpoint: reads HOST[:PORT] on a command line. HOST is a name, an IPv4 address, or an IPv6 address, which
 * needs brackets if a port follows. */
#ifndef POSTERN_CMD_ENDPOINT_H
#define POSTERN_CMD_ENDPOINT_H

#include "conf/conf.h"

enum { ENDPOINT_HOST_SIZE = 256 };

struct endpoint {
    char host[ENDPOINT_HOST_SIZE]; /* without brackets */
    uint16_t port;
};

/* Reads a port from 1 to 65535. */
bool endpoint_read_port(const char *text, uint16_t *port);
/* Reads HOST[:PORT]. `port` is the default port. False: the text is invalid. */
bool endpoint_read(const char *text, uint16_t port, struct endpoint *endpoint);
/* Finds the host's first address of this family; AF_UNSPEC: of any family. Returns NULL, or the reason of a
 * failure. */
const char *endpoint_look_up(const struct endpoint *endpoint, int family, union inet_address *address);

#endif
