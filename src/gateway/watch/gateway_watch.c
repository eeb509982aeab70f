#include "gateway/watch/gateway_watch_internal.h"

#include "gateway/plan/gateway_nft.h"
#include "sys/event_watch.h"
#include "sys/log_output.h"
#include "sys/privileges.h"
#include "sys/process.h"
#include "sys/sandbox.h"
#include "sys/service.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void on_retry(evutil_socket_t fd, short what, void *context)
{
    gateway_watch_install(context);
}

static void on_watchdog(evutil_socket_t fd, short what, void *context)
{
    struct gateway_watch *watch = context;

    service_notify("WATCHDOG=1");
    log_report_lost();
    gateway_watch_set_timer(watch->watchdog_timer, watch->watchdog_ms / 2);
}

static void on_signal(evutil_socket_t fd, short what, void *context)
{
    struct gateway_watch *watch = context;
    int signal;

    while ((signal = process_signals_next(fd)) != 0) {
        if (signal == SIGHUP)
            log_text(EVENT_not_reloaded, "the configuration is only read at start: restart this process");
        else
            event_base_loopbreak(watch->base);
    }
}

static const char *const balance_chains[] = GATEWAY_BALANCE_CHAINS;
static const struct nft_table_watched watched_table = {GATEWAY_NFT_TABLE, balance_chains};

static bool init(struct gateway_watch *watch)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

    watch->signal_fd = process_signals_open(signals, sizeof signals / sizeof *signals);
    watch->base = event_base_new();
    if (watch->signal_fd < 0 || !watch->base)
        return false;
    watch->signals = event_new(watch->base, watch->signal_fd, EV_READ | EV_PERSIST, on_signal, watch);
    watch->retry_timer = evtimer_new(watch->base, on_retry, watch);
    watch->watchdog_timer = evtimer_new(watch->base, on_watchdog, watch);
    watch->table = nft_table_new(watch->base, &watched_table, gateway_watch_table_changed, watch);
    if (!watch->table) {
        log_text(EVENT_no_packet_filter, "%m%s", errno == EPERM ? ": postern gateway watch needs root" : "");
        return false;
    }
    event_watch(watch->signals);
    gateway_watch_probe_init(watch);
    gateway_watch_repair_init(watch);
    return true;
}

static void fini(struct gateway_watch *watch)
{
    gateway_watch_repair_fini(watch);
    gateway_watch_probe_fini(watch);
    nft_table_free(&watch->table);
    if (watch->watchdog_timer)
        event_free(watch->watchdog_timer);
    if (watch->retry_timer)
        event_free(watch->retry_timer);
    if (watch->signals)
        event_free(watch->signals);
    if (watch->base)
        event_base_free(watch->base);
    if (watch->signal_fd >= 0)
        close(watch->signal_fd);
}

static bool find_identity(const struct conf *conf, struct identity *identity)
{
    *identity = (struct identity){geteuid(), getegid()};
    if (identity->uid == 0 && !privileges_find(conf->postern.user, identity)) {
        log_text(EVENT_privileges_not_dropped, "the user %s does not exist", conf->postern.user);
        return false;
    }
    return true;
}

static bool drop_privileges(struct gateway_watch *watch, struct log_output *log)
{
    struct identity identity;

    if (!find_identity(watch->conf, &identity))
        return false;
    log_output_serve(log, watch->base, &identity);
    return privileges_drop(&identity, PRIVILEGES_NET_ADMIN);
}

/* The sandbox allows only paths that exist when it is entered. If the directory is missing then, the watch
 * could not read the journal that a later apply writes there. */
static bool make_directory(const struct conf *conf)
{
    struct buf error = {0};
    int fd = gateway_state_directory(conf->postern.runtime_directory, &error);

    if (fd < 0)
        log_text(EVENT_no_runtime_directory, "%s", buf_c_str(&error));
    else
        close(fd);
    buf_fini(&error);
    return fd >= 0;
}

/* Allows the journal, nft and ip with their libraries, and files that every process reads. */
static bool enter_sandbox(const struct conf *conf)
{
    const struct sandbox_path paths[] = {
        {conf->postern.runtime_directory, SANDBOX_READ},
        {"/usr", SANDBOX_READ | SANDBOX_EXECUTE},
        {"/lib", SANDBOX_READ | SANDBOX_EXECUTE},
        {"/lib64", SANDBOX_READ | SANDBOX_EXECUTE},
        {"/bin", SANDBOX_READ | SANDBOX_EXECUTE},
        {"/sbin", SANDBOX_READ | SANDBOX_EXECUTE},
        {"/etc", SANDBOX_READ},
        {"/proc", SANDBOX_READ},
        {"/dev/null", SANDBOX_READ | SANDBOX_WRITE},
    };

    return sandbox_restrict_paths(paths, sizeof paths / sizeof *paths, true);
}

/* Warns if proxies are out of use, because they stay so without the watch. */
static void log_stop(const struct gateway_watch *watch)
{
    size_t out = watch->health.n - (size_t)__builtin_popcount(proxy_health_alive(&watch->health));

    service_notify("STOPPING=1");
    if (watch->installed_in && out)
        log_text_at(LOG_LEVEL_WARNING, EVENT_stopped,
                    "%zu of %zu proxies are out, and stay out until the watch is started again", out,
                    watch->health.n);
    else
        log_text(EVENT_stopped, "the installed rules stay");
}

static void run(struct gateway_watch *watch)
{
    watch->watchdog_ms = service_watchdog_ms();
    if (watch->watchdog_ms)
        on_watchdog(-1, 0, watch);
    if (!nft_table_handle(watch->table))
        log_text(EVENT_no_table,
                 "there is no table inet " GATEWAY_NFT_TABLE " yet: postern gateway apply installs it");
    if (watch->health.n)
        log_text(EVENT_started, "watching %zu proxies", watch->health.n);
    else
        log_text(EVENT_started, "watching what postern gateway apply has installed");
    service_notify("READY=1");
    gateway_watch_notify_status(watch);
    event_base_dispatch(watch->base);
    log_stop(watch);
}

int gateway_watch_run(const struct conf *conf, const struct gateway_facts *facts)
{
    struct log_output log;
    struct gateway_watch watch = {.conf = conf, .facts = facts, .signal_fd = -1};
    int status = EXIT_FAILURE;

    log_output_open(&log);
    log_set_process("gateway-watch");
    process_title("gateway watch");
    signal(SIGPIPE, SIG_IGN);
    if (init(&watch) && make_directory(conf) && drop_privileges(&watch, &log) && enter_sandbox(conf)) {
        run(&watch);
        status = EXIT_SUCCESS;
    }
    log_output_leave(&log);
    fini(&watch);
    log_output_close(&log);
    return status;
}
