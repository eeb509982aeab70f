#include "scan/partial_checks.h"

#include "base/buf.h"
#include "scan/partial_check.h"
#include "sys/oneshot_child.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct partial_checks {
    struct event_base *base;
    partial_checks_done *done;
    void *context;
    struct oneshot_child *check;
    int waiting[SCAN_OBJECTS_MAX]; /* descriptors of the objects that are still to be checked */
    size_t waiting_count;
};

static void on_checked(void *context, const void *answer);

static const struct oneshot_child_work work = {
    .compute = partial_check_compute,
    .answer_size = sizeof(struct partial_check_answer),
    .deadline_ms = PARTIAL_CHECK_MS,
    .done = on_checked,
};

static void free_checks(struct partial_checks *checks)
{
    oneshot_child_free(&checks->check);
    while (checks->waiting_count)
        close(checks->waiting[--checks->waiting_count]);
    free(checks);
}

static void finish(struct partial_checks *checks, enum partial_checks_result result)
{
    partial_checks_done *done = checks->done;
    void *context = checks->context;

    free_checks(checks);
    done(context, result);
}

/* Starts the check of the next object. Returns false on failure. */
static bool check_next(struct partial_checks *checks)
{
    int fd = checks->waiting[--checks->waiting_count];

    checks->check = oneshot_child_new(checks->base, &work, fd, NULL, checks);
    close(fd);
    return checks->check != NULL;
}

/* If the child gives no answer, because the header crashes the parser for example, the message is treated as
 * message/partial. */
static void on_checked(void *context, const void *answer)
{
    struct partial_checks *checks = context;
    const struct partial_check_answer *checked = answer;
    bool is_partial = !checked || checked->is_partial;

    oneshot_child_free(&checks->check); /* frees `answer`, too */
    if (is_partial)
        finish(checks, PARTIAL_CHECKS_FOUND);
    else if (checks->waiting_count == 0)
        finish(checks, PARTIAL_CHECKS_NONE);
    else if (!check_next(checks))
        finish(checks, PARTIAL_CHECKS_FAILED);
}

/* Duplicates the descriptors of all objects. Returns false on failure. */
static bool keep_objects(struct partial_checks *checks, const struct scan_request *request)
{
    for (size_t i = request->count; i-- > 0;) {
        int fd = fcntl(request->objects[i].fd, F_DUPFD_CLOEXEC, 0);

        if (fd < 0)
            return false;
        checks->waiting[checks->waiting_count++] = fd;
    }
    return true;
}

struct partial_checks *partial_checks_start(struct event_base *base, const struct scan_request *request,
                                            partial_checks_done *done, void *context)
{
    struct partial_checks *checks = mem_alloc_zero(sizeof *checks);

    *checks = (struct partial_checks){.base = base, .done = done, .context = context};
    if (keep_objects(checks, request) && check_next(checks))
        return checks;
    free_checks(checks);
    return NULL;
}

void partial_checks_cancel(struct partial_checks **checks)
{
    if (*checks)
        free_checks(*checks);
    *checks = NULL;
}
