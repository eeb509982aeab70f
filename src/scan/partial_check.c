#include "scan/partial_check.h"

#include "mail/partial.h"

#include <errno.h>
#include <unistd.h>

enum { CHUNK_BYTES = 65536 };

static char chunk[CHUNK_BYTES];

/* Reads the chunk at an offset. Returns its length, 0 after the last byte to be searched, -1 with errno. */
static ssize_t read_at(int fd, off_t at)
{
    ssize_t n;

    if (at >= PARTIAL_CHECK_MAX)
        return 0;
    do
        n = pread(fd, chunk, sizeof chunk, at);
    while (n < 0 && errno == EINTR);
    return n;
}

bool partial_check_is_needed(int fd)
{
    struct partial_word word = {0};
    ssize_t n;

    for (off_t at = 0; (n = read_at(fd, at)) > 0; at += n)
        if (partial_word_next(&word, (struct span){chunk, (size_t)n}))
            return true;
    return n < 0;
}

bool partial_check_compute(int fd, void *place)
{
    static struct partial partial;
    struct partial_check_answer *answer = place;
    ssize_t n = 1;

    partial_init(&partial);
    for (off_t at = 0; !partial.is_ended && (n = read_at(fd, at)) > 0; at += n)
        partial_next(&partial, (struct span){chunk, (size_t)n});
    answer->is_partial = partial_end(&partial);
    return n >= 0;
}
