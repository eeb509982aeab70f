#include "gateway/watch/gateway_watch_internal.h"

#include "gateway/plan/gateway_numbers.h"
#include "sys/process.h"
#include "sys/tool.h"

/* Time limit for nft, which blocks this process, usually for 10 ms. The limit is less than the service
 * manager's watchdog. */
enum { NFT_MS = 5000 };

/* Logs the first failure as an error, and its repetitions at level debug. */
static void log_failed(struct gateway_watch *watch, struct buf *error)
{
    log_text_at(watch->is_failure_logged ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, EVENT_spread_failed, "%s",
                buf_c_str(error));
    watch->is_failure_logged = true;
}

static bool write_rules(struct gateway_watch *watch, uint32_t alive)
{
    static const char *const nft[] = {"nft", "-f", "-", NULL};
    struct tool_result result;
    struct buf text = {0};
    bool is_done;

    gateway_balance_print(watch->conf, watch->facts, alive, &text);
    is_done = tool_run(nft, buf_span(&text), NFT_MS, &result);
    if (!is_done)
        log_failed(watch, &result.error);
    tool_result_fini(&result);
    buf_fini(&text);
    return is_done;
}

void gateway_watch_install(struct gateway_watch *watch)
{
    uint64_t handle = nft_table_handle(watch->table);
    uint32_t alive = proxy_health_alive(&watch->health);

    if (!handle || !watch->health.n || !proxy_health_all_known(&watch->health) ||
        (watch->installed_in == handle && watch->installed_alive == alive))
        return;
    if (!write_rules(watch, alive)) {
        watch->installed_in = 0;
        gateway_watch_set_timer(watch->retry_timer, watch->conf->gateway.probe_ms);
        return;
    }
    watch->is_failure_logged = false;
    watch->installed_in = handle;
    watch->installed_alive = alive;
    gateway_watch_log_spread(watch);
}

/* Returns what happens to mail without the table. */
static const char *what_follows(const struct gateway_watch *watch)
{
    return gateway_needs_refusal(watch->conf) ? "mail is refused by the policy rules"
                                              : "mail passes unscanned";
}

static void log_gone(const struct gateway_watch *watch)
{
    if (nft_table_handle(watch->table))
        log_text(EVENT_table_changed, "something was removed from table inet " GATEWAY_NFT_TABLE
                                      ": the table is restored as postern gateway apply installed it");
    else
        log_text(EVENT_table_gone,
                 "table inet " GATEWAY_NFT_TABLE
                 " was removed: until it is restored nothing is scanned, and %s",
                 what_follows(watch));
}

void gateway_watch_table_changed(void *context)
{
    struct gateway_watch *watch = context;

    if (nft_table_is_whole(watch->table)) {
        log_text(EVENT_table_installed, "table inet " GATEWAY_NFT_TABLE " was installed");
    } else {
        log_gone(watch);
        watch->gone_ms = process_clock_ms();
        gateway_watch_repair(watch);
    }
    gateway_watch_install(watch);
    gateway_watch_notify_status(watch);
}
