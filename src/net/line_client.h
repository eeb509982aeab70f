/* line_client: a conversation with a server that speaks in lines, for commands that may wait. Blocking, within
 * one deadline for all of it. What the peer says is not trusted: a line of more than LINE_CLIENT_MAX bytes ends
 * the conversation. */
#ifndef POSTERN_NET_LINE_CLIENT_H
#define POSTERN_NET_LINE_CLIENT_H

#include "conf/conf.h"

enum { LINE_CLIENT_MAX = 8192 };

struct line_client {
    int fd;
    uint64_t ends_ms; /* process_clock_ms's */
    struct buf pending;
};

/* All false with errno: ETIMEDOUT, ECONNRESET (the peer closed), EMSGSIZE (too long a line) ... To be closed
 * either way. */
bool line_client_open(struct line_client *talk, const union inet_address *to, uint64_t deadline_ms);
bool line_client_write_line(struct line_client *talk, struct span bytes);
/* Appends the next line, without its CR and LF. */
bool line_client_read_line(struct line_client *talk, struct buf *line);
void line_client_close(struct line_client *talk);

#endif
