/* service: what a service manager wants of a daemon: sd_notify(3)'s protocol, and a pid file for those that
 * have none. */
#ifndef POSTERN_SYS_SERVICE_H
#define POSTERN_SYS_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/* "READY=1", "STOPPING=1", "STATUS=...": to NOTIFY_SOCKET, if there is one. */
void service_notify(const char *state);

/* The manager ends this process unless it hears "WATCHDOG=1" so often (WATCHDOG_USEC, where WATCHDOG_PID does
 * not name another); twice as often is wise. 0: it does not ask for that. */
uint64_t service_watchdog_ms(void);

/* The pid of this process, in a new file: what was there goes. False with errno. */
bool service_write_pid(const char *path);
void service_remove_pid(const char *path);

#endif
