#include "gateway/trace/trace_probe.h"

#include "base/address.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

enum { SYN_REPEATED_US = 1000000 };

int64_t trace_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

static bool prepare(int fd, int family, unsigned ttl)
{
    if (family == AF_INET6)
        return set(fd, SOL_IPV6, IPV6_UNICAST_HOPS, (int)ttl) && set(fd, SOL_IPV6, IPV6_RECVERR, 1);
    return set(fd, SOL_IP, IP_TTL, (int)ttl) && set(fd, SOL_IP, IP_RECVERR, 1);
}

/* If the connection is accepted or refused immediately, this is no failure: a SYN was sent. */
static bool start(int fd, const union inet_address *to)
{
    return connect(fd, &to->any, address_size(to)) == 0 || errno == EINPROGRESS || errno == ECONNREFUSED;
}

bool trace_probe_send(struct trace_probe *probe, const union inet_address *to, unsigned ttl)
{
    int error;

    probe->fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe->fd < 0)
        return false;
    probe->sent_us = trace_now_us();
    if (prepare(probe->fd, to->any.sa_family, ttl) && start(probe->fd, to))
        return true;
    error = errno;
    trace_probe_end(probe);
    errno = error;
    return false;
}

void trace_probe_end(struct trace_probe *probe)
{
    if (probe->fd >= 0)
        close(probe->fd);
    probe->fd = -1;
}

static bool is_time_exceeded(const struct sock_extended_err *report)
{
    if (report->ee_origin == SO_EE_ORIGIN_ICMP6)
        return report->ee_type == ICMP6_TIME_EXCEEDED;
    return report->ee_origin == SO_EE_ORIGIN_ICMP && report->ee_type == ICMP_TIME_EXCEEDED;
}

static bool is_icmp(const struct sock_extended_err *report)
{
    return report->ee_origin == SO_EE_ORIGIN_ICMP || report->ee_origin == SO_EE_ORIGIN_ICMP6;
}

static void take_error(const struct sock_extended_err *report, struct trace_answer *answer)
{
    const struct sockaddr *sender = SO_EE_OFFENDER(report);

    if (!is_icmp(report)) {
        answer->end = TRACE_NOT_SENT;
        answer->error = (int)report->ee_errno;
        return;
    }
    answer->end = is_time_exceeded(report) ? TRACE_SILENT : TRACE_UNREACHABLE;
    answer->icmp_type = report->ee_type;
    answer->icmp_code = report->ee_code;
    answer->hop.has_answered = sender->sa_family == AF_INET || sender->sa_family == AF_INET6;
    memcpy(&answer->hop.address, sender,
           sender->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
}

static bool read_error_queue(int fd, struct trace_answer *answer)
{
    union {
        struct cmsghdr align;
        char buffer[512];
    } control;
    char packet[64]; /* the beginning of the SYN that caused the error */
    struct iovec part = {packet, sizeof packet};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};

    if (recvmsg(fd, &message, MSG_ERRQUEUE) < 0)
        return false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
        if ((c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) ||
            (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
            take_error((const void *)CMSG_DATA(c), answer);
            return true;
        }
    return false;
}

/* Reads the answer of the destination, or of an interceptor. */
static bool read_state(int fd, const union inet_address *to, struct trace_answer *answer)
{
    struct pollfd state = {.fd = fd, .events = POLLOUT};
    int error = 0;

    if (poll(&state, 1, 0) != 1 ||
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error}) != 0)
        return false;
    if (error == ETIMEDOUT) /* the kernel has given up repeating the SYN */
        return false;
    answer->end = error == 0 ? TRACE_ACCEPTED : error == ECONNREFUSED ? TRACE_REFUSED : TRACE_NOT_SENT;
    answer->error = error;
    answer->hop.has_answered = answer->end != TRACE_NOT_SENT;
    answer->hop.address = *to;
    return true;
}

bool trace_probe_answer(const struct trace_probe *probe, const union inet_address *to,
                        struct trace_answer *answer)
{
    int64_t rtt_us = trace_now_us() - probe->sent_us;

    *answer = (struct trace_answer){.hop.rtt_us = rtt_us < SYN_REPEATED_US ? rtt_us : -1};
    return read_error_queue(probe->fd, answer) || read_state(probe->fd, to, answer);
}
