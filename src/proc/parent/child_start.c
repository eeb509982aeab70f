#include "proc/parent/child_start.h"

#include "base/buf.h"
#include "base/log.h"
#include "sys/process.h"
#include "sys/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DESCRIPTORS_SPARE = 256, SESSIONS_UNLIMITED = 100000 };

static char name[24];

static void set_name(const struct child_start *start)
{
    bool is_one_of_many = start->role == ROLE_RELAY || start->role == ROLE_READER;

    if (is_one_of_many)
        snprintf(name, sizeof name, "%s %u", role_name(start->role), start->index);
    else
        snprintf(name, sizeof name, "%s", role_name(start->role));
    process_title(name);
    if (is_one_of_many)
        snprintf(name, sizeof name, "%s-%u", role_name(start->role), start->index);
    log_set_process(name);
}

static bool keep_descriptors(const struct child_start *start)
{
    int *kept = mem_alloc_zero((start->listener_count + 2) * sizeof *kept);
    size_t n = 0;
    bool is_done;

    kept[n++] = start->parent_fd;
    if (start->passphrase_fd)
        kept[n++] = start->passphrase_fd;
    for (size_t i = 0; i < start->listener_count; i++)
        kept[n++] = start->listeners[i].fd;
    is_done = process_keep_only(kept, n);
    free(kept);
    return is_done;
}

static const char *user_of(const struct conf *conf, enum role role)
{
    return role == ROLE_KEEPER && *conf->quarantine.user ? conf->quarantine.user : conf->postern.user;
}

bool child_identity(const struct conf *conf, enum role role, struct identity *identity)
{
    if (geteuid() != 0) {
        *identity = (struct identity){getuid(), getgid()};
        return true;
    }
    return privileges_find(user_of(conf, role), identity);
}

enum privileges_kept child_kept(const struct conf *conf, enum role role)
{
    bool is_asked_for = conf->upstream.source == SOURCE_CLIENT || conf->upstream.mark;

    return role == ROLE_RELAY && is_asked_for ? PRIVILEGES_NET_RAW : PRIVILEGES_NONE;
}

bool child_drop(const struct child_start *start)
{
    struct identity identity;

    if (child_identity(start->conf, start->role, &identity))
        return privileges_drop(&identity, child_kept(start->conf, start->role));
    log_text(EVENT_user_unknown, "there is no user %s", user_of(start->conf, start->role));
    return false;
}

void child_run(const struct child_start *start, const struct parent_role *row, pid_t parent)
{
    set_name(start);
    if (!keep_descriptors(start)) {
        log_text(EVENT_child_failed, "descriptors: %m");
        exit(EXIT_FAILURE);
    }
    if (row->leaves_network && geteuid() == 0 && !sandbox_leave_network())
        log_text(EVENT_sandbox_weaker, "no network namespace: %m");
    if (!row->drops_own_privileges && !child_drop(start))
        exit(EXIT_CONFIG);
    if (row->dies_with_parent)
        privileges_set_parent_death_signal(parent);
    exit(row->main(start));
}

/* Returns the sum of max_sessions over all protocols. */
static unsigned sessions_max(const struct conf *conf)
{
    unsigned sum = 0;

    for (enum protocol_id protocol = 0; protocol < PROTOCOLS_MAX; protocol++) {
        const struct conf_listener *listener = conf_listener_of(conf, protocol);

        if (listener->listen.n)
            sum += listener->max_sessions ? listener->max_sessions : SESSIONS_UNLIMITED;
    }
    return sum;
}

/* A relay needs two sockets per session, and one or two descriptors for the spool of a message. Scan and the
 * readers need fewer descriptors. */
void child_raise_limits(const struct conf *conf)
{
    unsigned needed = sessions_max(conf) * 3 + DESCRIPTORS_SPARE;
    unsigned allowed = privileges_raise_files(needed);

    if (allowed < needed)
        log_text(EVENT_limit_low, "%u open files allowed, max_sessions may need %u", allowed, needed);
}
