#include "gateway/watch/gateway_watch_internal.h"

#include "gateway/plan/gateway_listener.h"
#include "base/address.h"
#include "sys/process.h"

/* Fractions of the probe interval: 1/PATIENCE_PART is the time for an answer. In doubt, the next probe starts
 * 1/DOUBT_PART after the start of the last one. */
enum { PATIENCE_PART = 2, DOUBT_PART = 4 };

static void on_probe_due(evutil_socket_t fd, short what, void *context)
{
    struct watched_proxy *proxy = context;

    proxy->probed_ms = process_clock_ms();
    proxy_probe_start(&proxy->probe, &proxy->listener, proxy->watch->conf->gateway.probe_ms / PATIENCE_PART);
}

/* The interval counts from the start of the last probe. So if that probe has waited until its time limit, a
 * probe in doubt starts immediately. */
static void schedule_probe(struct watched_proxy *proxy, bool is_in_doubt)
{
    uint64_t interval_ms = proxy->watch->conf->gateway.probe_ms / (is_in_doubt ? DOUBT_PART : 1);
    uint64_t elapsed_ms = process_clock_ms() - proxy->probed_ms;

    gateway_watch_set_timer(proxy->probe_timer, elapsed_ms < interval_ms ? interval_ms - elapsed_ms : 0);
}

static void on_answer(void *context, int error)
{
    struct watched_proxy *proxy = context;
    struct gateway_watch *watch = proxy->watch;
    size_t i = (size_t)(proxy - watch->proxies);

    proxy->error = error;
    if (proxy_health_add_result(&watch->health, i, error == 0)) {
        gateway_watch_log_proxy(watch, i);
        gateway_watch_log_families(watch);
        gateway_watch_install(watch);
        gateway_watch_notify_status(watch);
    }
    schedule_probe(proxy, proxy_health_is_in_doubt(&watch->health, i));
}

static void set_port(union inet_address *address, uint16_t port)
{
    if (address->any.sa_family == AF_INET6)
        address->in6.sin6_port = htons(port);
    else
        address->in.sin_port = htons(port);
}

/* Assumes that the proxies have the same `listen` port as this host's configuration. One listener per proxy
 * is enough, because all its listeners belong to the same processes. */
static uint16_t port_for(const struct conf *conf, int family)
{
    enum protocol_id protocol = gateway_listener_of_port(conf, conf->gateway.ports.at[0]);
    const struct conf_listener *listener = conf_listener_of(conf, protocol);
    const union inet_address *address = gateway_listener_address(listener, family, false);

    return address_port(address ? address : &listener->listen.at[0]);
}

void gateway_watch_probe_init(struct gateway_watch *watch)
{
    const struct conf *conf = watch->conf;

    proxy_health_init(&watch->health, conf->gateway.roles & GATEWAY_MIRROR ? conf->gateway.proxies.n : 0);
    for (size_t i = 0; i < watch->health.n; i++) {
        struct watched_proxy *proxy = &watch->proxies[i];

        proxy->watch = watch;
        proxy->listener = conf->gateway.proxies.at[i];
        set_port(&proxy->listener, port_for(conf, proxy->listener.any.sa_family));
        proxy_probe_init(&proxy->probe, watch->base, on_answer, proxy);
        proxy->probe_timer = evtimer_new(watch->base, on_probe_due, proxy);
        gateway_watch_set_timer(proxy->probe_timer, 0);
    }
}

void gateway_watch_probe_fini(struct gateway_watch *watch)
{
    for (size_t i = 0; i < watch->health.n; i++) {
        proxy_probe_fini(&watch->proxies[i].probe);
        event_free(watch->proxies[i].probe_timer);
    }
}
