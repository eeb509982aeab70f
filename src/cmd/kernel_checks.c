#include "cmd/kernel_checks.h"

#include "sys/kernel.h"
#include "sys/sandbox.h"

#include <sys/utsname.h>

void kernel_check(struct problems *problems)
{
    const struct kernel_need *lacking[KERNEL_NEEDS_MAX];
    size_t n = kernel_lacks(lacking);
    struct utsname name = {.release = "?"}; /* kept if uname fails */

    uname(&name);
    for (size_t i = 0; i < n; i++)
        problems_add(problems, true, "kernel %s lacks %s (%s), which Postern needs for %s", name.release,
                     lacking[i]->name, lacking[i]->since, lacking[i]->purpose);
}

void kernel_warn(struct problems *problems)
{
    if (sandbox_landlock_version() == 0)
        problems_add(problems, false,
                     "this kernel has no Landlock (Linux 5.13): access to paths is not restricted; the other "
                     "restrictions apply");
}
