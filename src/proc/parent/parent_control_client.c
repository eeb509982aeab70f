#include "proc/parent/parent_control_client.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct control_client *parent_control_client_new(struct parent_control *control, int fd,
                                                 event_callback_fn readable, event_callback_fn timer)
{
    struct control_client *client = mem_alloc_zero(sizeof *client);

    *client = (struct control_client){.control = control, .fd = fd};
    client->readable = event_new(control->parent->base, fd, EV_READ | EV_PERSIST, readable, client);
    client->timer = event_new(control->parent->base, -1, 0, timer, client);
    TAILQ_INSERT_TAIL(&control->clients, client, link);
    control->client_count++;
    return client;
}

void parent_control_client_free(struct control_client *client)
{
    TAILQ_REMOVE(&client->control->clients, client, link);
    client->control->client_count--;
    event_free(client->readable);
    event_free(client->timer);
    close(client->fd);
    free(client);
}

void parent_control_client_send(struct control_client *client, enum control_kind kind, const void *payload)
{
    client->send_failed = client->send_failed || control_send(client->fd, kind, payload, -1) != CHANNEL_OK;
}

/* Reads all input. If input were unread at the close, the connection would be reset, and the client would
 * lose the last answer. */
static void discard_input(const struct control_client *client)
{
    struct control_message message;
    enum channel_result result;

    shutdown(client->fd, SHUT_RD);
    do {
        result = control_receive(client->fd, CONTROL_COMMAND, &message);
        if (message.carried >= 0)
            close(message.carried);
    } while (result == CHANNEL_OK || result == CHANNEL_BROKEN);
}

void parent_control_client_finish(struct control_client *client, bool ok)
{
    discard_input(client);
    parent_control_client_send(client, CONTROL_DONE, &(struct control_done){ok});
    parent_control_client_free(client);
}

static void send_processes(struct control_client *client)
{
    const struct parent *parent = client->control->parent;
    uint64_t now_ms = process_clock_ms();
    bool is_stopping = parent_is_stopping(parent);
    const struct child *child;

    TAILQ_FOREACH(child, &parent->children, link)
    {
        struct control_process process = {.index = child->index,
                                          .pid = child->pid,
                                          .is_ready = child->is_ready,
                                          .is_leaving = child->is_leaving || is_stopping,
                                          .restarts = child->starts ? child->starts - 1 : 0,
                                          .age_ms = child->pid ? now_ms - child->started_ms : 0};

        snprintf(process.role, sizeof process.role, "%s", role_name(child->role));
        parent_control_client_send(client, CONTROL_PROCESS, &process);
    }
}

void parent_control_client_finish_status(struct control_client *client)
{
    parent_control_client_send(client, CONTROL_STATE, &client->state);
    send_processes(client);
    parent_control_client_finish(client, true);
}

void parent_control_client_refuse(struct control_client *client, const char *why)
{
    struct control_text text = {0};

    snprintf(text.text, sizeof text.text, "%s", why);
    parent_control_client_send(client, CONTROL_TEXT, &text);
    parent_control_client_finish(client, false);
}

void parent_control_client_set_timer(struct control_client *client, uint64_t ms)
{
    event_add(client->timer, &(struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)});
}
