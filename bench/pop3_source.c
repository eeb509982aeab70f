/* pop3_source: the server of the bench. An endless mailbox with messages of the size that the user name
 * gives: "USER 10240" receives unique messages of 10240 octets, "USER 10240-same" always the same one.
 *
 * It is never the bottleneck: one process, no disk, a message is made by writing its number in three places
 * and sent by one call. It knows the commands of the load generator and refuses the rest. Pipelined commands
 * wait until the earlier replies have been sent. */

#include "bench/letter.h"
#include "bench/tcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { COMMAND_ROOM = 512, SIZES_MAX = 32, EVENTS = 256 };

struct visitor {
    int fd;
    char in[COMMAND_ROOM];
    size_t in_n;
    const struct letter *letter;
    bool same, leaving;
    struct letter_own own;
    struct iovec pieces[1 + LETTER_PIECES], *out;
    unsigned out_n;
};

static struct letter letters[SIZES_MAX];
static unsigned letter_count;
static uint64_t letters_sent;

static const struct letter *find_letter(size_t size)
{
    for (unsigned i = 0; i < letter_count; i++)
        if (letters[i].size == size)
            return &letters[i];
    if (letter_count == SIZES_MAX)
        return NULL;
    letter_init(&letters[letter_count], size);
    return &letters[letter_count++];
}

static void say(struct visitor *visitor, struct span line)
{
    visitor->pieces[0] = (struct iovec){(void *)(uintptr_t)line.p, line.n};
    visitor->out = visitor->pieces;
    visitor->out_n = 1;
}

static void say_user(struct visitor *visitor, struct span name)
{
    char text[32] = "";
    char *end;
    unsigned long size;

    memcpy(text, name.p, name.n < sizeof text ? name.n : sizeof text - 1);
    size = strtoul(text, &end, 10);
    visitor->same = strcmp(end, "-same") == 0;
    if (size < LETTER_SIZE_MIN || size > LETTER_SIZE_MAX || (*end && !visitor->same))
        visitor->letter = NULL;
    else
        visitor->letter = find_letter(size);
    say(visitor, visitor->letter ? SPAN("+OK\r\n") : SPAN("-ERR the name is no size\r\n"));
}

static void say_letter(struct visitor *visitor)
{
    if (!visitor->letter) {
        say(visitor, SPAN("-ERR USER first\r\n"));
        return;
    }
    say(visitor, SPAN("+OK letter follows\r\n"));
    letter_write(visitor->letter, visitor->same ? 0 : ++letters_sent, &visitor->own, visitor->pieces + 1);
    visitor->out_n = 1 + LETTER_PIECES;
}

static void answer(struct visitor *visitor, struct span line)
{
    if (span_starts_nocase(line, SPAN("RETR ")))
        say_letter(visitor);
    else if (span_starts_nocase(line, SPAN("USER ")))
        say_user(visitor, span_from(line, 5));
    else if (span_starts_nocase(line, SPAN("PASS ")) || span_eq_nocase(line, SPAN("NOOP")))
        say(visitor, SPAN("+OK\r\n"));
    else if (span_eq_nocase(line, SPAN("STAT")))
        say(visitor, SPAN("+OK 1000000 10240000000\r\n"));
    else if (span_eq_nocase(line, SPAN("QUIT")))
        visitor->leaving = true, say(visitor, SPAN("+OK\r\n"));
    else
        say(visitor, SPAN("-ERR not known here\r\n"));
}

/* Returns false if there is no complete command. */
static bool answer_next(struct visitor *visitor)
{
    const char *lf = memchr(visitor->in, '\n', visitor->in_n);
    size_t n = lf ? (size_t)(lf - visitor->in) : 0;

    if (!lf)
        return false;
    answer(visitor, (struct span){visitor->in, n && visitor->in[n - 1] == '\r' ? n - 1 : n});
    visitor->in_n -= n + 1;
    memmove(visitor->in, lf + 1, visitor->in_n);
    return true;
}

/* Returns false if the connection was closed. */
static bool move(struct visitor *visitor)
{
    for (;;) {
        ssize_t n;

        if (!tcp_write(visitor->fd, &visitor->out, &visitor->out_n))
            return false;
        if (visitor->out_n)
            return true;
        if (visitor->leaving || visitor->in_n == sizeof visitor->in)
            return false;
        if (answer_next(visitor))
            continue;
        n = tcp_read(visitor->fd, visitor->in + visitor->in_n, sizeof visitor->in - visitor->in_n);
        if (n <= 0)
            return n == 0;
        visitor->in_n += (size_t)n;
    }
}

static void welcome(int poll, int listener)
{
    int fd;

    while ((fd = tcp_accept(listener)) >= 0) {
        struct visitor *visitor = mem_alloc_zero(sizeof *visitor);

        visitor->fd = fd;
        say(visitor, SPAN("+OK ready\r\n"));
        tcp_poll_add(poll, fd, visitor);
    }
}

int main(void)
{
    struct epoll_event events[EVENTS];
    int listener, poll = tcp_poll_new();

    tcp_raise_limit();
    listener = tcp_listen();
    tcp_poll_add(poll, listener, NULL);
    for (;;) {
        int n = epoll_wait(poll, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            struct visitor *visitor = events[i].data.ptr;

            if (!visitor) {
                welcome(poll, listener);
            } else if (!move(visitor)) {
                close(visitor->fd);
                free(visitor);
            }
        }
    }
}
