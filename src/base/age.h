/* age: lower bounds for ages that hold even if the wall clock is wrong.
 *
 * A gateway without a battery-backed clock starts with the year 1970 or the date of its image, and its clock
 * is set later. A clock may also be set wrong by mistake, and be corrected later. Therefore each recorded
 * time is a stamp: the wall clock's time together with CLOCK_BOOTTIME, which never goes back and also counts
 * while the machine is suspended, and the kernel's boot id, because values of CLOCK_BOOTTIME are comparable
 * only within one boot. Rules:
 *
 *   - Within one boot, the age is a difference of CLOCK_BOOTTIME; the wall clock does not matter.
 *
 *   - A stamp of another boot is at least as old as this boot.
 *
 *   - A greater age of such a stamp is a difference of wall-clock times. It counts only if the recorded time
 * is possible (not before the release date of the program, nor more than a day in the future) and the wall
 * clock is settled. A settled clock shows a time after that release date, and was not set within the last
 * hour. Without NTP it also was not set within the last day, and both the boot and the first reading were at
 * least an hour ago. (A step makes the kernel forget that the clock is synchronised, so the rules without NTP
 * cover a step that no reading has noticed.)
 *
 * A clock that was wrong for a while can therefore make an age smaller than the true one, but not greater:
 * data is kept too long rather than removed too early. There is one exception: when a stamp was made, the
 * clock was slow, but after the release date, and the machine was restarted before the clock was set.
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

/* Initially {0}, except earliest_s. */
struct age_clock {
    struct age_stamp now;
    int64_t earliest_s; /* an earlier wall-clock time is wrong */
    int64_t watched_s;  /* CLOCK_BOOTTIME of the first reading */
    int64_t set_s;      /* CLOCK_BOOTTIME of the reading that noticed the last step */
    int64_t set_by_s;   /* size of that step */
    bool is_read, was_set, is_synchronised;
};

/* Takes a reading; is_synchronised: by NTP. Returns whether the wall clock was set since the last reading. */
bool age_clock_read(struct age_clock *clock, const struct age_stamp *now, bool is_synchronised);
/* True if differences of wall-clock times can be trusted. */
bool age_clock_is_settled(const struct age_clock *clock);

/* Returns a lower bound of the age in seconds, never negative. */
int64_t age_at_least(const struct age_clock *clock, const struct age_stamp *since);
/* True if age_at_least is the age itself, provided that the recorded time is right, and not only a lower
 * bound. */
bool age_is_certain(const struct age_clock *clock, const struct age_stamp *since);

/* Corrects the wall time of a stamp. A stamp of this boot gets the time that the wall clock in its present
 * setting would have shown then. A stamp of another boot that no correct clock can have made is replaced by
 * the present stamp once the clock is settled, so that its age counts from then on. True if the stamp
 * changed. */
bool age_correct(const struct age_clock *clock, struct age_stamp *stamp);

#endif
