#include "net/marked_probe.h"

#include "base/address.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static int await(int fd, int timeout_ms)
{
    struct pollfd writable = {fd, POLLOUT, 0};
    int error = 0;
    socklen_t n = sizeof error;

    if (poll(&writable, 1, timeout_ms) <= 0)
        return ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 ? error : errno;
}

static int connect_within(int fd, const union inet_address *to, uint32_t mark, int timeout_ms)
{
    if (setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0)
        return errno;
    if (connect(fd, &to->any, address_size(to)) == 0)
        return 0;
    return errno == EINPROGRESS ? await(fd, timeout_ms) : errno;
}

int marked_probe(const union inet_address *to, uint32_t mark, int timeout_ms)
{
    int fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = fd < 0 ? errno : connect_within(fd, to, mark, timeout_ms);

    if (fd >= 0)
        close(fd);
    return error;
}
