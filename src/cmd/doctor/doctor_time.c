/* Signatures are judged, and incidents kept, by their age: therefore the clock is a link, too. */
#include "cmd/doctor/doctor_links.h"

#include "build_config.h"

#include <sys/timex.h>

void doctor_look_time(struct doctor *doctor)
{
    struct timex clock = {0};
    int state = adjtimex(&clock);

    if ((long long)doctor->now < POSTERN_RELEASED_S)
        doctor_fault(doctor, "set the clock, and have it kept (systemd-timesyncd, chrony)",
                     "the clock says a time before this version was made");
    else if (state < 0)
        doctor_skip(doctor, "the kernel does not tell whether the clock is kept by NTP");
    else if (clock.status & STA_UNSYNC)
        doctor_warn(doctor, "have it kept (systemd-timesyncd, chrony)",
                    "nobody keeps the clock by NTP, as far as the kernel knows");
    doctor_ok(doctor, "the clock is kept by NTP");
}
