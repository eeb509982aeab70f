/* letter: mail of an exact size, in a form that a server sends with one call and without a copy.
 *
 * A text with a stuffed dot in it, and behind it an attachment in base64. Each letter sent is unique: a
 * number stands in its header, in its text and in its attachment, so that no cache of an engine's, by message
 * or by part, knows it already. The rest is shared by all letters of a size. */
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

/* What the letters of one size share. */
struct letter {
    size_t size; /* octets on the wire, dots included, without the final ".CRLF" */
    struct buf middle, end;
};

/* What is one letter's own; as long as it is being sent. */
struct letter_own {
    char head[LETTER_HEAD_ROOM], mark[LETTER_MARK_ROOM];
};

void letter_init(struct letter *letter, size_t size);
void letter_fini(struct letter *letter);
/* The letter of that number in LETTER_PIECES pieces, the final ".CRLF" with it. */
void letter_write(const struct letter *letter, uint64_t number, struct letter_own *own, struct iovec *pieces);

#endif
