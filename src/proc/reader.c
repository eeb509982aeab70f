#include "base/buf.h"
#include "base/log.h"
#include "core/mail_facts.h"
#include "proc/ipc/backend_loop.h"
#include "proc/ipc/child.h"
#include "mail/charset.h"
#include "sys/oneshot_child.h"
#include "sys/sandbox.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

/* The reader process: answers READ from relays with FACTS. It parses no mail itself. For each message it
 * forks a child that can only compute (sys/oneshot_child), and checks the child's result. A message that
 * crashes or blocks its child affects no other message. At most CHILDREN_MAX children run at once. Other jobs
 * wait in order. */

enum {
    CHILDREN_MAX = 8,
    WAITING_MAX = 4096,
    HEADER_MAX = 256 * 1024, /* octets of a message that are read */
    CHUNK = 16384,
    DEADLINE_MS = 5000,
};

struct job {
    TAILQ_ENTRY(job) link;
    struct reader *reader;
    struct ipc *relay;
    uint64_t id;
    int fd;
    struct oneshot_child *child; /* NULL: the job is waiting */
};

TAILQ_HEAD(job_list, job);

struct reader {
    struct backend_loop loop;
    struct job_list waiting, running;
    unsigned waiting_count, running_count;
};

struct answer {
    struct mail_facts facts;
    struct kept_header kept;
    struct mail_layout layout;
};

/* Runs in the child. */
static void take_field(struct mail_facts_reader *facts, struct mail_layout *layout,
                       const struct mail_field *field)
{
    mail_facts_field(facts, field);
    mail_layout_field(layout, field);
}

/* Runs in the child. */
static void read_fields(struct mail_header *header, struct mail_facts_reader *facts,
                        struct mail_layout *layout, struct span bytes, bool *is_ended)
{
    struct mail_field field;
    enum mail_header_event event;

    while ((event = mail_header_next(header, &bytes, &field)) == MAIL_HEADER_FIELD)
        take_field(facts, layout, &field);
    *is_ended = event == MAIL_HEADER_END;
}

/* Runs in the child. Reads the header up to its end, or HEADER_MAX octets of it. */
static bool read_header(int fd, void *place)
{
    static struct mail_header header;
    static char chunk[CHUNK];
    struct answer *answer = place;
    struct mail_facts_reader facts;
    struct mail_field field;
    bool is_ended = false;

    mail_header_init(&header);
    mail_facts_init(&facts, &answer->facts, &answer->kept);
    for (off_t at = 0; at < HEADER_MAX && !is_ended;) {
        ssize_t n = pread(fd, chunk, sizeof chunk, at);

        if (n < 0)
            return false;
        if (n == 0)
            break;
        read_fields(&header, &facts, &answer->layout, (struct span){chunk, (size_t)n}, &is_ended);
        at += n;
    }
    while (!is_ended && mail_header_finish(&header, &field) == MAIL_HEADER_FIELD)
        take_field(&facts, &answer->layout, &field);
    return true;
}

static void start_waiting(struct reader *reader);

static bool is_busy(const void *context)
{
    const struct reader *reader = context;

    return reader->waiting_count + reader->running_count > 0;
}

static void free_job(struct reader *reader, struct job *job)
{
    TAILQ_REMOVE(job->child ? &reader->running : &reader->waiting, job, link);
    *(job->child ? &reader->running_count : &reader->waiting_count) -= 1;
    oneshot_child_free(&job->child);
    close(job->fd);
    free(job);
}

/* The child's result is not trusted: texts are cleaned, and kept fields are checked one by one. */
static void reply(struct job *job, const struct answer *answer)
{
    struct ipc_facts facts = {.id = job->id, .ok = answer != NULL};

    if (answer) {
        facts.facts = answer->facts;
        facts.kept = answer->kept;
        facts.layout = answer->layout;
        mail_layout_clean(&facts.layout);
        facts_clean(&facts.facts);
        if (!kept_header_clean(&facts.kept))
            log_text(EVENT_reader, "the header fields that a child returned are invalid, and dropped");
    }
    ipc_send(job->relay, IPC_FACTS, &facts, -1);
}

static void on_done(void *context, const void *answer)
{
    struct job *job = context;
    struct reader *reader = job->reader;

    reply(job, answer);
    free_job(reader, job);
    start_waiting(reader);
    backend_loop_exit_when_idle(&reader->loop);
}

static const struct oneshot_child_work child_work = {.compute = read_header,
                                                     .answer_size = sizeof(struct answer),
                                                     .deadline_ms = DEADLINE_MS,
                                                     .done = on_done};

static void start(struct reader *reader, struct job *job)
{
    struct oneshot_child *child = oneshot_child_new(reader->loop.base, &child_work, job->fd, NULL, job);

    if (!child) {
        reply(job, NULL);
        free_job(reader, job);
        return;
    }
    TAILQ_REMOVE(&reader->waiting, job, link);
    reader->waiting_count--;
    job->child = child;
    TAILQ_INSERT_TAIL(&reader->running, job, link);
    reader->running_count++;
}

static void start_waiting(struct reader *reader)
{
    while (!TAILQ_EMPTY(&reader->waiting) && reader->running_count < CHILDREN_MAX)
        start(reader, TAILQ_FIRST(&reader->waiting));
}

static void on_request(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct reader *reader = context;
    const struct ipc_read *read = payload;
    struct job *job = mem_alloc_zero(sizeof *job);

    *job = (struct job){.reader = reader, .relay = ipc, .id = read->id, .fd = fd};
    TAILQ_INSERT_TAIL(&reader->waiting, job, link);
    reader->waiting_count++;
    if (reader->waiting_count > WAITING_MAX) {
        reply(job, NULL);
        free_job(reader, job);
    }
    start_waiting(reader);
}

static void drop_jobs(struct reader *reader, struct job_list *jobs, const struct ipc *relay)
{
    struct job *job, *next;

    for (job = TAILQ_FIRST(jobs); job; job = next) {
        next = TAILQ_NEXT(job, link);
        if (job->relay == relay)
            free_job(reader, job);
    }
}

static void on_relay_gone(void *context, struct ipc *relay)
{
    struct reader *reader = context;

    drop_jobs(reader, &reader->waiting, relay);
    drop_jobs(reader, &reader->running, relay);
    start_waiting(reader);
}

static const struct backend_loop_work work = {
    .self = ROLE_READER, .request = on_request, .relay_gone = on_relay_gone, .is_busy = is_busy};

/* Loads the character set converters first, because no library can be opened inside the sandbox. */
static bool enter_sandbox(void)
{
    charset_open_all();
    return sandbox_restrict_paths(NULL, 0, false) &&
           sandbox_restrict_calls(oneshot_child_calls, oneshot_child_call_count);
}

int reader_main(const struct child_start *start_info)
{
    struct reader reader = {0};
    bool is_locked;

    backend_loop_init(&reader.loop, &work, &reader);
    TAILQ_INIT(&reader.waiting);
    TAILQ_INIT(&reader.running);
    backend_loop_open(&reader.loop, start_info->parent_fd);
    is_locked = enter_sandbox();
    if (is_locked) {
        backend_loop_ready(&reader.loop);
        event_base_dispatch(reader.loop.base);
    }
    backend_loop_close(&reader.loop);
    event_base_free(reader.loop.base);
    return is_locked ? EXIT_SUCCESS : EXIT_FAILURE;
}
