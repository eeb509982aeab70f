/* Checks whether the kernel of this host has the state that [gateway] plans, and whether mail passes this
 * host. */
#include "cmd/doctor/doctor_links.h"
#include "net/reverse_path.h"
#include "gateway/check/gateway_check.h"
#include "gateway/check/gateway_preconditions.h"
#include "gateway/kernel/gateway_status.h"
#include "gateway/plan/gateway_nft.h"

static const char apply[] = "run postern gateway apply";

/* Postern does not know rules that it has not installed. It only knows the number of sessions, which may have
 * arrived through such rules. */
static void check_without_role(struct doctor *doctor)
{
    unsigned long long sessions = doctor->status.state.counts[SESSION_STATS_SESSIONS];

    if (!conf_has_interception(&doctor->conf, INTERCEPTION_REDIRECT) &&
        !conf_has_interception(&doctor->conf, INTERCEPTION_TPROXY))
        return;
    if (sessions)
        doctor_ok(doctor, "role is not set, but clients are diverted here; sessions so far: %llu", sessions);
    else
        doctor_skip(doctor,
                    "role is not set, and there was no session yet: it is unknown what diverts mail here");
}

static void check_own_role(struct doctor *doctor)
{
    struct gateway_prepared *prepared = &doctor->prepared;
    struct problems problems;

    doctor->has_plan = gateway_prepare(prepared, &doctor->conf);
    problems = prepared->problems;
    prepared->problems = (struct problems){0};
    if (doctor->has_plan && doctor->is_root && gateway_preconditions_has_access(true, &problems)) {
        gateway_preconditions_check(&prepared->gateway, &problems);
        gateway_check_journal(&prepared->gateway, &problems);
    }
    doctor_take_problems(doctor, &problems, "postern gateway apply, once that is solved");
    if (!doctor->is_root)
        doctor_skip(doctor, "preconditions of [gateway]: needs root");
    doctor_ok(doctor, "this host meets all preconditions of [gateway]");
}

void doctor_check_gateway(struct doctor *doctor)
{
    if (doctor->conf.gateway.roles)
        check_own_role(doctor);
    else
        check_without_role(doctor);
}

void doctor_check_filter(struct doctor *doctor)
{
    struct problems problems = {0};

    if (gateway_preconditions_has_access(true, &problems))
        gateway_check_table(&doctor->prepared.gateway, &problems);
    doctor_take_problems(doctor, &problems, apply);
    doctor_ok(doctor, "all rules of table inet postern are in place");
}

void doctor_check_forwarding(struct doctor *doctor)
{
    struct problems problems = {0};

    gateway_check_settings(&doctor->prepared.plan, GATEWAY_SETTINGS_FORWARDING, &problems);
    doctor_take_problems(doctor, &problems, apply);
    doctor_ok(doctor, "on");
}

void doctor_check_redirects(struct doctor *doctor)
{
    struct problems problems = {0};

    gateway_check_settings(&doctor->prepared.plan, GATEWAY_SETTINGS_REDIRECTS, &problems);
    doctor_take_problems(doctor, &problems, apply);
    doctor_ok(doctor, "this host sends no ICMP redirects that lead clients past it");
}

void doctor_check_reverse_path(struct doctor *doctor)
{
    const struct conf *conf = &doctor->conf;
    bool has_marks =
        conf_has_interception(conf, INTERCEPTION_TPROXY) || conf->upstream.source == SOURCE_CLIENT;
    struct problems problems = {0};
    char interface[IF_NAMESIZE];

    if (doctor->has_plan)
        gateway_check_settings(&doctor->prepared.plan, GATEWAY_SETTINGS_OTHERS, &problems);
    doctor_take_problems(doctor, &problems, apply);
    if (has_marks && reverse_path_uses_marks(interface))
        doctor_fault(doctor, "set src_valid_mark of that interface and of all to 0",
                     "interface %s has rp_filter and src_valid_mark: together they drop intercepted packets",
                     interface);
    if (!has_marks)
        doctor_ok(doctor, "nothing on this host depends on rp_filter");
    doctor_ok(doctor, "no interface drops packets that rules by mark keep on this host");
}

void doctor_check_path_mtu(struct doctor *doctor)
{
    struct problems problems = {0};

    gateway_check_settings(&doctor->prepared.plan, GATEWAY_SETTINGS_PATH_MTU, &problems);
    doctor_take_problems(doctor, &problems, apply);
    doctor_ok(doctor, "TCP finds the packet size that fits every link to a client");
}

void doctor_check_routes(struct doctor *doctor)
{
    const struct gateway_plan *plan = &doctor->prepared.plan;
    struct problems problems = {0};

    gateway_check_routing(&doctor->prepared.gateway, &problems);
    doctor_take_problems(doctor, &problems, "where the text names no command, postern gateway apply");
    if (plan->rule_count)
        doctor_ok(doctor, "%zu rules and %zu routes are in place, and marked packets take them",
                  plan->rule_count, plan->route_count);
    doctor_ok(doctor, "no rules or routes are needed");
}

static json_int_t packets_of(const json_t *rule)
{
    return json_integer_value(json_object_get(rule, "packets"));
}

/* Returns whether the rule counts packets that are sent to a proxy, or that a proxy on this host accepts. */
static bool counts_mail(const json_t *rule)
{
    static const char *const comments[] = {GATEWAY_COMMENT_PACKETS, GATEWAY_COMMENT_MAIL " (",
                                           GATEWAY_COMMENT_LOCAL_PROXY " ("};
    const char *comment = json_string_value(json_object_get(rule, "rule"));

    for (size_t i = 0; comment && i < sizeof comments / sizeof *comments; i++)
        if (strncmp(comment, comments[i], strlen(comments[i])) == 0)
            return true;
    return false;
}

void doctor_check_traffic(struct doctor *doctor)
{
    const json_t *rules;
    struct buf error = {0};
    json_int_t packets = 0;

    doctor->traffic = gateway_status(&doctor->prepared.gateway, &error);
    rules = json_object_get(doctor->traffic, "rules");
    for (size_t i = 0; i < json_array_size(rules); i++)
        if (counts_mail(json_array_get(rules, i)))
            packets += packets_of(json_array_get(rules, i));
    if (!doctor->traffic)
        doctor_fault(doctor, NULL, "%s", buf_c_str(&error));
    else if (!json_array_size(rules))
        doctor_skip(doctor, "the rules are missing");
    else if (!packets)
        doctor_warn(
            doctor,
            "let a client fetch its mail; if this warning remains, the client's traffic is not routed here",
            "no flow has matched the rules yet");
    doctor_ok(doctor, "%lld packets of mail have matched the rules", (long long)packets);
    buf_fini(&error);
}
