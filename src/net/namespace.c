#include "net/namespace.h"

#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* since Linux 5.14; the headers may be older */
#endif

/* Returns 0 if the kernel does not support cookies. */
static uint64_t read_cookie(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    uint64_t cookie = 0;
    socklen_t n = sizeof cookie;

    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &n) != 0)
        cookie = 0;
    if (fd >= 0)
        close(fd);
    return cookie;
}

void namespace_name(struct buf *out)
{
    struct stat status;
    uint64_t cookie = read_cookie();

    if (stat("/proc/self/ns/net", &status) != 0)
        return;
    buf_add_format(out, "%ju", (uintmax_t)status.st_ino);
    if (cookie)
        buf_add_format(out, "-%ju", (uintmax_t)cookie);
}
