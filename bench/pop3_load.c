/* pop3_load: sessions that fetch messages as fast as possible, and report the rate.
 *
 *     pop3_load retr PORT SESSIONS OCTETS MS COUNT
 *     pop3_load stat PORT SESSIONS OCTETS MS COUNT
 *     pop3_load idle PORT SESSIONS OCTETS MS COUNT
 *
 * retr fetches messages of OCTETS octets, for MS milliseconds or COUNT of them; stat sends STAT instead of
 * RETR. idle logs in, fetches COUNT messages in each session, prints "held", waits for the end of standard
 * input or for MS milliseconds, and then sends STAT in each session.
 *
 * All sessions are logged in before the measurement starts; each sends its next command when it has
 * received the whole answer to the last. The length of every message is checked. If a session fails, or a
 * run exceeds its time by half a minute, the program exits with status 1. The result is one line of JSON. */

#include "base/buf.h"
#include "bench/tcp.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    SCRATCH = 262144,
    EVENTS = 256,
    SESSIONS_MAX = 20000,
    SAMPLES_MAX = 4000000,
    GRACE_MS = 30000,
    CONNECTING_MAX = 512 /* at a time, below any listen backlog */
};

enum state { AWAITS_GREETING, AWAITS_USER, AWAITS_PASS, RESTS, AWAITS_LINE, AWAITS_LETTER };
enum mode { MODE_RETR, MODE_SAME, MODE_STAT, MODE_IDLE };

struct pop3_session {
    int fd;
    enum state state;
    uint64_t octets; /* of the answer so far; of a message, without its status line */
    uint64_t backend_loop_ns;
    bool in_text; /* after the status line of a message */
    char last[5];
};

struct load {
    enum mode mode;
    uint16_t port;
    uint64_t octets, most_ms, most_count;
    unsigned session_count, connected, logged_in, busy;
    struct pop3_session *sessions;
    int poll;
    uint64_t begun_ns, ended_ns, give_up_ns;
    uint64_t asked, answered, bytes;
    uint64_t *samples;
};

static void fail(const char *why)
{
    fprintf(stderr, "pop3_load: %s\n", why);
    exit(EXIT_FAILURE);
}

static void send_line(struct pop3_session *session, struct span line)
{
    struct iovec piece = {(void *)(uintptr_t)line.p, line.n}, *vector = &piece;
    unsigned count = 1;

    session->octets = 0;
    session->in_text = false;
    memset(session->last, 0, sizeof session->last);
    if (!tcp_write(session->fd, &vector, &count) || count)
        fail("a session was cut");
}

static void ask(struct load *load, struct pop3_session *session, bool letter)
{
    session->state = letter ? AWAITS_LETTER : AWAITS_LINE;
    session->backend_loop_ns = tcp_now_ns();
    load->asked++;
    load->busy++;
    send_line(session, letter ? SPAN("RETR 1\r\n") : SPAN("STAT\r\n"));
}

static bool may_ask(const struct load *load)
{
    return load->asked < load->most_count && tcp_now_ns() - load->begun_ns < load->most_ms * 1000000;
}

static void finish(struct load *load, struct pop3_session *session)
{
    uint64_t now = tcp_now_ns();

    load->samples[load->answered++] = now - session->backend_loop_ns;
    load->bytes += session->octets;
    load->ended_ns = now;
    load->busy--;
    session->state = RESTS;
    if (load->mode != MODE_IDLE && may_ask(load))
        ask(load, session, load->mode != MODE_STAT);
}

static void log_in(struct load *load, struct pop3_session *session)
{
    char user[32];

    switch (session->state) {
    case AWAITS_GREETING:
        snprintf(user, sizeof user, "USER %" PRIu64 "%s\r\n", load->octets,
                 load->mode == MODE_SAME ? "-same" : "");
        session->state = AWAITS_USER;
        send_line(session, span_of(user));
        break;
    case AWAITS_USER:
        session->state = AWAITS_PASS;
        send_line(session, SPAN("PASS bench\r\n"));
        break;
    case AWAITS_PASS:
        session->state = RESTS;
        load->logged_in++;
        break;
    case RESTS:
    case AWAITS_LINE:
    case AWAITS_LETTER: break;
    }
}

static void keep_last(struct pop3_session *session, struct span bytes)
{
    const size_t room = sizeof session->last;

    if (bytes.n >= room) {
        memcpy(session->last, bytes.p + bytes.n - room, room);
    } else {
        memmove(session->last, session->last + bytes.n, room - bytes.n);
        memcpy(session->last + room - bytes.n, bytes.p, bytes.n);
    }
}

static void take_letter(struct load *load, struct pop3_session *session, struct span bytes)
{
    if (!session->in_text) {
        const char *lf = memchr(bytes.p, '\n', bytes.n);

        if (!lf)
            return;
        session->in_text = true;
        bytes = span_from(bytes, (size_t)(lf - bytes.p) + 1);
    }
    session->octets += bytes.n;
    keep_last(session, bytes);
    if (session->octets > load->octets + 3)
        fail("a letter is too long");
    if (memcmp(session->last, "\r\n.\r\n", sizeof session->last) != 0)
        return;
    if (session->octets != load->octets + 3)
        fail("a letter is too short");
    finish(load, session);
}

