/* clock_reading: readings of the kernel's clocks, for base/age. */
#ifndef POSTERN_SYS_CLOCK_READING_H
#define POSTERN_SYS_CLOCK_READING_H

#include "base/age.h"

/* Wall clock, CLOCK_BOOTTIME, and the boot id. The boot id is read by the first call only: a process that
 * loses access to the file system makes that call before. True if NTP keeps the wall clock synchronised, as
 * far as the kernel knows. */
bool clock_reading_take(struct age_stamp *now);

/* For a command that needs ages once and has no earlier reading to compare with. */
struct age_clock clock_reading_once(void);

#endif
