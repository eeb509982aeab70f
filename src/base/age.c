#include "base/age.h"

static bool is_this_boot(const struct age_clock *clock, const struct age_stamp *stamp)
{
    return stamp->mark.boot[0] && strcmp(stamp->mark.boot, clock->now.mark.boot) == 0 &&
           stamp->mark.boottime_s <= clock->now.mark.boottime_s;
}

static bool is_far(int64_t a, int64_t b)
{
    return a > b ? a - b > AGE_STEP_S : b - a > AGE_STEP_S;
}

bool age_clock_read(struct age_clock *clock, const struct age_stamp *now, bool is_synchronised)
{
    int64_t passed_s = now->mark.boottime_s - clock->now.mark.boottime_s;
    int64_t expected_s = clock->now.wall_s + passed_s;
    bool is_set = clock->is_read && is_far(now->wall_s, expected_s);

    if (!clock->is_read)
        clock->watched_s = now->mark.boottime_s;
    if (is_set) {
        clock->set_s = now->mark.boottime_s;
        clock->set_by_s = now->wall_s - expected_s;
        clock->was_set = true;
    }
    clock->now = *now;
    clock->is_synchronised = is_synchronised;
    clock->is_read = true;
    return is_set;
}

bool age_clock_is_settled(const struct age_clock *clock)
{
    int64_t since_set_s = clock->now.mark.boottime_s - clock->set_s;
    int64_t settling_s = clock->is_synchronised ? AGE_SETTLING_S : AGE_SETTLING_WITHOUT_NTP_S;

    if (!clock->is_read || clock->now.wall_s < clock->earliest_s)
        return false;
    if (clock->was_set && since_set_s < settling_s)
        return false;
    return clock->is_synchronised || (clock->now.mark.boottime_s >= AGE_SETTLING_S &&
                                      clock->now.mark.boottime_s - clock->watched_s >= AGE_SETTLING_S);
}

/* True if no correct clock can have made the stamp. */
static bool is_impossible(const struct age_clock *clock, const struct age_stamp *stamp)
{
    return stamp->wall_s < clock->earliest_s || stamp->wall_s - clock->now.wall_s > AGE_FUTURE_S;
}

bool age_is_certain(const struct age_clock *clock, const struct age_stamp *since)
{
    return is_this_boot(clock, since) || (age_clock_is_settled(clock) && !is_impossible(clock, since));
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t age_at_least(const struct age_clock *clock, const struct age_stamp *since)
{
    bool is_of_other_boot =
        since->mark.boot[0] && clock->now.mark.boot[0] && strcmp(since->mark.boot, clock->now.mark.boot) != 0;
    int64_t min_s = is_of_other_boot ? clock->now.mark.boottime_s : 0;

    if (is_this_boot(clock, since))
        return clock->now.mark.boottime_s - since->mark.boottime_s;
    return age_is_certain(clock, since) ? larger(min_s, clock->now.wall_s - since->wall_s) : min_s;
}

bool age_correct(const struct age_clock *clock, struct age_stamp *stamp)
{
    int64_t right_s = clock->now.wall_s - (clock->now.mark.boottime_s - stamp->mark.boottime_s);

    if (is_this_boot(clock, stamp)) {
        if (!is_far(right_s, stamp->wall_s))
            return false;
        stamp->wall_s = right_s;
        return true;
    }
    if (!age_clock_is_settled(clock) || !is_impossible(clock, stamp))
        return false;
    *stamp = clock->now;
    return true;
}
