/* tcp: shared by the programs of the bench: TCP on loopback, the clock, an epoll to which each socket is
 * added once.
 *
 * Sockets are non-blocking, without Nagle's delay, and watched edge-triggered for both directions, so that no
 * system calls are needed to change the events. On an event, read until a read returns less than requested,
 * and write until a write would block. Any failure here ends the program, since the measurement would be
 * worthless. */
#ifndef POSTERN_BENCH_TCP_H
#define POSTERN_BENCH_TCP_H

#include "base/span.h"

#include <stdint.h>
#include <sys/uio.h>

uint64_t tcp_now_ns(void);
/* Prints `what` and errno, and exits. */
void tcp_die(const char *what) __attribute__((noreturn));
/* Parses a number of the command line; exits if it is out of range. */
uint64_t tcp_number(const char *text, uint64_t least, uint64_t most);

/* Raises the limit of descriptors as far as possible. */
void tcp_raise_limit(void);
/* Listens on a free port of loopback, and prints "port N" on standard output. */
int tcp_listen(void);
/* Returns -1 if no connection is pending. */
int tcp_accept(int listener);
int tcp_connect(uint16_t port);

int tcp_poll_new(void);
void tcp_poll_add(int poll, int fd, void *context);

/* Returns the number of bytes read; 0: none available now; -1: end of file or an error. */
ssize_t tcp_read(int fd, char *into, size_t room);
/* Writes as much as the socket accepts, and advances *vector and *count. Returns false if the connection
 * failed. */
bool tcp_write(int fd, struct iovec **vector, unsigned *count);

#endif
