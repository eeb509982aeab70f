/* age: lower bounds for ages that hold even if the wall clock is wrong.
 *
 * A gateway without a battery-backed clock starts in 1970 or at the date of its image and is set later; a
 * clock may also be set wrong by mistake and set back. Therefore each recorded time is a stamp: the wall
 * clock's time together with CLOCK_BOOTTIME, which only moves forward (through suspend too), and the kernel's
 * boot id, within which that count is valid. Rules:
 *
 *   - Within one boot, the age is a difference of CLOCK_BOOTTIME; the wall clock does not matter.
 *
 *   - A stamp of another boot is at least as old as this boot.
 *
 *   - Its age beyond that is a difference of wall clocks, and counts only while the wall clock is settled.
 * The clock is not settled before the release date of the program, nor for an hour after it was set. Without
 * NTP it is not settled either for an hour after the boot or after the first reading, nor for a day after it
 * was set. (A step makes the kernel forget that the clock is synchronised, so this covers a step that was not
 * seen.)
 *
 * A clock that was wrong for a while therefore never makes an age greater than the true one. It may make it
 * smaller: what depends on it is kept too long rather than removed too early.
 *
 * Pure: the readings come from sys/clock_reading. */
#ifndef POSTERN_BASE_AGE_H
#define POSTERN_BASE_AGE_H

#include "base/span.h"

#include <stdint.h>

enum {
    AGE_BOOT_SIZE = 37, /* of the kernel's boot id, with its NUL */
    AGE_STEP_S = 2, /* a larger difference means that the clock was set; less is rounding or a leap second */
    AGE_SETTLING_S = 3600,
    AGE_SETTLING_WITHOUT_NTP_S = 24 * 3600,
    AGE_FUTURE_S =
        24 * 3600, /* a stamp of another boot further in the future than this was made by a wrong clock */
};

struct age_mark {
    int64_t boottime_s;
    char boot[AGE_BOOT_SIZE]; /* empty: unknown, or recorded by an old version */
};

struct age_stamp {
    int64_t wall_s; /* Unix time */
    struct age_mark mark;
};

/* Starts as {0} with earliest_s set. */
struct age_clock {
    struct age_stamp now;
    int64_t earliest_s; /* a wall clock before this is wrong */
    int64_t watched_s;  /* CLOCK_BOOTTIME of the first reading */
    int64_t set_s;      /* time of the last step that was seen */
    int64_t set_by_s;   /* size of that step */
    bool is_read, was_set, is_synchronised;
};

/* Takes a reading; is_synchronised: by NTP. Returns whether the wall clock was set since the last reading. */
bool age_clock_read(struct age_clock *clock, const struct age_stamp *now, bool is_synchronised);
/* True if ages by the wall clock can be trusted. */
bool age_clock_is_settled(const struct age_clock *clock);

/* Returns a lower bound in seconds, never negative. */
int64_t age_at_least(const struct age_clock *clock, const struct age_stamp *since);
/* True if age_at_least is the exact age, not only a lower bound. */
bool age_is_certain(const struct age_clock *clock, const struct age_stamp *since);

/* Corrects the wall time of a stamp. A stamp of this boot gets the time that the wall clock would have shown
 * if it had been set as it is now. A stamp of another boot that no correct clock can have made gets the
 * present time once the clock is settled, so that its age counts from then on. True if the stamp changed. */
bool age_correct(const struct age_clock *clock, struct age_stamp *stamp);

#endif
