#include "scan/quick_check.h"

#include "base/buf.h"
#include "base/log.h"
#include "net/channel.h"
#include "sys/confined.h"
#include "sys/event_watch.h"
#include "sys/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CHILDREN_MAX = 4, /* enough: a check is much faster than the scan of the message */
    DEADLINE_S = 2,
    MEMORY_MAX = 256 << 20, /* address space */
    CHANNEL_FD = 0,         /* in the child */
};

enum answer { ANSWER_NO = 1, ANSWER_YES = 2 };

struct child {
    struct quick_checker *checker;
    pid_t pid; /* 0: not forked */
    int fd;
    struct event *readable, *deadline;
    bool is_busy;
    struct quick_check *check; /* NULL: the child is idle, or its check was cancelled */
};

struct quick_check {
    TAILQ_ENTRY(quick_check) link;
    struct quick_checker *checker;
    struct child *child; /* NULL: the check waits */
    int fd;
    uint64_t size;
    quick_check_done *done;
    void *context;
};

struct quick_checker {
    struct event_base *base;
    quick_check_question *question;
    struct event *next; /* gives waiting checks to children */
    struct child children[CHILDREN_MAX];
    TAILQ_HEAD(, quick_check) waiting;
};

static bool answer_is_yes(quick_check_question *question, int fd, size_t size)
{
    void *start = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    bool is_yes;

    if (start == MAP_FAILED)
        return false;
    is_yes = question(size ? (struct span){start, size} : SPAN(""));
    if (size)
        munmap(start, size);
    return is_yes;
}

/* Runs in the child, until the channel is closed. */
static _Noreturn void serve(quick_check_question *question, int channel, pid_t parent)
{
    uint64_t size;
    size_t n;
    int fd;

    if (!confined_begin(parent, &channel, 1) || fcntl(CHANNEL_FD, F_SETFL, 0) != 0 ||
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) != 0 || !sandbox_limit_memory(MEMORY_MAX) ||
        !sandbox_restrict_to_computing(SANDBOX_ALLOCATE | SANDBOX_TAKE_REQUESTS))
        _exit(EXIT_FAILURE);
    while (channel_receive(CHANNEL_FD, &size, sizeof size, &n, &fd) == CHANNEL_OK && n == sizeof size) {
        char answer = answer_is_yes(question, fd, size) ? ANSWER_YES : ANSWER_NO;

        close(fd);
        if (channel_send(CHANNEL_FD, (struct span){&answer, 1}, -1) != CHANNEL_OK)
            break;
    }
    _exit(EXIT_SUCCESS);
}

static void stop_child(struct child *child)
{
    if (child->pid == 0)
        return;
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    event_free(child->readable);
    event_free(child->deadline);
    close(child->fd);
    *child = (struct child){.checker = child->checker};
}

/* Frees the check, then reports the answer. */
static void finish(struct quick_check *check, bool is_yes)
{
    quick_check_done *done = check->done;
    void *context = check->context;

    free(check);
    done(context, is_yes);
}

/* Call when the child has answered or has been stopped. Reports the answer, unless the check was cancelled,
 * and lets the next check start. */
static void report(struct child *child, bool is_yes)
{
    struct quick_checker *checker = child->checker;
    struct quick_check *check = child->check;

    child->check = NULL;
    child->is_busy = false;
    if (!TAILQ_EMPTY(&checker->waiting))
        event_active(checker->next, EV_TIMEOUT, 0);
    if (check)
        finish(check, is_yes);
}

static void end(struct child *child, const char *why)
{
    struct quick_check *check = child->check;

    log_text(EVENT_oneshot_child, "%s", why);
    stop_child(child);
    child->check = check;
    report(child, false);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct child *child = context;
    char text = 0;
    size_t n;
    int carried;
    enum channel_result result = channel_receive(fd, &text, sizeof text, &n, &carried);

    if (result == CHANNEL_FULL)
        return;
    if (carried >= 0)
        close(carried);
    if (result == CHANNEL_OK && child->is_busy && (text == ANSWER_YES || text == ANSWER_NO)) {
        event_del(child->deadline);
        report(child, text == ANSWER_YES);
    } else {
        end(child, "a quick-check child died or gave an invalid answer");
    }
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    end(context, "a quick-check child was killed at its deadline");
}

