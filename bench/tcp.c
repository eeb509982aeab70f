#include "bench/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 8192 };

uint64_t tcp_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void tcp_die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, errno ? strerror(errno) : "not so");
    exit(EXIT_FAILURE);
}

uint64_t tcp_number(const char *text, uint64_t least, uint64_t most)
{
    char *end;
    unsigned long long number = strtoull(text, &end, 10);

    errno = ERANGE;
    if (end == text || *end || number < least || number > most)
        tcp_die(text);
    return number;
}

void tcp_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        tcp_die("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        tcp_die("setrlimit");
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

int tcp_listen(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        tcp_die("listen");
    printf("port %u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void set_no_delay(int fd)
{
    int on = 1;

    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        tcp_die("TCP_NODELAY");
}

int tcp_accept(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED)
        tcp_die("accept");
    if (fd >= 0)
        set_no_delay(fd);
    return fd;
}

int tcp_connect(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS))
        tcp_die("connect");
    set_no_delay(fd);
    return fd;
}

int tcp_poll_new(void)
{
    int poll = epoll_create1(EPOLL_CLOEXEC);

    if (poll < 0)
        tcp_die("epoll_create1");
    return poll;
}

void tcp_poll_add(int poll, int fd, void *context)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.ptr = context}};

    if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) != 0)
        tcp_die("epoll_ctl");
}

ssize_t tcp_read(int fd, char *into, size_t room)
{
    ssize_t n = read(fd, into, room);

    if (n > 0)
        return n;
    return n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN) ? 0 : -1;
}

static void skip(struct iovec **vector, unsigned *count, size_t n)
{
    while (*count && n >= (*vector)->iov_len) {
        n -= (*vector)->iov_len;
        ++*vector;
        --*count;
    }
    if (*count) {
        (*vector)->iov_base = (char *)(*vector)->iov_base + n;
        (*vector)->iov_len -= n;
    }
}

bool tcp_write(int fd, struct iovec **vector, unsigned *count)
{
    while (*count) {
        struct msghdr message = {.msg_iov = *vector, .msg_iovlen = *count};
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);

        if (n < 0)
            return errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
        skip(vector, count, (size_t)n);
    }
    return true;
}
