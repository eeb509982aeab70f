#include "net/reverse_path.h"

#include <stdio.h>
#include <string.h>

static bool is_on(const char *interface, const char *setting)
{
    char path[128];
    FILE *file;
    int digit;

    snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/%s", interface, setting);
    file = fopen(path, "re");
    if (!file)
        return false;
    digit = fgetc(file);
    fclose(file);
    return digit > '0' && digit <= '9';
}

/* The setting of "all" applies to each interface. */
static bool uses_marks(const char *interface)
{
    return (is_on("all", "rp_filter") || is_on(interface, "rp_filter")) &&
           (is_on("all", "src_valid_mark") || is_on(interface, "src_valid_mark"));
}

bool reverse_path_uses_marks(char interface[IF_NAMESIZE])
{
    struct if_nameindex *list = if_nameindex();
    bool found = false;

    for (struct if_nameindex *at = list; at && at->if_index && !found; at++) {
        found = strcmp(at->if_name, "lo") != 0 && uses_marks(at->if_name);
        if (found)
            snprintf(interface, IF_NAMESIZE, "%s", at->if_name);
    }
    if (list)
        if_freenameindex(list);
    return found;
}
