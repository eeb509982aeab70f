/* service: talks to the service manager by the protocol of sd_notify(3), and writes a pid file for managers
 * without that protocol. */
#ifndef POSTERN_SYS_SERVICE_H
#define POSTERN_SYS_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/* Sends "READY=1", "STOPPING=1" or "STATUS=..." to NOTIFY_SOCKET, if there is one. */
void service_notify(const char *state);

/* Returns the interval of the manager's watchdog (WATCHDOG_USEC): the manager ends this process if it
 * receives no "WATCHDOG=1" for that long. 0: there is no watchdog, or it is for another process
 * (WATCHDOG_PID). */
uint64_t service_watchdog_ms(void);

/* Removes an existing file, and writes the pid of this process to a new one. False with errno. */
bool service_write_pid(const char *path);
void service_remove_pid(const char *path);

#endif
