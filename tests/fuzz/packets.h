/* packets: what a hostile process may send through a socket pair: any bytes, with up to two descriptors. */
#ifndef POSTERN_TESTS_FUZZ_PACKETS_H
#define POSTERN_TESTS_FUZZ_PACKETS_H

#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKETS_DESCRIPTORS = 2 };

static inline void packets_send(int to, struct span bytes, unsigned descriptors)
{
    int fds[PACKETS_DESCRIPTORS] = {STDIN_FILENO, STDIN_FILENO};
    char control[CMSG_SPACE(sizeof fds)] __attribute__((aligned(8))) = {0};
    struct iovec part = {(void *)(uintptr_t)bytes.p, bytes.n};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (descriptors) {
        struct cmsghdr *head = (struct cmsghdr *)control;

        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(descriptors * sizeof(int));
        memcpy(CMSG_DATA(head), fds, descriptors * sizeof(int));
    }
    sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT); /* the other end may be gone */
}

/* Returns the lowest free descriptor: if it changes, one was leaked. */
static inline int packets_free_descriptor(void)
{
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

    must(fd >= 0);
    close(fd);
    return fd;
}

#endif
