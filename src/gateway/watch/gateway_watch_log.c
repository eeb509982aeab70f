#include "gateway/watch/gateway_watch_internal.h"

#include "base/address.h"
#include "sys/service.h"

#include <stdio.h>
#include <string.h>

static const struct {
    int family;
    const char *name;
} families[WATCH_FAMILIES] = {{AF_INET, "IPv4"}, {AF_INET6, "IPv6"}};

static const char *what_follows(const struct gateway_watch *watch)
{
    switch (watch->conf->gateway.no_proxy) {
    case NO_PROXY_BLOCK: return "new connections are refused";
    case NO_PROXY_PASS: return "new connections pass unscanned";
    }
    return "";
}

void gateway_watch_log_proxy(const struct gateway_watch *watch, size_t i)
{
    bool is_alive = watch->health.at[i].state == PROXY_ALIVE;
    char text[ADDRESS_TEXT_SIZE];
    struct log_line line;

    address_format(&watch->proxies[i].listener.any, text);
    log_begin(&line, is_alive ? EVENT_proxy_up : EVENT_proxy_down);
    log_string(&line, "proxy", text);
    if (!is_alive)
        log_string(&line, "reason", strerror(watch->proxies[i].error));
    log_end(&line);
}

static struct proxy_count count(const struct gateway_watch *watch, size_t family)
{
    return proxy_health_count(&watch->health, &watch->conf->gateway.proxies, families[family].family);
}

static void log_family(const struct gateway_watch *watch, size_t i)
{
    bool is_none_left = watch->is_none_left[i];
    struct log_line line;

    log_begin(&line, is_none_left ? EVENT_no_proxy : EVENT_proxy_again);
    log_string(&line, "family", families[i].name);
    log_string(&line, "text",
               is_none_left ? what_follows(watch) : "new connections go through a proxy again");
    log_end(&line);
}

/* While the state of a proxy is unknown, the proxy may be alive. */
static bool is_none_left(const struct gateway_watch *watch, size_t family)
{
    struct proxy_count proxies = count(watch, family);

    return proxy_health_all_known(&watch->health) && proxies.configured > 0 && proxies.alive == 0;
}

void gateway_watch_log_families(struct gateway_watch *watch)
{
    for (size_t i = 0; i < WATCH_FAMILIES; i++) {
        bool is_now = is_none_left(watch, i);

        if (is_now == watch->is_none_left[i])
            continue;
        watch->is_none_left[i] = is_now;
        log_family(watch, i);
    }
}

void gateway_watch_log_spread(const struct gateway_watch *watch)
{
    char text[ADDRESS_TEXT_SIZE];
    struct buf list = {0};
    struct log_line line;

    for (size_t i = 0; i < watch->health.n; i++) {
        if (!(watch->installed_alive >> i & 1))
            continue;
        address_format(&watch->proxies[i].listener.any, text);
        buf_add_format(&list, "%s%s", list.n ? " " : "", text);
    }
    log_begin(&line, EVENT_spread);
    log_string(&line, "over", list.n ? buf_c_str(&list) : "none");
    log_end(&line);
    buf_fini(&list);
}

static void add_family(const struct gateway_watch *watch, size_t i, struct buf *status)
{
    struct proxy_count proxies = count(watch, i);

    if (!proxies.configured)
        return;
    buf_add_format(status, "%s%s: %zu of %zu proxies answer", status->n ? "; " : "", families[i].name,
                   proxies.alive, proxies.configured);
    if (is_none_left(watch, i))
        buf_add_format(status, ", %s", what_follows(watch));
}

void gateway_watch_notify_status(const struct gateway_watch *watch)
{
    struct buf status = {0}, state = {0};

    if (!watch->health.n)
        buf_add(&status, SPAN("watching what is installed"));
    else if (!proxy_health_all_known(&watch->health))
        buf_add(&status, SPAN("probing the proxies"));
    for (size_t i = 0; proxy_health_all_known(&watch->health) && i < WATCH_FAMILIES; i++)
        add_family(watch, i, &status);
    if (!nft_table_handle(watch->table))
        buf_add(&status, SPAN("; waiting for postern gateway apply"));
    buf_add_format(&state, "STATUS=%s", buf_c_str(&status));
    service_notify(buf_c_str(&state));
    buf_fini(&status);
    buf_fini(&state);
}
