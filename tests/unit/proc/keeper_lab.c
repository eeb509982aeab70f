#include "tests/unit/proc/keeper_lab.h"

#include "net/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static void on_message(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct side *side = context;

    side->count[kind]++;
    if (kind == IPC_STORED) {
        /* answers come in the order of the requests */
        assert_int_equal(((const struct ipc_stored *)payload)->id, side->stored.id + 1);
        memcpy(&side->stored, payload, sizeof side->stored);
    }
    if (kind == IPC_QUARANTINED)
        memcpy(&side->quarantined, payload, sizeof side->quarantined);
    if (kind == IPC_ACCUSE)
        memcpy(&side->accused, payload, sizeof side->accused);
}

static void on_closed(void *context, struct ipc *ipc)
{
    struct side *side = context;

    side->is_closed = true;
    ipc_free(&side->ipc);
}

/* The linker replaces event_base_dispatch by this function. The keeper calls it in its sandbox; it tries what
 * the sandbox must deny. */
int __real_event_base_dispatch(struct event_base *base);
int __wrap_event_base_dispatch(struct event_base *base);
int __wrap_event_base_dispatch(struct event_base *base)
{
    int outside = open("/etc/passwd", O_RDONLY | O_CLOEXEC), refused = outside < 0 && errno == EACCES;
    int inside = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    dprintf(STDERR_FILENO, "outside=%s inside=%s\n", refused ? "refused" : "open",
            inside < 0 ? "refused" : "open");
    close(inside);
    return __real_event_base_dispatch(base);
}

static const struct ipc_handlers handlers = {on_message, on_closed};

struct identity keeper_identity(void)
{
    return geteuid() == 0 ? (struct identity){NOBODY, NOBODY} : (struct identity){geteuid(), getegid()};
}

