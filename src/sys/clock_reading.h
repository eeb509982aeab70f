/* clock_reading: readings of the kernel's clocks, for base/age. */
#ifndef POSTERN_SYS_CLOCK_READING_H
#define POSTERN_SYS_CLOCK_READING_H

#include "base/age.h"

/* Reads wall clock, CLOCK_BOOTTIME and boot id. Only the first call reads the boot id from /proc. A process
 * must make that call before it loses access to the file system. Returns whether the kernel reports that NTP
 * keeps the wall clock synchronised. */
bool clock_reading_take(struct age_stamp *now);

/* Returns a clock with one reading, for a command that needs ages once. */
struct age_clock clock_reading_once(void);

#endif
