/* gateway_watch_internal: shared by the files of the watch.
 *
 * gateway_watch.c             the process
 * gateway_watch_probe.c       probes the proxies
 * gateway_watch_install.c     updates the packet filter
 * gateway_watch_repair.c      restores what was lost
 * gateway_watch_interfaces.c  checks the interfaces
 * gateway_watch_log.c         writes the log */
#ifndef POSTERN_GATEWAY_WATCH_GATEWAY_WATCH_INTERNAL_H
#define POSTERN_GATEWAY_WATCH_GATEWAY_WATCH_INTERNAL_H

#include "gateway/plan/gateway_interfaces.h"
#include "gateway/plan/proxy_health.h"
#include "gateway/kernel/nft_table.h"
#include "net/proxy_probe.h"
#include "gateway/watch/gateway_watch.h"
#include "gateway/apply/gateway_repair.h"

struct gateway_watch;

/* A proxy, with the same index as in [gateway] proxies. */
struct watched_proxy {
    struct gateway_watch *watch;
    union inet_address listener;
    struct proxy_probe probe;
    struct event *probe_timer;
    uint64_t probed_ms;
    int error; /* errno of the last probe; 0: answered */
};

enum { WATCH_FAMILIES = 2 };

struct gateway_watch {
    const struct conf *conf;
    const struct gateway_facts *facts;
    struct event_base *base;
    struct nft_table *table;
    struct proxy_health health;
    struct watched_proxy proxies[CONF_LIST_MAX];
    bool is_none_left[WATCH_FAMILIES]; /* as last logged */
    uint64_t installed_in;             /* handle of the table to which installed_alive was written; 0: none */
    uint32_t installed_alive;
    struct event *retry_timer; /* after a failure of nft */
    bool is_failure_logged;
    struct event *repair_timer;
    struct gateway_repair repair;
    uint64_t gone_ms; /* when the table was last found missing or damaged */
    bool is_table_failure_logged;
    struct gateway_interface_findings findings; /* as last logged */
    struct inet_interfaces unlisted;            /* unlisted interfaces that have been logged */
    uint64_t next_count_ms;                     /* when unlisted interfaces are checked next */
    int signal_fd;
    struct event *signals, *watchdog_timer;
    uint64_t watchdog_ms;
};

/* gateway_watch_probe.c */
void gateway_watch_probe_init(struct gateway_watch *watch);
void gateway_watch_probe_fini(struct gateway_watch *watch);

/* gateway_watch_install.c. Updates the packet filter if it does not match the states of the proxies. Does
 * nothing until all states are known. */
void gateway_watch_install(struct gateway_watch *watch);
void gateway_watch_table_changed(void *watch);

/* gateway_watch_log.c */
void gateway_watch_log_proxy(const struct gateway_watch *watch, size_t i);
/* Logs for each family when no proxy is alive any more, and when one is alive again. */
void gateway_watch_log_families(struct gateway_watch *watch);
void gateway_watch_log_spread(const struct gateway_watch *watch);
/* Reports to the service manager the number of live proxies, or what the watch waits for. */
void gateway_watch_notify_status(const struct gateway_watch *watch);

/* gateway_watch_repair.c */
void gateway_watch_repair_init(struct gateway_watch *watch);
void gateway_watch_repair_fini(struct gateway_watch *watch);
void gateway_watch_repair(struct gateway_watch *watch); /* repairs at once */

/* gateway_watch_interfaces.c. Logs when a fault of a listed interface begins or ends, and each unlisted
 * interface from which mail came. */
void gateway_watch_check_interfaces(struct gateway_watch *watch);

static inline void gateway_watch_set_timer(struct event *timer, uint64_t ms)
{
    event_add(timer, &(struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)});
}

#endif
