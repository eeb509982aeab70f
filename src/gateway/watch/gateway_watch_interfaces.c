#include "gateway/watch/gateway_watch_internal.h"

#include "gateway/plan/gateway_numbers.h"
#include "net/routing.h"
#include "gateway/kernel/gateway_refused.h"
#include "sys/process.h"

#include <stdlib.h>

/* Interval of the check for mail from unlisted interfaces. Each check runs nft. */
enum { COUNT_MS = 10000 };

static bool has_finding(const struct gateway_interface_findings *findings,
                        const struct gateway_interface_finding *finding)
{
    for (size_t i = 0; i < findings->n; i++)
        if (gateway_interface_finding_equals(&findings->at[i], finding))
            return true;
    return false;
}

static void log_finding(const struct gateway_watch *watch, const struct gateway_interface_finding *finding)
{
    struct buf text = {0};
    struct log_line line;

    gateway_interface_explain(finding, &watch->conf->gateway.interfaces, &text);
    log_begin_at(&line, gateway_interface_finding_is_error(finding) ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
                 EVENT_interface_fault);
    log_string(&line, "interface", finding->name);
    log_string(&line, "text", buf_c_str(&text));
    log_end(&line);
    buf_fini(&text);
}

static void log_mended(const struct gateway_interface_finding *finding)
{
    struct log_line line;

    log_begin(&line, EVENT_interface_mended);
    log_string(&line, "interface", finding->name);
    log_end(&line);
}

static void compare(struct gateway_watch *watch, const struct gateway_interface_findings *now)
{
    for (size_t i = 0; i < now->n; i++)
        if (!has_finding(&watch->findings, &now->at[i]))
            log_finding(watch, &now->at[i]);
    for (size_t i = 0; i < watch->findings.n; i++)
        if (!has_finding(now, &watch->findings.at[i]))
            log_mended(&watch->findings.at[i]);
    watch->findings = *now;
}

/* The uplinks are those found at start. */
static void check_links(struct gateway_watch *watch)
{
    struct gateway_interface_findings now;
    struct routing_interfaces all;

    if (routing_read_interfaces(&all)) {
        gateway_interfaces_check(&watch->conf->gateway.interfaces, &watch->facts->uplinks, &all, &now);
        compare(watch, &now);
    }
    free(all.at);
}

/* Reports each interface once, and at most CONF_LIST_MAX interfaces. */
static void on_unlisted(void *context, const char *interface, uint64_t packets)
{
    struct gateway_watch *watch = context;
    struct inet_interfaces *reported = &watch->unlisted;
    struct log_line line;

    if (gateway_has_interface(&watch->conf->gateway.interfaces, interface) ||
        gateway_has_interface(reported, interface) || reported->n == CONF_LIST_MAX)
        return;
    memcpy(reported->at[reported->n++], interface, strnlen(interface, IF_NAMESIZE - 1));
    log_begin(&line, EVENT_unlisted_interface);
    log_string(&line, "interface", interface);
    log_number(&line, "packets", packets);
    log_string(&line, "text",
               watch->conf->gateway.no_proxy == NO_PROXY_BLOCK ? "mail from it was refused"
                                                               : "mail from it passed unscanned");
    log_end(&line);
}

void gateway_watch_check_interfaces(struct gateway_watch *watch)
{
    uint64_t now_ms = process_clock_ms();

    if (!(watch->conf->gateway.roles & (GATEWAY_MIRROR | GATEWAY_PROXY)))
        return;
    check_links(watch);
    if (!nft_table_handle(watch->table) || now_ms < watch->next_count_ms)
        return;
    gateway_refused_each(on_unlisted, watch);
    watch->next_count_ms = now_ms + COUNT_MS;
}