static void take(struct load *load, struct pop3_session *session, struct span bytes)
{
    if (!session->in_text && session->octets == 0 && bytes.p[0] != '+') {
        fprintf(stderr, "%.*s", (int)span_first(bytes, 200).n, bytes.p);
        fail("refused");
    }
    if (session->state == AWAITS_LETTER) {
        take_letter(load, session, bytes);
        return;
    }
    session->octets += bytes.n;
    if (bytes.p[bytes.n - 1] != '\n')
        return;
    if (session->state == AWAITS_LINE)
        finish(load, session);
    else
        log_in(load, session);
}

static void read_session(struct load *load, struct pop3_session *session)
{
    static char scratch[SCRATCH];
    ssize_t n = sizeof scratch;

    while (n == sizeof scratch) {
        n = tcp_read(session->fd, scratch, sizeof scratch);
        if (n < 0)
            fail("a session ended");
        if (n > 0)
            take(load, session, (struct span){scratch, (size_t)n});
    }
}

/* One iteration of the event loop. Returns false if no event arrived within ms. */
static bool turn(struct load *load, int ms)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(load->poll, events, EVENTS, ms);

    for (int i = 0; i < n; i++)
        if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
            read_session(load, events[i].data.ptr);
    if (tcp_now_ns() > load->give_up_ns)
        fail("not done in time");
    return n > 0;
}

static void connect_all(struct load *load)
{
    while (load->logged_in < load->session_count) {
        while (load->connected < load->session_count && load->connected - load->logged_in < CONNECTING_MAX) {
            struct pop3_session *session = &load->sessions[load->connected++];

            session->fd = tcp_connect(load->port);
            tcp_poll_add(load->poll, session->fd, session);
        }
        turn(load, 100);
    }
}

static void run(struct load *load)
{
    for (unsigned i = 0; i < load->session_count && load->asked < load->most_count; i++)
        ask(load, &load->sessions[i], load->mode != MODE_STAT);
    while (load->busy)
        turn(load, 100);
}

/* Waits until standard input is closed, at most most_ms. */
static void hold(struct load *load)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    uint64_t end_ns = tcp_now_ns() + load->most_ms * 1000000;

    printf("held\n");
    fflush(stdout);
    while (tcp_now_ns() < end_ns && poll(&input, 1, 0) == 0)
        turn(load, 100);
}

static void run_idle(struct load *load)
{
    for (unsigned i = 0; i < load->session_count; i++) {
        load->answered = 0;
        for (uint64_t k = 0; k < load->most_count; k++) {
            ask(load, &load->sessions[i], true);
            while (load->busy)
                turn(load, 100);
        }
    }
    hold(load);
    load->answered = load->bytes = 0;
    load->begun_ns = tcp_now_ns();
    for (unsigned i = 0; i < load->session_count; i++)
        ask(load, &load->sessions[i], false);
    while (load->busy)
        turn(load, 100);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static double percentile_us(const struct load *load, unsigned percent)
{
    return (double)load->samples[(load->answered - 1) * percent / 100] / 1000;
}

static void print(const struct load *load)
{
    double seconds = (double)(load->ended_ns - load->begun_ns) / 1e9;

    qsort(load->samples, load->answered, sizeof *load->samples, compare);
    printf("{\"sessions\": %u, \"answers\": %" PRIu64 ", \"octets\": %" PRIu64 ", \"seconds\": %.6f, "
           "\"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f}\n",
           load->session_count, load->answered, load->bytes, seconds, percentile_us(load, 50),
           percentile_us(load, 90), percentile_us(load, 99), percentile_us(load, 100));
}

static void read_arguments(struct load *load, int argc, char **argv)
{
    static const char *const modes[] = {"retr", "same", "stat", "idle"};

    if (argc != 7)
        fail("usage: pop3_load retr|same|stat|idle PORT SESSIONS OCTETS MS COUNT");
    while (load->mode <= MODE_IDLE && strcmp(argv[1], modes[load->mode]) != 0)
        load->mode++;
    if (load->mode > MODE_IDLE)
        fail("retr, same, stat or idle");
    load->port = (uint16_t)tcp_number(argv[2], 1, UINT16_MAX);
    load->session_count = (unsigned)tcp_number(argv[3], 1, SESSIONS_MAX);
    load->octets = tcp_number(argv[4], 1, UINT32_MAX);
    load->most_ms = tcp_number(argv[5], 1, 600000);
    load->most_count = tcp_number(argv[6], 0, SAMPLES_MAX / 2);
}

int main(int argc, char **argv)
{
    struct load load = {.poll = tcp_poll_new()};

    read_arguments(&load, argc, argv);
    tcp_raise_limit();
    load.sessions = mem_alloc_zero(load.session_count * sizeof *load.sessions);
    load.samples = mem_grow(NULL, SAMPLES_MAX, sizeof *load.samples);
    load.give_up_ns = tcp_now_ns() + (load.most_ms + GRACE_MS) * 1000000;
    connect_all(&load);
    load.begun_ns = load.ended_ns = tcp_now_ns();
    if (load.mode == MODE_IDLE)
        run_idle(&load);
    else
        run(&load);
    print(&load);
    free(load.sessions);
    free(load.samples);
    return EXIT_SUCCESS;
}
