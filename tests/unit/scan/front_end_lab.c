#include "tests/unit/scan/front_end_lab.h"

#include "sys/message_hash.h"

#include <sys/mman.h>
#include <unistd.h>

struct event_base *base;
struct fake fake;
struct scan_front_end *front_end;
struct verdict last;
unsigned answered;
int owner, *owner_of_next = &owner;
bool answered_in_any_order;
static struct engine *engines[] = {&fake.engine};

static bool start(struct engine *engine, struct engine_job *job)
{
    struct fake *self = (struct fake *)engine;

    if (self->job)
        return false;
    self->job = job;
    self->started++;
    return true;
}

static bool is_ready(const struct engine *engine)
{
    return true;
}

static void stop_job(struct engine *engine, struct engine_job *job)
{
    struct fake *self = (struct fake *)engine;

    assert_ptr_equal(job, self->job);
    self->stopped++;
}

static const struct engine_class class = {"fake", start, is_ready, NULL, stop_job, NULL};

static void on_done(void *context, void *requester, uint64_t id, const struct verdict *verdict)
{
    assert_ptr_equal(requester, &owner);
    if (!answered_in_any_order)
        assert_int_equal(id, answered + 1);
    last = *verdict;
    answered++;
}

int prepare(void **state)
{
    return message_hash_prepare() ? 0 : -1;
}

void begin(uint32_t cache_entries)
{
    struct scan_front_end_settings settings = {1000, cache_entries, true, OBJECTS_MAX};

    base = event_base_new();
    fake = (struct fake){.engine = {.class = &class}};
    answered = 0;
    answered_in_any_order = false;
    front_end = scan_front_end_new(base, engines, 1, &settings, on_done, NULL);
}

void end(void)
{
    scan_front_end_free(&front_end);
    assert_null(front_end);
    event_base_free(base);
}

void turn(void)
{
    for (int i = 0; i < 100; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

/* A child that parses a message has a timer that ends it; the other timers of scan are periodic. */
static int count_deadline(const struct event_base *of, const struct event *event, void *context)
{
    if (event_get_fd(event) < 0 && !(event_get_events(event) & EV_PERSIST) &&
        event_pending(event, EV_TIMEOUT, NULL))
        ++*(unsigned *)context;
    return 0;
}

static bool has_working_child(void)
{
    unsigned deadlines = 0;

    event_base_foreach_event(base, count_deadline, &deadlines);
    return deadlines > 0;
}

/* Runs the loop until children have found out whether the message needs further objects. */
static void turn_until_made(void)
{
    for (turn(); has_working_child(); turn())
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

int add(enum message_kind kind, uint64_t id, struct span message)
{
    int fd = memfd_create("message", MFD_CLOEXEC);
    struct scan_request request = {.owner = owner_of_next, .id = id};

    scan_request_set_message(&request, kind, fd, message.n);
    assert_int_equal(write(fd, message.p, message.n), message.n);
    scan_front_end_add(front_end, &request);
    return fd;
}

int hand_in_as(enum message_kind kind, uint64_t id, struct span message)
{
    int fd = add(kind, id, message);

    turn_until_made();
    return fd;
}

void await_job(void)
{
    while (!fake.job)
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

void await_answers(unsigned count)
{
    while (answered < count)
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

int hand_in(uint64_t id, struct span message)
{
    return hand_in_as(MESSAGE_MAIL, id, message);
}

void answer_with(const struct verdict *verdict)
{
    struct engine_job *job = fake.job;

    fake.job = NULL;
    job->done(job, verdict);
    turn();
}

void answer_because(enum verdict_kind kind, enum unscannable reason)
{
    answer_with(&(struct verdict){.kind = (uint8_t)kind, .reason = (uint8_t)reason, .engine = "fake"});
}

void answer(enum verdict_kind kind)
{
    answer_because(kind, UNSCANNABLE_NONE);
}
