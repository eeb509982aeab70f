/* Checks the clock, by which the age of signatures and of incidents is measured. */
#include "cmd/doctor/doctor_links.h"

#include "build_config.h"

#include <sys/timex.h>

void doctor_check_time(struct doctor *doctor)
{
    struct timex clock = {0};
    int state = adjtimex(&clock);

    if ((long long)doctor->now < POSTERN_RELEASED_S)
        doctor_fault(doctor, "set the clock, and synchronise it by NTP (systemd-timesyncd, chrony)",
                     "the clock is before the release date of this version");
    else if (state < 0)
        doctor_skip(doctor, "the kernel does not report whether the clock is synchronised by NTP");
    else if (clock.status & STA_UNSYNC)
        doctor_warn(doctor, "synchronise it (systemd-timesyncd, chrony)",
                    "as far as the kernel knows, the clock is not synchronised by NTP");
    doctor_ok(doctor, "the clock is synchronised by NTP");
}
