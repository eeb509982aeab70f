#include "proc/page_server.h"

#include "base/address.h"
#include "net/listen.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

enum { ACCEPT_AGAIN_S = 1, ACCEPT_BURST = 16 };

struct visit {
    LIST_ENTRY(visit) link;
    struct page_server *server;
    union inet_address address;
    struct bufferevent *connection;
    struct event *deadline;
    bool is_answered;
};

struct page_server {
    struct event_base *base;
    LIST_HEAD(, visit) visits;
    size_t visit_count;
    struct event *listeners[INET_LIST_MAX];
    size_t listener_count;
    struct event *accept_again; /* after an error that lasts, such as a lack of descriptors */
    page_server_reply *reply;
    void *context;
};

static void end_visit(struct visit *visit)
{
    LIST_REMOVE(visit, link);
    visit->server->visit_count--;
    bufferevent_free(visit->connection); /* closes the socket */
    event_free(visit->deadline);
    free(visit);
}

static void answer(struct visit *visit, const struct page_request *request)
{
    struct page_server *server = visit->server;
    struct buf out = {0};

    visit->is_answered = true;
    server->reply(server->context, &visit->address, request, &out);
    bufferevent_disable(visit->connection, EV_READ);
    bufferevent_write(visit->connection, out.p, out.n);
    buf_fini(&out);
}

static void on_bytes(struct bufferevent *connection, void *context)
{
    struct evbuffer *input = bufferevent_get_input(connection);
    size_t n = evbuffer_get_length(input);
    struct span bytes = {(const char *)evbuffer_pullup(input, -1), n};
    struct visit *visit = context;
    struct page_request request;

    if (!visit->is_answered && page_request_read(bytes, &request))
        answer(visit, &request);
}

/* The whole reply is sent. What the client has sent after its request is read away first, because close would
 * then send a reset, and the client might lose the reply. */
static void on_sent(struct bufferevent *connection, void *context)
{
    struct visit *visit = context;
    int fd = bufferevent_getfd(connection);
    char rest[4096];

    if (!visit->is_answered)
        return;
    shutdown(fd, SHUT_WR);
    for (size_t left = PAGE_HEAD_MAX * 4; left >= sizeof rest && read(fd, rest, sizeof rest) > 0;)
        left -= sizeof rest;
    end_visit(visit);
}

static void on_end(struct bufferevent *connection, short what, void *context)
{
    struct visit *visit = context;

    if (!visit->is_answered || what & BEV_EVENT_ERROR)
        end_visit(visit);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    end_visit(context);
}

static size_t count_from(const struct page_server *server, const union inet_address *address)
{
    const struct visit *visit;
    size_t count = 0;

    LIST_FOREACH(visit, &server->visits, link)
    count += address_same_host(&visit->address.any, &address->any);
    return count;
}

static void begin_visit(struct page_server *server, int fd, const union inet_address *address)
{
    struct visit *visit;

    if (server->visit_count >= PAGE_VISITS_MAX || count_from(server, address) >= PAGE_VISITS_PER_ADDRESS) {
        close(fd);
        return;
    }
    visit = mem_alloc_zero(sizeof *visit);
    visit->server = server;
    visit->address = *address;
    visit->connection = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
    visit->deadline = event_new(server->base, -1, 0, on_deadline, visit);
    if (!visit->connection || !visit->deadline)
        mem_exhausted();
    LIST_INSERT_HEAD(&server->visits, visit, link);
    server->visit_count++;
    bufferevent_setcb(visit->connection, on_bytes, on_sent, on_end, visit);
    bufferevent_setwatermark(visit->connection, EV_READ, 0, PAGE_HEAD_MAX + 1);
    bufferevent_enable(visit->connection, EV_READ | EV_WRITE);
    event_add(visit->deadline, &(struct timeval){PAGE_VISIT_S, 0});
}

static void listen_again(struct page_server *server)
{
    for (size_t i = 0; i < server->listener_count; i++)
        event_add(server->listeners[i], NULL);
}

static void on_accept_again(evutil_socket_t fd, short what, void *context)
{
    listen_again(context);
}

static void pause_accepting(struct page_server *server)
{
    for (size_t i = 0; i < server->listener_count; i++)
        event_del(server->listeners[i]);
    event_add(server->accept_again, &(struct timeval){ACCEPT_AGAIN_S, 0});
}

static void on_connection(evutil_socket_t socket, short what, void *context)
{
    for (int i = 0; i < ACCEPT_BURST; i++) {
        union inet_address address = {0};
        socklen_t size = sizeof address;
        int fd = accept4(socket, &address.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            begin_visit(context, fd, &address);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            pause_accepting(context);
            return;
        }
    }
}

struct page_server *page_server_new(struct event_base *base, const int *sockets, size_t count,
                                    page_server_reply *reply, void *context)
{
    struct page_server *server = mem_alloc_zero(sizeof *server);

    server->base = base;
    server->reply = reply;
    server->context = context;
    LIST_INIT(&server->visits);
    server->accept_again = event_new(base, -1, 0, on_accept_again, server);
    for (size_t i = 0; i < count; i++)
        server->listeners[server->listener_count++] =
            event_new(base, sockets[i], EV_READ | EV_PERSIST, on_connection, server);
    listen_again(server);
    return server;
}

void page_server_stop(struct page_server *server)
{
    event_del(server->accept_again);
    while (server->listener_count) {
        struct event *listener = server->listeners[--server->listener_count];
        int socket = event_get_fd(listener);

        event_free(listener);
        listen_close(socket);
    }
}

void page_server_free(struct page_server **server)
{
    struct page_server *s = *server;

    if (!s)
        return;
    page_server_stop(s);
    while (!LIST_EMPTY(&s->visits))
        end_visit(LIST_FIRST(&s->visits));
    event_free(s->accept_again);
    free(s);
    *server = NULL;
}
