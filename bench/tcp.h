/* tcp: what the programs of the bench share: TCP on loopback, the clock, an epoll that is told of a socket
 * once.
 *
 * Sockets are non-blocking, without Nagle's delay, and watched edge-triggered for both directions, so that no
 * program here spends calls on changing its mind. Whoever is told of a socket reads until a read comes back
 * short and writes until one is refused. What fails here ends the program: a bench that limps measures
 * nothing. */
#ifndef POSTERN_BENCH_TCP_H
#define POSTERN_BENCH_TCP_H

#include "base/span.h"

#include <stdint.h>
#include <sys/uio.h>

uint64_t tcp_now_ns(void);
/* Prints what and errno, and ends the program. */
void tcp_die(const char *what) __attribute__((noreturn));
/* A number of the command line; out of range ends the program. */
uint64_t tcp_number(const char *text, uint64_t least, uint64_t most);

/* As many descriptors as one may have. */
void tcp_raise_limit(void);
/* On a free port of loopback, which it says as "port N" on standard output. */
int tcp_listen(void);
/* -1: nobody waits. */
int tcp_accept(int listener);
int tcp_connect(uint16_t port);

int tcp_poll_new(void);
void tcp_poll_add(int poll, int fd, void *context);

/* Bytes read; 0: nothing now; -1: the end, or a failure, which is no different here. */
ssize_t tcp_read(int fd, char *into, size_t room);
/* Writes what the socket takes, and moves *vector and *count past it. False: the connection is of no use. */
bool tcp_write(int fd, struct iovec **vector, unsigned *count);

#endif