static void be_keeper(const struct scene *scene, int parent_fd)
{
    struct conf conf = {.quarantine = {.directory = (char *)scene->directory,
                                       .retention_ms = scene->retention_ms,
                                       .max_incidents = 1000,
                                       .release_ms = 1000 * WAIT_S}};
    struct child_start start = {.conf = &conf, .role = ROLE_KEEPER, .parent_fd = 3};
    struct identity identity = keeper_identity();
    int log = open(scene->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    dup2(log, STDERR_FILENO);
    dup2(parent_fd, start.parent_fd);
    close_range(4, ~0U, 0);
    alarm(WAIT_S * 2);
    _exit(privileges_drop(&identity, PRIVILEGES_NONE) ? keeper_main(&start) : 1);
}

void start_keeper(struct scene *scene)
{
    int ends[2];

    assert_true(channel_pair(ends));
    scene->keeper = fork();
    assert_true(scene->keeper >= 0);
    if (scene->keeper == 0)
        be_keeper(scene, ends[1]);
    close(ends[1]);
    scene->parent = (struct side){0};
    scene->parent.ipc = ipc_new(scene->base, ends[0], ROLE_PARENT, ROLE_KEEPER, 0, &handlers, &scene->parent);
}

void give_relay(struct scene *scene, struct side *relay, unsigned index)
{
    int ends[2];

    assert_true(channel_pair(ends));
    *relay = (struct side){0};
    relay->ipc = ipc_new(scene->base, ends[0], ROLE_RELAY, ROLE_KEEPER, 0, &handlers, relay);
    ipc_send(scene->parent.ipc, IPC_PEER, &(struct ipc_peer){ROLE_RELAY, index}, ends[1]);
    close(ends[1]);
}

void wait_count(struct scene *scene, const struct side *side, enum ipc_kind kind, unsigned count)
{
    event_base_loopexit(scene->base, &(struct timeval){WAIT_S, 0});
    while (side->count[kind] < count && !scene->parent.is_closed && !event_base_got_exit(scene->base))
        event_base_loop(scene->base, EVLOOP_ONCE);
    assert_int_equal(side->count[kind], count);
}

void wait_closed(struct scene *scene, const struct side *side)
{
    event_base_loopexit(scene->base, &(struct timeval){WAIT_S, 0});
    while (!side->is_closed && !event_base_got_exit(scene->base))
        event_base_loop(scene->base, EVLOOP_ONCE);
    assert_true(side->is_closed);
}

int wait_end(struct scene *scene)
{
    int status;

    assert_int_equal(waitpid(scene->keeper, &status, 0), scene->keeper);
    scene->keeper = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int setup(void **state)
{
    struct scene *scene = mem_alloc_zero(sizeof *scene);
    struct identity identity = keeper_identity();

    scene->base = event_base_new();
    snprintf(scene->directory, sizeof scene->directory, "/tmp/postern-keeper-XXXXXX");
    assert_non_null(mkdtemp(scene->directory));
    assert_int_equal(chown(scene->directory, identity.uid, identity.gid), 0);
    snprintf(scene->log, sizeof scene->log, "%s.log", scene->directory);
    snprintf(scene->moved, sizeof scene->moved, "%s.moved", scene->directory);
    *state = scene;
    return 0;
}

int setup_running(void **state)
{
    struct scene *scene;

    setup(state);
    scene = *state;
    start_keeper(scene);
    for (unsigned i = 0; i < RELAYS; i++)
        give_relay(scene, &scene->relays[i], i);
    wait_count(scene, &scene->parent, IPC_READY, 1);
    return 0;
}

static void empty(const char *directory)
{
    struct lab lab = {0};
    struct quarantine_list list;
    char name[80];
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    snprintf(lab.directory, sizeof lab.directory, "%s", directory);
    assert_true(quarantine_list(fd, &list));
    for (size_t i = 0; i < list.n; i++) {
        snprintf(name, sizeof name, "%s.json", list.at[i].incident.id);
        lab_remove(&lab, name);
        if (list.at[i].incident.file[0])
            lab_remove(&lab, list.at[i].incident.file);
    }
    quarantine_list_fini(&list);
    close(fd);
    assert_int_equal(rmdir(directory), 0);
}

int teardown(void **state)
{
    struct scene *scene = *state;

    ipc_free(&scene->parent.ipc);
    for (unsigned i = 0; i < RELAYS; i++)
        ipc_free(&scene->relays[i].ipc);
    if (scene->keeper)
        assert_int_equal(wait_end(scene), 0);
    empty(scene->directory);
    empty(scene->moved);
    unlink(scene->log);
    event_base_free(scene->base);
    free(scene);
    return 0;
}

struct ipc_store request_of(const struct side *relay, uint64_t size)
{
    return (struct ipc_store){.id = relay->stored.id + 1,
                              .incident = lab_incident("193.252.22.90:110", "christian", size)};
}

void send_store(struct side *relay, const struct ipc_store *request, struct span bytes)
{
    int fd = lab_message(bytes);

    ipc_send(relay->ipc, IPC_STORE, request, fd);
    close(fd);
}

void store_and_await_answer(struct scene *scene, struct side *relay, struct span bytes)
{
    struct ipc_store request = request_of(relay, bytes.n);

    send_store(relay, &request, bytes);
    wait_count(scene, relay, IPC_STORED, relay->count[IPC_STORED] + 1);
    assert_int_equal(relay->stored.ok, 1);
}

static void read_log(const struct scene *scene, struct buf *log)
{
    int fd = open(scene->log, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    assert_true(fd >= 0);
    while ((got = read(fd, buf_reserve(log, 4096), 4096)) > 0)
        log->n += (size_t)got;
    close(fd);
}

bool log_has(const struct scene *scene, const char *text)
{
    struct buf log = {0};
    bool has;

    read_log(scene, &log);
    has = strstr(buf_c_str(&log), text) != NULL;
    buf_fini(&log);
    return has;
}

void list_of(const struct scene *scene, struct quarantine_list *list)
{
    int fd = open(scene->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(quarantine_list(fd, list));
    close(fd);
}
