/* clock_reading: what the kernel's clocks say, for core/age. */
#ifndef POSTERN_SYS_CLOCK_READING_H
#define POSTERN_SYS_CLOCK_READING_H

#include "base/age.h"

/* Wall clock, CLOCK_BOOTTIME, and the boot id, which is read once, by the first call: a process that closes
 * its file system makes that before. True if NTP keeps the wall clock, as far as the kernel knows. */
bool clock_reading_take(struct age_stamp *now);

/* The clock of a command that looks at ages once, with nothing to compare its reading with. */
struct age_clock clock_reading_once(void);

#endif
