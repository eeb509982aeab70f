/* line_client: a client of a line-based protocol, for commands that may block. One deadline covers the whole
 * dialogue. The server is not trusted: if it sends more than LINE_CLIENT_MAX bytes without a line end, that
 * is an error. */
#ifndef POSTERN_NET_LINE_CLIENT_H
#define POSTERN_NET_LINE_CLIENT_H

#include "conf/conf.h"

enum { LINE_CLIENT_MAX = 8192 };

struct line_client {
    int fd;
    uint64_t ends_ms; /* by process_clock_ms */
    struct buf pending;
};

/* These functions return false with errno: ETIMEDOUT, ECONNRESET (also if the peer has closed the
 * connection), EMSGSIZE (the line is too long) ... The caller must call line_client_close, even if
 * line_client_open has failed. */
bool line_client_open(struct line_client *client, const union inet_address *to, uint64_t deadline_ms);
/* Sends the bytes, which include the line end. */
bool line_client_write_line(struct line_client *client, struct span bytes);
/* Appends the next line, without CR and LF. */
bool line_client_read_line(struct line_client *client, struct buf *line);
void line_client_close(struct line_client *client);

#endif
