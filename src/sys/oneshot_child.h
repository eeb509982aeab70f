/* oneshot_child: processes one piece of hostile input in a child that is used only once.
 *
 * The child is forked from this process, has the input, a pipe, perhaps a file for output, and no other
 * descriptor. It can only pread, write and exit and, with a mapped input, allocate memory (sys/sandbox). Its
 * memory and its processor time are limited. It computes an answer of a fixed size. Whatever happens to it -
 * a crash, a loop, a takeover - the result is either that many bytes, for the caller to check, or none. It is
 * killed at its deadline, when this process dies, and by oneshot_child_free.
 *
 * oneshot_child_new does not wait for the child, and never calls `done` itself. `done` is called from the
 * event loop, exactly once, unless oneshot_child_free is called before. */
#ifndef POSTERN_SYS_ONESHOT_CHILD_H
#define POSTERN_SYS_ONESHOT_CHILD_H

#include "base/span.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct oneshot_child;

struct oneshot_child_work {
    /* Exactly one of these two functions is set. It runs in the child and fills the answer, which is zero
     * before. False: there is no answer. It must not log or open anything. compute reads fd by pread and must
     * not allocate: memory is static or on the stack. compute_mapped gets the whole input, and may
     * allocate. */
    bool (*compute)(int fd, void *answer);
    bool (*compute_mapped)(struct span input, void *answer);
    size_t answer_size; /* at most ONESHOT_CHILD_ANSWER_MAX */
    uint64_t deadline_ms;
    /* Runs in the caller's process. The answer is valid during the call; NULL if there is none. `done` may
     * call oneshot_child_free. */
    void (*done)(void *context, const void *answer);
};

enum {
    ONESHOT_CHILD_ANSWER_MAX = 65536, /* a pipe holds as much without a reader */
    ONESHOT_CHILD_OUTPUT_FD = 2,      /* in the child: the output, if it has one */
};

/* A file that the child may write to, and the size beyond which a write kills the child. */
struct oneshot_child_output {
    int fd;
    uint64_t max_bytes;
};

/* `work` must outlive the child; fd and the output (NULL: none) remain the caller's. Returns NULL, and logs
 * the reason, if no process or descriptor is available. */
struct oneshot_child *oneshot_child_new(struct event_base *base, const struct oneshot_child_work *work,
                                        int fd, const struct oneshot_child_output *output, void *context);
void oneshot_child_free(struct oneshot_child **child);

/* System calls that sandbox_restrict_calls must allow in a process that uses such children. */
extern const int oneshot_child_calls[];
extern const size_t oneshot_child_call_count;

#endif
