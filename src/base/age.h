/* age: how old something is at least, on a machine whose wall clock may be wrong.
 *
 * A gateway without a battery clock starts in 1970 or at the date of its image, and is set right later; a
 * clock may be set wrong by mistake and set back. So each recorded time is a stamp: the wall clock's time
 * together with CLOCK_BOOTTIME, which only ever counts on, through suspend too, and the kernel's boot id,
 * within which that count is valid. Rules:
 *   - Within one boot, the age is a difference of CLOCK_BOOTTIME; the wall clock does not matter.
 *   - A stamp of another boot is at least as old as this boot.
 *   - Beyond that, its age is a difference of wall clocks, and counts only while the wall clock is settled:
 * not before the program was built; not within an hour after it was set; and, if NTP does not keep it,
 * neither within an hour after the boot or after it was first looked at, nor within a day after it was set
 * (the kernel forgets that a clock is kept when it is set, so this covers a step that was not seen). An age
 * is therefore never more than the true one because the clock was wrong for a while, but may be less: what
 * depends on it stays too long rather than going too early.
 *
 * Pure: the readings come from sys/clock_reading. */
#ifndef POSTERN_BASE_AGE_H
#define POSTERN_BASE_AGE_H

#include "base/span.h"

#include <stdint.h>

enum {
    AGE_BOOT_SIZE = 37, /* of the kernel's boot id, with its NUL */
    AGE_STEP_S = 2, /* what the wall clock may differ by without having been set: rounding, a leap second */
    AGE_SETTLING_S = 3600,
    AGE_SETTLING_UNKEPT_S = 24 * 3600,
    AGE_FUTURE_S = 24 * 3600, /* a stamp of another boot further ahead than this was made by a wrong clock */
};

struct age_mark {
    int64_t boottime_s;
    char boot[AGE_BOOT_SIZE]; /* empty: unknown, in a record of a version that did not note it */
};

struct age_stamp {
    int64_t wall_s; /* Unix time */
    struct age_mark mark;
};

/* {0} with earliest_s set, before the first reading. */
struct age_clock {
    struct age_stamp now;
    int64_t earliest_s; /* a wall clock before it is wrong */
    int64_t watched_s;  /* CLOCK_BOOTTIME of the first reading */
    int64_t set_s;      /* of the last step that was seen */
    int64_t set_by_s;   /* its size */
    bool is_read, was_set, is_kept;
};

/* Takes a reading; is_kept: by NTP. True if the wall clock was set since the last one. */
bool age_clock_read(struct age_clock *clock, const struct age_stamp *now, bool is_kept);
/* May ages be told by the wall clock? */
bool age_clock_is_settled(const struct age_clock *clock);

/* In seconds, never negative. */
int64_t age_at_least(const struct age_clock *clock, const struct age_stamp *since);
/* age_at_least is the age, and not only a lower bound. */
bool age_is_certain(const struct age_clock *clock, const struct age_stamp *since);

/* Corrects the wall time of a stamp: of this boot, to what the wall clock would have shown if it had been as
 * it is now; of another one, if no right clock can have made it, to now, once the clock is settled: from then
 * on its age counts. True if it changed. */
bool age_correct(const struct age_clock *clock, struct age_stamp *stamp);

#endif
