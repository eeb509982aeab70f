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

/* Logs the first failure as an error, and its repetitions at level debug. */
static void on_table_done(void *context, const char *reason)
{
    struct gateway_watch *watch = context;
    enum log_event event = reason ? EVENT_table_failed : EVENT_table_back;
    bool is_old = reason && watch->is_table_failure_logged;
    struct log_line line;

    log_begin_at(&line, is_old ? LOG_LEVEL_DEBUG : log_event_level(event), event);
    if (reason)
        log_string(&line, "reason", reason);
    else
        log_number(&line, "gone_ms", process_clock_ms() - watch->gone_ms);
    log_end(&line);
    watch->is_table_failure_logged = reason;
}

void gateway_watch_repair(struct gateway_watch *watch)
{
    gateway_repair_turn(&watch->repair);
    gateway_watch_set_timer(watch->repair_timer, watch->conf->gateway.probe_ms);
}

static void on_repair(evutil_socket_t fd, short what, void *context)
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
        .table_done = on_table_done,
        .context = watch,
    };
    watch->gone_ms = process_clock_ms();
    watch->repair_timer = evtimer_new(watch->base, on_repair, watch);
    gateway_watch_set_timer(watch->repair_timer, 0);
}

void gateway_watch_repair_fini(struct gateway_watch *watch)
{
    if (watch->repair_timer)
        event_free(watch->repair_timer);
    gateway_repair_fini(&watch->repair);
}
