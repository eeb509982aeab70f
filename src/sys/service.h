/* service: the interface to a service manager: the protocol of sd_notify(3), and a pid file for managers
 * without it. */
#ifndef POSTERN_SYS_SERVICE_H
#define POSTERN_SYS_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/* Sends "READY=1", "STOPPING=1" or "STATUS=..." to NOTIFY_SOCKET, if there is one. */
void service_notify(const char *state);

/* Returns the time within which the manager must receive the next "WATCHDOG=1", or it ends this process
 * (WATCHDOG_USEC, unless WATCHDOG_PID names another process). 0: there is no watchdog. Half of the time is a
 * good interval. */
uint64_t service_watchdog_ms(void);

/* Writes the pid of this process to a new file; an existing file is removed. False with errno. */
bool service_write_pid(const char *path);
void service_remove_pid(const char *path);

#endif
