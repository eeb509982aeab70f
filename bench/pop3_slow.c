/* pop3_slow: clients that keep sessions busy at one byte per second.
 *
 *     pop3_slow read PORT CLIENTS OCTETS
 *     pop3_slow login PORT CLIENTS OCTETS
 *
 * read: each client logs in, requests a message of OCTETS octets, and reads one byte of the replies per
 * second. login: each client sends one byte of a command per second. The program prints "held" when all
 * clients have begun. At the end of standard input it prints, as JSON, how many are still connected. */

#include "base/buf.h"
#include "bench/tcp.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CLIENTS_MAX = 20000,
    RECEIVE_BUFFER = 1024, /* so that the messages wait on the other side */
    BEGUN_OCTETS = 1000,   /* more than the replies before the message */
    TICK_MS = 100,
    TICKS = 10, /* per second */
};

struct slow {
    bool reads;
    uint16_t port;
    uint64_t octets;
    unsigned count, open;
    int *fds; /* -1: the other side has closed */
};

static int connect_slow(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), size = RECEIVE_BUFFER;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) != 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        tcp_die("connect");
    return fd;
}

static void begin(const struct slow *slow, int fd)
{
    char text[64];
    int n = snprintf(text, sizeof text, "USER %" PRIu64 "\r\nPASS bench\r\nRETR 1\r\n", slow->octets);

    if (slow->reads && send(fd, text, (size_t)n, MSG_NOSIGNAL) != n)
        tcp_die("send");
}

/* Waits until the replies have begun to arrive. */
static void await_begun(const struct slow *slow, int fd)
{
    int arrived = 0, wanted = slow->reads ? BEGUN_OCTETS : 1;

    while (arrived < wanted) {
        if (ioctl(fd, FIONREAD, &arrived) != 0)
            tcp_die("FIONREAD");
        if (arrived < wanted)
            poll(NULL, 0, 1);
    }
}

static void advance(struct slow *slow, int *fd)
{
    char c = 'x';
    ssize_t n = slow->reads ? recv(*fd, &c, 1, MSG_DONTWAIT) : send(*fd, &c, 1, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n == 1 || (n < 0 && errno == EAGAIN))
        return;
    close(*fd);
    *fd = -1;
    slow->open--;
}

/* Each client advances in one tick of a second. */
static void hold(struct slow *slow)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    uint64_t next_ns = tcp_now_ns();

    printf("held\n");
    fflush(stdout);
    for (unsigned tick = 0; poll(&input, 1, 0) == 0; tick = (tick + 1) % TICKS) {
        for (unsigned i = tick; i < slow->count; i += TICKS)
            if (slow->fds[i] >= 0)
                advance(slow, &slow->fds[i]);
        next_ns += (uint64_t)TICK_MS * 1000000;
        while (tcp_now_ns() < next_ns && poll(&input, 1, 5) == 0)
            continue;
    }
}

int main(int argc, char **argv)
{
    struct slow slow = {.reads = argc == 5 && strcmp(argv[1], "read") == 0};

    if (argc != 5 || (!slow.reads && strcmp(argv[1], "login") != 0)) {
        fprintf(stderr, "usage: pop3_slow read|login PORT CLIENTS OCTETS\n");
        return EXIT_FAILURE;
    }
    slow.port = (uint16_t)tcp_number(argv[2], 1, UINT16_MAX);
    slow.open = slow.count = (unsigned)tcp_number(argv[3], 1, CLIENTS_MAX);
    slow.octets = tcp_number(argv[4], 1, UINT32_MAX);
    tcp_raise_limit();
    slow.fds = mem_alloc_zero(slow.count * sizeof *slow.fds);
    for (unsigned i = 0; i < slow.count; i++) {
        slow.fds[i] = connect_slow(slow.port);
        begin(&slow, slow.fds[i]);
    }
    for (unsigned i = 0; i < slow.count; i++)
        await_begun(&slow, slow.fds[i]);
    hold(&slow);
    printf("{\"clients\": %u, \"open\": %u}\n", slow.count, slow.open);
    free(slow.fds);
    return EXIT_SUCCESS;
}