/* Logs an error and returns false if no process or descriptor is available. */
static bool fork_child(struct child *child)
{
    struct quick_checker *checker = child->checker;
    pid_t self = getpid();
    int ends[2];

    if (!channel_pair(ends)) {
        log_text_at(LOG_LEVEL_ERROR, EVENT_oneshot_child, "cannot make a channel to a quick-check child: %m");
        return false;
    }
    child->pid = fork();
    if (child->pid == 0)
        serve(checker->question, ends[1], self);
    close(ends[1]);
    if (child->pid < 0) {
        log_text_at(LOG_LEVEL_ERROR, EVENT_oneshot_child, "cannot fork a quick-check child: %m");
        close(ends[0]);
        child->pid = 0;
        return false;
    }
    child->fd = ends[0];
    child->readable = event_new(checker->base, child->fd, EV_READ | EV_PERSIST, on_readable, child);
    child->deadline = event_new(checker->base, -1, 0, on_deadline, child);
    event_watch(child->readable);
    return true;
}

/* Returns an idle child, and forks one if necessary. NULL: all children are busy, or none can be forked. */
static struct child *idle_child(struct quick_checker *checker)
{
    struct child *unborn = NULL;

    for (unsigned i = 0; i < CHILDREN_MAX; i++) {
        struct child *child = &checker->children[i];

        if (child->pid && !child->is_busy)
            return child;
        if (!child->pid && !unborn)
            unborn = child;
    }
    return unborn && fork_child(unborn) ? unborn : NULL;
}

static bool has_children(const struct quick_checker *checker)
{
    for (unsigned i = 0; i < CHILDREN_MAX; i++)
        if (checker->children[i].pid)
            return true;
    return false;
}

/* Gives the check to the idle child. If sending fails, usually because the child has died, the channel is
 * shut down. Then on_readable ends the child. */
static void give(struct child *child, struct quick_check *check)
{
    child->check = check;
    child->is_busy = true;
    check->child = child;
    event_add(child->deadline, &(struct timeval){DEADLINE_S, 0});
    if (channel_send(child->fd, (struct span){(const char *)&check->size, sizeof check->size}, check->fd) !=
        CHANNEL_OK)
        shutdown(child->fd, SHUT_RDWR);
}

static void on_next(evutil_socket_t fd, short what, void *context)
{
    struct quick_checker *checker = context;
    struct quick_check *check;

    while ((check = TAILQ_FIRST(&checker->waiting))) {
        struct child *child = idle_child(checker);

        if (!child && has_children(checker))
            return;
        TAILQ_REMOVE(&checker->waiting, check, link);
        if (child)
            give(child, check);
        else
            finish(check, false);
    }
}

struct quick_check *quick_check_new(struct quick_checker *checker, int fd, uint64_t size,
                                    quick_check_done *done, void *context)
{
    struct quick_check *check = mem_alloc_zero(sizeof *check);

    assert(size <= QUICK_CHECK_MAX_BYTES);
    *check =
        (struct quick_check){.checker = checker, .fd = fd, .size = size, .done = done, .context = context};
    TAILQ_INSERT_TAIL(&checker->waiting, check, link);
    event_active(checker->next, EV_TIMEOUT, 0);
    return check;
}

void quick_check_cancel(struct quick_check **owned)
{
    struct quick_check *check = *owned;

    *owned = NULL;
    if (!check)
        return;
    if (check->child)
        check->child->check = NULL;
    else
        TAILQ_REMOVE(&check->checker->waiting, check, link);
    free(check);
}

struct quick_checker *quick_checker_new(struct event_base *base, quick_check_question *question)
{
    struct quick_checker *checker = mem_alloc_zero(sizeof *checker);

    checker->base = base;
    checker->question = question;
    checker->next = event_new(base, -1, 0, on_next, checker);
    for (unsigned i = 0; i < CHILDREN_MAX; i++)
        checker->children[i].checker = checker;
    TAILQ_INIT(&checker->waiting);
    return checker;
}

void quick_checker_free(struct quick_checker **owned)
{
    struct quick_checker *checker = *owned;

    *owned = NULL;
    if (!checker)
        return;
    for (unsigned i = 0; i < CHILDREN_MAX; i++)
        stop_child(&checker->children[i]);
    event_free(checker->next);
    free(checker);
}
