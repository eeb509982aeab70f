/* The process that talks to clients and servers. In one event loop it serves both legs of every session that
 * its listeners accept. It sends requests to other processes: to scan for a verdict, to a reader for header
 * data, to the keeper to store a message, to the signer for a certificate. After its start it opens only
 * files of its spool.
 *
 * Its files have no code for MIME, and none for any protocol: relay_protocols.c lists the protocols. */

#include "proc/relay/relay_internal.h"

#include "sys/event_watch.h"
#include "sys/message_hash.h"
#include "sys/sandbox.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPT_BURST = 16, ACCEPT_PAUSE_MS = 100, KEPT_BYTES = 16 << 20, RESERVED_PART = 4 };

static void set_accepting(struct relay *relay, bool on)
{
    for (size_t i = 0; i < relay->start->listener_count; i++) {
        if (on)
            event_watch(relay->listeners[i].readable);
        else
            event_del(relay->listeners[i].readable);
    }
}

/* Called when there is no descriptor or memory for a connection. Pending connections stay in the listen
 * backlog. */
static void pause_accepting(struct relay *relay, int error)
{
    struct timeval in = {0, ACCEPT_PAUSE_MS * 1000};

    relay_log_paused(relay, error);
    set_accepting(relay, false);
    event_add(relay->resume_accepting, &in);
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
    struct relay *relay = context;

    if (!relay->stopping && !relay->retiring)
        set_accepting(relay, true);
}

