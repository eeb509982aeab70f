#include "net/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CARRIED_CAPACITY = 4 }; /* more than one, so that a second descriptor is noticed */

union control {
    struct cmsghdr align;
    char one[CMSG_SPACE(sizeof(int))];
    char bytes[CMSG_SPACE(CARRIED_CAPACITY * sizeof(int))];
};

bool channel_pair(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0;
}

static void put_carried(struct msghdr *message, union control *control, int carried)
{
    struct cmsghdr *header;

    memset(control, 0, sizeof *control);
    message->msg_control = control;
    message->msg_controllen = sizeof control->one;
    header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof carried);
    memcpy(CMSG_DATA(header), &carried, sizeof carried);
}

enum channel_result channel_send(int fd, struct span packet, int carried)
{
    struct iovec bytes = {(void *)(uintptr_t)packet.p, packet.n};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    union control control;
    ssize_t sent;

    if (carried >= 0)
        put_carried(&message, &control, carried);
    do {
        sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return CHANNEL_OK;
    switch (errno) {
    case EAGAIN: return CHANNEL_FULL;
    case ENOBUFS:
    case ENOMEM:
    case ETOOMANYREFS: /* too many descriptors of this user are in flight */ return CHANNEL_LATER;
    default: return CHANNEL_CLOSED;
    }
}

/* Returns the lowest free descriptor from `from` on, or -1. */
static int lowest_free(int fd, int from)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, from);

    if (copy >= 0)
        close(copy);
    return copy;
}

/* The kernel always assigns the lowest free number. So usually all numbers above the lowest free one are
 * free, too. */
static bool has_free_descriptor(int fd, unsigned spare)
{
    int lowest = lowest_free(fd, 0);

    return lowest >= 0 && (!spare || lowest_free(fd, lowest + (int)spare) >= 0);
}

/* Without a buffer for ancillary data, the kernel installs no descriptor and sets MSG_CTRUNC. */
static bool is_next_carrying(int fd)
{
    struct msghdr message = {0};

    return recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT) >= 0 && (message.msg_flags & MSG_CTRUNC);
}

bool channel_must_wait(int fd, unsigned spare)
{
    return !has_free_descriptor(fd, spare) && is_next_carrying(fd);
}

/* Takes the descriptor of the message, if it has one. If the result is not CHANNEL_OK, all descriptors are
 * closed. If the ancillary data was truncated and has no descriptor, none was free. */
static enum channel_result take_carried(struct msghdr *message, int *carried)
{
    bool good = !(message->msg_flags & MSG_TRUNC), is_cut = message->msg_flags & MSG_CTRUNC;
    size_t count = 0;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
            good = false;
            continue;
        }
        for (size_t at = 0; at + CMSG_LEN(sizeof(int)) <= header->cmsg_len; at += sizeof(int)) {
            int fd;

            memcpy(&fd, CMSG_DATA(header) + at, sizeof fd);
            if (count++ == 0)
                *carried = fd;
            else
                close(fd);
        }
    }
    if (good && !is_cut && count <= 1)
        return CHANNEL_OK;
    if (*carried >= 0)
        close(*carried);
    *carried = -1;
    return good && is_cut && count == 0 ? CHANNEL_LOST : CHANNEL_BROKEN;
}

enum channel_result channel_receive(int fd, void *buffer, size_t capacity, size_t *n, int *carried)
{
    struct iovec bytes = {buffer, capacity};
    union control control;
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    enum channel_result result;
    ssize_t got;

    *carried = -1;
    *n = 0;
    do {
        got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN ? CHANNEL_FULL : CHANNEL_CLOSED;
    result = take_carried(&message, carried);
    if (result != CHANNEL_OK)
        return result;
    if (got == 0) {
        if (*carried < 0)
            return CHANNEL_CLOSED;
        close(*carried);
        *carried = -1;
        return CHANNEL_BROKEN;
    }
    *n = (size_t)got;
    return CHANNEL_OK;
}
