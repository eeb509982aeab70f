#include "proc/parent/parent_control_client.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct asker *parent_control_client_new(struct control *control, int fd, event_callback_fn readable,
                                        event_callback_fn timer)
{
    struct asker *asker = mem_alloc_zero(sizeof *asker);

    *asker = (struct asker){.control = control, .fd = fd};
    asker->readable = event_new(control->parent->base, fd, EV_READ | EV_PERSIST, readable, asker);
    asker->timer = event_new(control->parent->base, -1, 0, timer, asker);
    TAILQ_INSERT_TAIL(&control->askers, asker, link);
    control->asker_count++;
    return asker;
}

void parent_control_client_free(struct asker *asker)
{
    TAILQ_REMOVE(&asker->control->askers, asker, link);
    asker->control->asker_count--;
    event_free(asker->readable);
    event_free(asker->timer);
    close(asker->fd);
    free(asker);
}

void parent_control_client_say(struct asker *asker, enum control_kind kind, const void *payload)
{
    asker->is_deaf = asker->is_deaf || control_send(asker->fd, kind, payload, -1) != CHANNEL_OK;
}

/* A socket that is closed with something unread takes with it what was said last (ECONNRESET). */
static void hear_no_more(const struct asker *asker)
{
    struct control_message message;
    enum channel_result result;

    shutdown(asker->fd, SHUT_RD);
    do {
        result = control_receive(asker->fd, CONTROL_COMMAND, &message);
        if (message.carried >= 0)
            close(message.carried);
    } while (result == CHANNEL_OK || result == CHANNEL_BROKEN);
}

void parent_control_client_finish(struct asker *asker, bool ok)
{
    hear_no_more(asker);
    parent_control_client_say(asker, CONTROL_DONE, &(struct control_done){ok});
    parent_control_client_free(asker);
}

void parent_control_client_refuse(struct asker *asker, const char *why)
{
    struct control_text text = {0};

    snprintf(text.text, sizeof text.text, "%s", why);
    parent_control_client_say(asker, CONTROL_TEXT, &text);
    parent_control_client_finish(asker, false);
}

void parent_control_client_set_timer(struct asker *asker, uint64_t ms)
{
    event_add(asker->timer, &(struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)});
}
