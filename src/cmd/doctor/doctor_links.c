#include "cmd/doctor/doctor_links.h"

#include "cmd/status_ask.h"

enum need { NEEDS_CONF = 1, NEEDS_ROOT = 2, NEEDS_SERVICE = 4, NEEDS_PLAN = 8 };
enum hosts { ON_EVERY_HOST, ON_A_SCANNER, ON_A_GATEWAY, ON_A_ROUTER, ON_A_MIRROR, ON_A_PROXY, WITH_THROUGH };

struct link {
    const char *name;
    void (*check)(struct doctor *doctor);
    unsigned needs;
    enum hosts hosts;
};

static const struct link links[] = {
    {"configuration", doctor_check_configuration, 0, ON_EVERY_HOST},
    {"privileges", doctor_check_privileges, NEEDS_CONF, ON_EVERY_HOST},
    {"time", doctor_check_time, 0, ON_EVERY_HOST},
    {"service", doctor_check_service, NEEDS_CONF, ON_A_SCANNER},
    {"listener", doctor_check_listener, NEEDS_CONF, ON_A_SCANNER},
    {"original destination", doctor_check_destination, NEEDS_CONF, ON_A_SCANNER},
    {"loop", doctor_check_loop, NEEDS_CONF, ON_A_SCANNER},
    {"server", doctor_check_server, NEEDS_CONF, ON_A_SCANNER},
    {"engine", doctor_check_engine, NEEDS_CONF | NEEDS_SERVICE, ON_A_SCANNER},
    {"signatures", doctor_check_signatures, NEEDS_CONF, ON_A_SCANNER},
    {"virus is caught", doctor_check_virus, NEEDS_CONF | NEEDS_SERVICE, ON_A_SCANNER},
    {"harmless mail passes", doctor_check_harmless, NEEDS_CONF | NEEDS_SERVICE, ON_A_SCANNER},
    {"notice", doctor_check_notice, NEEDS_CONF, ON_A_SCANNER},
    {"quarantine", doctor_check_quarantine, NEEDS_CONF | NEEDS_ROOT, ON_A_SCANNER},
    {"spool", doctor_check_spool, NEEDS_CONF | NEEDS_ROOT, ON_A_SCANNER},
    {"gateway", doctor_check_gateway, NEEDS_CONF, ON_EVERY_HOST},
    {"packet filter", doctor_check_filter, NEEDS_ROOT | NEEDS_PLAN, ON_A_GATEWAY},
    {"firewall", doctor_check_firewall, NEEDS_ROOT | NEEDS_PLAN, ON_A_GATEWAY},
    {"forwarding", doctor_check_forwarding, NEEDS_PLAN, ON_A_ROUTER},
    {"ICMP redirects", doctor_check_redirects, NEEDS_PLAN, ON_A_ROUTER},
    {"rp_filter", doctor_check_reverse_path, NEEDS_CONF, ON_A_SCANNER},
    {"path MTU", doctor_check_path_mtu, NEEDS_PLAN, ON_A_PROXY},
    {"routes", doctor_check_routes, NEEDS_PLAN, ON_A_GATEWAY},
    {"traffic", doctor_check_traffic, NEEDS_ROOT | NEEDS_PLAN, ON_A_GATEWAY},
    {"proxies", doctor_check_proxies, NEEDS_PLAN, ON_A_MIRROR},
    {"session", doctor_check_session, 0, WITH_THROUGH},
    {"interception", doctor_check_interception, 0, WITH_THROUGH},
};

static bool applies_here(const struct doctor *doctor, enum hosts hosts)
{
    unsigned roles = doctor->has_conf ? doctor->conf.gateway.roles : 0;

    switch (hosts) {
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

/* Returns the text for a need that is not met, or NULL. */
static const char *unmet_need(const struct doctor *doctor, unsigned needs)
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

void doctor_check_all(struct doctor *doctor)
{
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        const char *why = unmet_need(doctor, links[i].needs);

        doctor->link = links[i].name;
        if (!applies_here(doctor, links[i].hosts))
            continue;
        if (why)
            doctor_skip(doctor, "%s", why);
        else
            links[i].check(doctor);
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
