#include "sys/confined.h"

#include "sys/descriptors.h"
#include "sys/process.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

/* First duplicates the descriptors to high numbers, so that no move overwrites a descriptor that is still to
 * be moved. */
static bool keep_descriptors(const int *descriptors, size_t n)
{
    int moved[CONFINED_DESCRIPTORS_MAX];

    assert(n <= CONFINED_DESCRIPTORS_MAX);
    for (size_t i = 0; i < n; i++)
        if ((moved[i] = fcntl(descriptors[i], F_DUPFD, CONFINED_DESCRIPTORS_MAX)) < 0)
            return false;
    for (size_t i = 0; i < n; i++)
        if (dup2(moved[i], (int)i) != (int)i)
            return false;
    return descriptors_close((int)n, DESCRIPTORS_LAST);
}

bool confined_begin(pid_t parent, const int *descriptors, size_t n)
{
    process_reset_signals();
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent && keep_descriptors(descriptors, n);
}
