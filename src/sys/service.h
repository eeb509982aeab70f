/* service: the interface to a service manager: the protocol of sd_notify(3), and a pid file for managers
 * without it. */
#ifndef POSTERN_SYS_SERVICE_H
#define POSTERN_SYS_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/* Sends "READY=1", "STOPPING=1" or "STATUS=..." to NOTIFY_SOCKET, if there is one. */
void service_notify(const char *state);

/* The manager ends this process if it does not receive "WATCHDOG=1" within this time (WATCHDOG_USEC, unless
 * WATCHDOG_PID names another process); half of it is a good interval. 0: no watchdog. */
uint64_t service_watchdog_ms(void);

/* Writes the pid of this process to a new file; an existing file is removed. False with errno. */
bool service_write_pid(const char *path);
void service_remove_pid(const char *path);

#endif
