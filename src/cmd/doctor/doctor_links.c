#include "cmd/doctor/doctor_links.h"

#include "cmd/status_ask.h"

enum need { NEEDS_CONF = 1, NEEDS_ROOT = 2, NEEDS_SERVICE = 4, NEEDS_PLAN = 8 };
enum place { ON_EVERY_HOST, ON_A_SCANNER, ON_A_GATEWAY, ON_A_ROUTER, ON_A_MIRROR, ON_A_PROXY, WITH_THROUGH };

struct link {
    const char *name;
    void (*look)(struct doctor *doctor);
    unsigned needs;
    enum place place;
};

static const struct link links[] = {
    {"configuration", doctor_look_configuration, 0, ON_EVERY_HOST},
    {"privileges", doctor_look_privileges, NEEDS_CONF, ON_EVERY_HOST},
    {"time", doctor_look_time, 0, ON_EVERY_HOST},
    {"service", doctor_look_service, NEEDS_CONF, ON_A_SCANNER},
    {"listener", doctor_look_listener, NEEDS_CONF, ON_A_SCANNER},
    {"original destination", doctor_look_destination, NEEDS_CONF, ON_A_SCANNER},
    {"loop", doctor_look_loop, NEEDS_CONF, ON_A_SCANNER},
    {"server", doctor_look_server, NEEDS_CONF, ON_A_SCANNER},
    {"engine", doctor_look_engine, NEEDS_CONF | NEEDS_SERVICE, ON_A_SCANNER},
    {"signatures", doctor_look_signatures, NEEDS_CONF, ON_A_SCANNER},
    {"virus is caught", doctor_look_virus, NEEDS_CONF | NEEDS_SERVICE, ON_A_SCANNER},
    {"harmless mail passes", doctor_look_harmless, NEEDS_CONF | NEEDS_SERVICE, ON_A_SCANNER},
    {"notice", doctor_look_notice, NEEDS_CONF, ON_A_SCANNER},
    {"quarantine", doctor_look_quarantine, NEEDS_CONF | NEEDS_ROOT, ON_A_SCANNER},
    {"spool", doctor_look_spool, NEEDS_CONF | NEEDS_ROOT, ON_A_SCANNER},
    {"gateway", doctor_look_gateway, NEEDS_CONF, ON_EVERY_HOST},
    {"packet filter", doctor_look_filter, NEEDS_ROOT | NEEDS_PLAN, ON_A_GATEWAY},
    {"firewall", doctor_look_firewall, NEEDS_ROOT | NEEDS_PLAN, ON_A_GATEWAY},
    {"forwarding", doctor_look_forwarding, NEEDS_PLAN, ON_A_ROUTER},
    {"ICMP redirects", doctor_look_redirects, NEEDS_PLAN, ON_A_ROUTER},
    {"rp_filter", doctor_look_reverse_path, NEEDS_CONF, ON_A_SCANNER},
    {"path MTU", doctor_look_path_mtu, NEEDS_PLAN, ON_A_PROXY},
    {"routes", doctor_look_routes, NEEDS_PLAN, ON_A_GATEWAY},
    {"traffic", doctor_look_traffic, NEEDS_ROOT | NEEDS_PLAN, ON_A_GATEWAY},
    {"proxies", doctor_look_proxies, NEEDS_PLAN, ON_A_MIRROR},
    {"session", doctor_look_session, 0, WITH_THROUGH},
    {"interception", doctor_look_interception, 0, WITH_THROUGH},
};

static bool is_here(const struct doctor *doctor, enum place place)
{
    unsigned roles = doctor->has_conf ? doctor->conf.gateway.roles : 0;

    switch (place) {
    case ON_EVERY_HOST: return true;
    case ON_A_SCANNER: return roles != GATEWAY_MIRROR;
    case ON_A_GATEWAY: return roles != 0;
    case ON_A_ROUTER: return roles & (GATEWAY_MIRROR | GATEWAY_PROXY);
    case ON_A_MIRROR: return roles & GATEWAY_MIRROR;
    case ON_A_PROXY: return roles & GATEWAY_PROXY;
    case WITH_THROUGH: return doctor->through;
    }
    return true;
}

/* NULL: no needs. */
static const char *missing(const struct doctor *doctor, unsigned needs)
{
    if (needs & NEEDS_CONF && !doctor->has_conf)
        return "the configuration is unknown";
    if (needs & NEEDS_ROOT && !doctor->is_root)
        return "needs root";
    if (needs & NEEDS_SERVICE && !doctor->is_running)
        return "the service has not answered";
    if (needs & NEEDS_PLAN && !doctor->has_plan)
        return "the planned state is unknown";
    return NULL;
}

void doctor_walk(struct doctor *doctor)
{
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        const char *why = missing(doctor, links[i].needs);

        doctor->link = links[i].name;
        if (!is_here(doctor, links[i].place))
            continue;
        if (why)
            doctor_skip(doctor, "%s", why);
        else
            links[i].look(doctor);
    }
}

void doctor_fini(struct doctor *doctor)
{
    status_fini(&doctor->status);
    gateway_prepared_fini(&doctor->prepared);
    json_decref(doctor->traffic);
    conf_fini(&doctor->conf);
    doctor_report_fini(&doctor->report);
}
