#include "cmd/directory_refused.h"

#include "base/buf.h"
#include "sys/probe.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_SIZE = 64 };

static const char *user_name(uid_t uid, char name[NAME_SIZE])
{
    const struct passwd *user = getpwuid(uid);

    if (user)
        snprintf(name, NAME_SIZE, "%s", user->pw_name);
    else
        snprintf(name, NAME_SIZE, "%ld", (long)uid);
    return name;
}

/* Finds the first directory on the path that the user cannot pass through. False: there is none. */
static bool find_impassable(const char *path, const struct identity *identity, struct buf *impassable)
{
    for (const char *at = path; (at = strchr(at + 1, '/')) != NULL && at[1];) {
        buf_clear(impassable);
        buf_add(impassable, (struct span){path, (size_t)(at - path)});
        if (probe_access(buf_c_str(impassable), X_OK, identity) == EACCES)
            return true;
    }
    return false;
}

void directory_refused(struct problems *problems, const char *what, const char *path,
                       const struct identity *identity, int error)
{
    char owner[NAME_SIZE], user[NAME_SIZE];
    struct buf impassable = {0};
    struct stat status;

    user_name(identity->uid, user);
    if (error != EACCES || stat(path, &status) != 0)
        problems_add(problems, true, "%s directory %s: %s", what, path, strerror(error));
    else if (find_impassable(path, identity, &impassable))
        problems_add(problems, true, "%s directory %s: user %s cannot pass through %s: chmod o+x %s", what,
                     path, user, buf_c_str(&impassable), buf_c_str(&impassable));
    else if (status.st_uid != identity->uid)
        problems_add(problems, true, "%s directory %s belongs to user %s, not to %s: chown -R %s: %s", what,
                     path, user_name(status.st_uid, owner), user, user, path);
    else
        problems_add(problems, true, "%s directory %s: user %s cannot read and write it: chmod u+rwx %s",
                     what, path, user, path);
    buf_fini(&impassable);
}
