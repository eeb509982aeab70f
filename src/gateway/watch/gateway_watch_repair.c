#include "gateway/watch/gateway_watch_internal.h"

#include "sys/process.h"

static void on_gone(void *context, const char *what, const char *reason)
{
    struct log_line line;

    log_begin(&line, EVENT_route_gone);
    log_string(&line, "what", what);
    if (reason)
        log_string(&line, "reason", reason);
    log_end(&line);
}

static void on_back(void *context, const char *what)
{
    struct log_line line;

    log_begin(&line, EVENT_route_back);
    log_string(&line, "what", what);
    log_end(&line);
}

static bool has_table(void *context)
{
    const struct gateway_watch *watch = context;

    return nft_table_is_whole(watch->table);
}

/* The repair is retried, and a failure logged once. The counters of a restored table start at zero. */
static void on_table(void *context, const char *reason)
{
    struct gateway_watch *watch = context;
    enum log_event event = reason ? EVENT_table_failed : EVENT_table_back;
    bool is_old = reason && watch->has_no_table;
    struct log_line line;

    log_begin_at(&line, is_old ? LOG_LEVEL_DEBUG : log_event_level(event), event);
    if (reason)
        log_string(&line, "reason", reason);
    else
        log_number(&line, "gone_ms", process_clock_ms() - watch->gone_ms);
    log_end(&line);
    watch->has_no_table = reason;
}

void gateway_watch_repair(struct gateway_watch *watch)
{
    gateway_repair_turn(&watch->repair);
    gateway_watch_set_timer(watch->look, watch->conf->gateway.probe_ms);
}

static void on_look(evutil_socket_t fd, short what, void *context)
{
    gateway_watch_repair(context);
    gateway_watch_check_interfaces(context);
}

void gateway_watch_repair_init(struct gateway_watch *watch)
{
    watch->repair = (struct gateway_repair){
        .directory = watch->conf->postern.runtime_directory,
        .gone = on_gone,
        .back = on_back,
        .has_table = has_table,
        .table = on_table,
        .context = watch,
    };
    watch->gone_ms = process_clock_ms();
    watch->look = evtimer_new(watch->base, on_look, watch);
    gateway_watch_set_timer(watch->look, 0);
}

void gateway_watch_repair_fini(struct gateway_watch *watch)
{
    if (watch->look)
        event_free(watch->look);
    gateway_repair_fini(&watch->repair);
}
