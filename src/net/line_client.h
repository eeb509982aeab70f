/* line_client: a dialogue with a line-based server, for commands that may block. One deadline covers all of
 * it. What the peer sends is not trusted: a line of more than LINE_CLIENT_MAX bytes ends the dialogue. */
#ifndef POSTERN_NET_LINE_CLIENT_H
#define POSTERN_NET_LINE_CLIENT_H

#include "conf/conf.h"

enum { LINE_CLIENT_MAX = 8192 };

struct line_client {
    int fd;
    uint64_t ends_ms; /* by process_clock_ms */
    struct buf pending;
};

/* All return false with errno: ETIMEDOUT, ECONNRESET (the peer closed), EMSGSIZE (line too long) ... The
 * caller must close it in either case. */
bool line_client_open(struct line_client *talk, const union inet_address *to, uint64_t deadline_ms);
bool line_client_write_line(struct line_client *talk, struct span bytes);
/* Appends the next line, without its CR and LF. */
bool line_client_read_line(struct line_client *talk, struct buf *line);
void line_client_close(struct line_client *talk);

#endif
