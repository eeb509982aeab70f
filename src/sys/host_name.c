#include "sys/host_name.h"

#include <string.h>
#include <unistd.h>

void host_name_get(struct host_name *name)
{
    char *dot;

    memset(name, 0, sizeof *name);
    if (gethostname(name->host, sizeof name->host - 1) != 0)
        return;
    dot = strchr(name->host, '.');
    if (dot) {
        memcpy(name->domain, dot + 1, strlen(dot + 1));
        *dot = '\0';
    } else if (getdomainname(name->domain, sizeof name->domain - 1) != 0 || name->domain[0] == '(') {
        name->domain[0] = '\0'; /* the kernel's default is "(none)" */
    }
}
