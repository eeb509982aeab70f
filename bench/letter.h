/* letter: mail of an exact size, in a form that a server can send by one call and without a copy.
 *
 * A text with a byte-stuffed line, and after it an attachment in base64. Each message sent is unique: a
 * number in its header, its text and its attachment ensures that no cache of an engine, by message or by
 * part, contains it. The rest is shared by all messages of one size. */
#ifndef POSTERN_BENCH_LETTER_H
#define POSTERN_BENCH_LETTER_H

#include "base/buf.h"

#include <stdint.h>
#include <sys/uio.h>

enum {
    LETTER_SIZE_MIN = 2048,
    LETTER_SIZE_MAX = 64 << 20,
    LETTER_PIECES = 4,
    LETTER_HEAD_ROOM = 1024,
    LETTER_MARK_ROOM = 128
};

/* The parts that all messages of one size share. */
struct letter {
    size_t size; /* octets on the wire, dots included, without the final ".CRLF" */
    struct buf middle, end;
};

/* The parts that differ per message; must exist while it is being sent. */
struct letter_own {
    char head[LETTER_HEAD_ROOM], mark[LETTER_MARK_ROOM];
};

void letter_init(struct letter *letter, size_t size);
void letter_fini(struct letter *letter);
/* Message `number` in LETTER_PIECES pieces, including the final ".CRLF". */
void letter_write(const struct letter *letter, uint64_t number, struct letter_own *own, struct iovec *pieces);

#endif