static void on_connection(evutil_socket_t socket, short what, void *context)
{
    const struct relay_listener *listener = context;

    for (int i = 0; i < ACCEPT_BURST; i++) {
        union inet_address client = {0};
        socklen_t size = sizeof client;
        int fd = accept4(socket, &client.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            relay_session_accept(listener->relay, listener->socket->protocol, fd, &client);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            pause_accepting(listener->relay, errno);
            return;
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

static void exit_if_over(struct relay *relay)
{
    if ((relay->stopping || relay->retiring) && relay->session_count == 0)
        event_base_loopbreak(relay->base);
}

static void on_reap(evutil_socket_t fd, short what, void *context)
{
    struct relay *relay = context;

    while (relay->dead) {
        struct relay_session *session = relay->dead;

        relay->dead = session->next;
        relay_session_free(session);
    }
    exit_if_over(relay);
}

static void on_flush_log(evutil_socket_t fd, short what, void *context)
{
    log_flush();
}

static void flush_log_soon(void *context)
{
    struct relay *relay = context;

    event_active(relay->flush_log, 0, 0);
}

static void stop(struct relay *relay)
{
    struct relay_session *next;

    if (relay->stopping)
        return;
    relay->stopping = true;
    set_accepting(relay, false);
    for (struct relay_session *session = relay->sessions; session; session = next) {
        next = session->next;
        relay_session_stop(session);
    }
    exit_if_over(relay);
}

/* New relays accept from now on. Existing sessions of this one run to completion. */
static void retire(struct relay *relay)
{
    relay->retiring = true;
    set_accepting(relay, false);
    exit_if_over(relay);
}

static void on_parent(void *context, struct ipc *ipc, enum ipc_kind kind, const void *payload, int fd)
{
    struct relay *relay = context;

    if (kind == IPC_PEER)
        relay_backend_connect(relay, payload, fd);
    else if (kind == IPC_PEER_LEAVES)
        relay_backend_drain(relay, payload);
    else if (kind == IPC_RETIRE)
        retire(relay);
    else
        stop(relay);
}

/* Ends this process. Without the parent, nothing would stop it, and nothing would restart its peers. */
static void on_parent_closed(void *context, struct ipc *ipc)
{
    struct relay *relay = context;

    event_base_loopbreak(relay->base);
}

static const struct ipc_handlers parent_handlers = {on_parent, on_parent_closed};

static void make_listeners(struct relay *relay, const struct child_start *start)
{
    relay->listeners = mem_alloc_zero((start->listener_count + 1) * sizeof *relay->listeners);
    for (size_t i = 0; i < start->listener_count; i++) {
        struct relay_listener *listener = &relay->listeners[i];

        listener->relay = relay;
        listener->socket = &start->listeners[i];
        listener->readable =
            event_new(relay->base, listener->socket->fd, EV_READ | EV_PERSIST, on_connection, listener);
    }
}

/* Returns the limit for descriptors of clients. The rest is left for messages and servers of existing
 * sessions. */
static int clients_end(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX)
        return INT_MAX;
    return (int)(limit.rlim_cur - limit.rlim_cur / RESERVED_PART);
}

static void init(struct relay *relay, const struct child_start *start)
{
    *relay = (struct relay){.start = start, .conf = start->conf, .base = event_base_new()};
    relay->spool = (struct spool_settings){start->conf->spool.directory, start->conf->spool.memory_max_bytes};
    if (getrandom(&relay->seed, sizeof relay->seed, 0) < 0)
        relay->seed = (uint32_t)getpid();
    relay->clients_end = clients_end();
    relay->parent =
        ipc_new(relay->base, start->parent_fd, ROLE_RELAY, ROLE_PARENT, 0, &parent_handlers, relay);
    relay->reap = event_new(relay->base, -1, 0, on_reap, relay);
    relay->serve_ready = event_new(relay->base, -1, 0, relay_session_serve_ready, relay);
    TAILQ_INIT(&relay->ready);
    relay->flush_log = event_new(relay->base, -1, 0, on_flush_log, relay);
    log_buffer_start(flush_log_soon, relay);
    relay->resume_accepting = evtimer_new(relay->base, on_resume, relay);
    TAILQ_INIT(&relay->backends);
    make_listeners(relay, start);
    set_accepting(relay, true);
}

static void fini(struct relay *relay)
{
    on_reap(-1, 0, relay);
    while (relay->sessions) {
        struct relay_session *session = relay->sessions;

        relay->sessions = session->next;
        conn_fini(&session->client);
        conn_fini(&session->server);
        relay_session_free(session);
    }
    for (size_t i = 0; i < relay->start->listener_count; i++)
        event_free(relay->listeners[i].readable);
    event_free(relay->reap);
    log_buffer_start(NULL, NULL);
    event_free(relay->flush_log);
    event_free(relay->serve_ready);
    event_free(relay->resume_accepting);
    relay_backends_free(relay);
    ipc_free(&relay->parent);
    relay_requests_free(relay);
    relay_tls_fini(relay);
    free(relay->listeners);
    event_base_free(relay->base);
}

/* Restricts the process to the network and the spool. */
static bool enter_sandbox(const struct conf *conf)
{
    const struct sandbox_path spool = {conf->spool.directory, SANDBOX_READ | SANDBOX_WRITE};
    static const int calls[] = {
        SCMP_SYS(accept4),    SCMP_SYS(socket),      SCMP_SYS(connect),     SCMP_SYS(bind),
        SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(ioctl),
        SCMP_SYS(openat),     SCMP_SYS(unlink),      SCMP_SYS(unlinkat),    SCMP_SYS(statfs),
    };

    return sandbox_restrict_paths(&spool, 1, true) &&
           sandbox_restrict_calls(calls, sizeof calls / sizeof *calls);
}

/* Keeps freed memory for the next messages. If a page were returned to the kernel, using it again would cost
 * more than processing its bytes. */
static void keep_freed_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

int relay_main(const struct child_start *start)
{
    struct relay relay;
    struct ipc_none ready = {0};

    signal(SIGPIPE, SIG_IGN);
    keep_freed_memory();
    init(&relay, start);
    if (!relay_tls_init(&relay))
        return EXIT_CONFIG;
    if (!message_hash_prepare() || !enter_sandbox(start->conf)) /* after init, which makes pipes */
        return EXIT_FAILURE;
    ipc_send(relay.parent, IPC_READY, &ready, -1);
    event_base_dispatch(relay.base);
    fini(&relay);
    return 0;
}
