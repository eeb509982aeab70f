/* age: lower bounds for ages. With two exceptions, they hold even if the wall clock is wrong.
 *
 * A gateway without a battery-backed clock starts with a wrong date, and its clock is set later. Therefore
 * each recorded time is a stamp of three values: the wall clock's time, CLOCK_BOOTTIME, and the kernel's boot
 * id. CLOCK_BOOTTIME never goes back, but its values can be compared only within one boot. Rules:
 *
 *   - Within one boot, the age is a difference of CLOCK_BOOTTIME.
 *   - A stamp of another boot is at least as old as this boot.
 *   - A stamp that is not of this boot also has an age by the wall clock: the difference of the two times.
 *     This age counts only if the recorded time is possible and the wall clock is settled. The larger of both
 *     ages is the result.
 *
 * A possible time is not before the release date of the program, and at most a day in the future. A settled
 * clock shows a time after that date, and was not set within the last hour. Without NTP three more
 * conditions apply: it was not set within the last day, the boot was at least an hour ago, and so was the
 * first reading.
 *
 * Therefore a wrong clock usually makes an age too small, so that data is kept too long. An age can be too
 * great in two cases only. First: the stamp is of an earlier boot; in that boot the clock was slow, was not
 * corrected, and showed a time after the release date. Second: the present clock is fast and settled.
 *
 * Pure: the readings come from sys/clock_reading. */
#ifndef POSTERN_BASE_AGE_H
#define POSTERN_BASE_AGE_H

#include "base/span.h"

#include <stdint.h>

enum {
    AGE_BOOT_SIZE = 37, /* size of the kernel's boot id with its NUL */
    AGE_STEP_S =
        2, /* if the wall clock and CLOCK_BOOTTIME have moved apart by more, the wall clock was set */
    AGE_SETTLING_S = 3600,
    AGE_SETTLING_WITHOUT_NTP_S = 24 * 3600,
    AGE_FUTURE_S = 24 * 3600, /* a stamp that is further in the future was made by a wrong clock */
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
    int64_t earliest_s; /* the program's release date: an earlier wall-clock time is wrong */
    int64_t watched_s;  /* CLOCK_BOOTTIME of the first reading */
    int64_t set_s;      /* CLOCK_BOOTTIME of the reading that noticed the last step */
    int64_t set_by_s;   /* size of that step */
    bool is_read, was_set, is_synchronised;
};

/* Takes a reading. is_synchronised: NTP keeps the wall clock synchronised. Returns whether the wall clock was
 * set since the last reading. */
bool age_clock_read(struct age_clock *clock, const struct age_stamp *now, bool is_synchronised);
/* True if differences of wall-clock times can be trusted. */
bool age_clock_is_settled(const struct age_clock *clock);

/* Returns a lower bound of the age in seconds, never negative. */
int64_t age_at_least(const struct age_clock *clock, const struct age_stamp *since);
/* True if age_at_least returns the age itself, and not only a lower bound. This assumes that the recorded
 * time is right. */
bool age_is_certain(const struct age_clock *clock, const struct age_stamp *since);

/* Corrects the wall time of a stamp. In a stamp of this boot, it becomes the present time minus the age. Any
 * other stamp is kept if its time is possible, or if the clock is not settled yet. Otherwise the present
 * stamp replaces it, and its age counts from now on. True if the stamp changed. */
bool age_correct(const struct age_clock *clock, struct age_stamp *stamp);

#endif
