#include "proc/gateway_watch_internal.h"

static void on_gone(void *context, const char *what, const char *reason)
{
    struct log_line line;

    log_begin(&line, LOG_LEVEL_WARNING, "route_gone");
    log_string(&line, "what", what);
    if (reason)
        log_string(&line, "reason", reason);
    log_end(&line);
}

static void on_back(void *context, const char *what)
{
    struct log_line line;

    log_begin(&line, LOG_LEVEL_WARNING, "route_back");
    log_string(&line, "what", what);
    log_end(&line);
}

/* Without a table nobody is diverted, and somebody may be about to take the rest away. */
static void on_look(evutil_socket_t fd, short what, void *context)
{
    struct gateway_watch *watch = context;

    if (nft_table_handle(watch->table))
        gateway_mend_turn(&watch->mend);
    gateway_watch_set_timer(watch->look, watch->conf->gateway.probe_ms);
}

void gateway_watch_mend_init(struct gateway_watch *watch)
{
    watch->mend = (struct gateway_mend){
        .directory = watch->conf->postern.runtime_directory, .gone = on_gone, .back = on_back};
    watch->look = evtimer_new(watch->base, on_look, watch);
    gateway_watch_set_timer(watch->look, 0);
}

void gateway_watch_mend_fini(struct gateway_watch *watch)
{
    if (watch->look)
        event_free(watch->look);
    gateway_mend_fini(&watch->mend);
}
