#include "sys/clock_reading.h"

#include "build_config.h"

#include <fcntl.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static const char boot_id_file[] = "/proc/sys/kernel/random/boot_id";

/* Returns the boot id; empty if /proc cannot be read. With an empty id, no stamp counts as one of this
 * boot. */
static const char *boot_id(void)
{
    static char id[AGE_BOOT_SIZE];
    static bool is_read;
    int fd = is_read ? -1 : open(boot_id_file, O_RDONLY | O_CLOEXEC);

    is_read = true;
    if (fd >= 0) {
        if (read(fd, id, sizeof id - 1) != (ssize_t)sizeof id - 1)
            id[0] = '\0';
        close(fd);
    }
    return id;
}

bool clock_reading_take(struct age_stamp *now)
{
    struct timex ntp = {0};
    struct timespec wall, boot;

    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_BOOTTIME, &boot);
    *now = (struct age_stamp){.wall_s = wall.tv_sec, .mark.boottime_s = boot.tv_sec};
    memcpy(now->mark.boot, boot_id(), sizeof now->mark.boot);
    return adjtimex(&ntp) >= 0 && !(ntp.status & STA_UNSYNC);
}

struct age_clock clock_reading_once(void)
{
    struct age_clock clock = {.earliest_s = POSTERN_RELEASED_S};
    struct age_stamp now;
    bool is_synchronised = clock_reading_take(&now);

    age_clock_read(&clock, &now, is_synchronised);
    clock.watched_s = 0;
    return clock;
}
