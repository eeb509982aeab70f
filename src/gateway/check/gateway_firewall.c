#include "gateway/check/gateway_firewall.h"

#include "gateway/firewall/firewall_iptables.h"
#include "gateway/firewall/firewall_nft.h"
#include "gateway/check/gateway_firewall_remedy.h"
#include "gateway/kernel/gateway_kernel.h"
#include "gateway/kernel/gateway_table.h"
#include "sys/privileges.h"
#include "sys/tool.h"
#include "sys/whole_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAMES_MAX = 4096 };

/* The rules of iptables-nft and iptables-legacy, for one family. */
struct iptables {
    const char *nft_family, *save, *legacy, *legacy_save, *tables;
    struct buf nft_text, legacy_text;
};

struct search {
    const struct gateway *gateway;
    json_t *ruleset;
    struct iptables iptables[2];
    struct gateway_obstacles *found;
};

static void add(struct search *search, bool is_certain, const char *cure, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void add(struct search *search, bool is_certain, const char *cure, const char *format, ...)
{
    struct gateway_obstacles *found = search->found;
    struct gateway_obstacle *obstacle;
    va_list arguments;

    found->at = mem_grow(found->at, found->n + 1, sizeof *found->at);
    obstacle = &found->at[found->n++];
    *obstacle = (struct gateway_obstacle){.is_certain = is_certain,
                                          .cure = cure ? mem_copy_string(span_of(cure)) : NULL};
    va_start(arguments, format);
    if (vasprintf(&obstacle->text, format, arguments) < 0)
        obstacle->text = mem_copy_string(SPAN(""));
    va_end(arguments);
}

static void run(const char *tool, struct buf *text)
{
    const char *const argv[] = {tool, NULL};
    struct tool_result result;

    if (tool_run(argv, SPAN(""), GATEWAY_TOOL_MS, &result))
        buf_add(text, buf_span(&result.output));
    tool_result_fini(&result);
}

/* Reads the tables of iptables-legacy, which nft does not show. */
static void read_legacy(struct search *search, struct iptables *iptables)
{
    struct buf names = {0}, ignored = {0};
    struct span first;

    if (whole_file_read(iptables->tables, NAMES_MAX, &names, &ignored) && names.n) {
        run(iptables->legacy_save, &iptables->legacy_text);
        first = span_first(buf_span(&names), strcspn(buf_c_str(&names), "\n"));
        if (!iptables->legacy_text.n)
            add(search, false, "apt-get install iptables",
                "%s has tables here (%.*s ...), but %s, which is needed to read them, is not installed or "
                "failed",
                iptables->legacy, (int)first.n, first.p, iptables->legacy_save);
    }
    buf_fini(&ignored);
    buf_fini(&names);
}

static void read_iptables(struct search *search)
{
    for (size_t i = 0; i < 2; i++) {
        struct iptables *iptables = &search->iptables[i];

        if (firewall_nft_has_iptables(search->ruleset, iptables->nft_family))
            run(iptables->save, &iptables->nft_text);
        read_legacy(search, iptables);
    }
}

/* Returns whether an obstacle has this text already. Several packets may lead to the same text. */
static bool is_reported(const struct search *search, const char *text)
{
    for (size_t i = 0; i < search->found->n; i++)
        if (strcmp(search->found->at[i].text, text) == 0)
            return true;
    return false;
}

static void describe(const struct gateway_sample *sample, const struct firewall_chain *base,
                     const struct firewall_chain *by, bool by_policy, struct buf *text)
{
    buf_add_format(text, "table %s %s, chain %s drops %s %s", base->family, base->table, base->name,
                   by_policy ? "by its policy" : "by a rule", sample->what);
    if (by != base)
        buf_add_format(text, " (the rule is in chain %s)", by->name);
}

static void judge(struct search *search, const struct gateway_sample *sample, const struct firewall *firewall,
                  const struct firewall_chain *base)
{
    struct gateway_cure cure = {search->gateway, sample, firewall, base, tool_exists("firewall-cmd")};
    const struct firewall_chain *by;
    struct buf text = {0}, command = {0};
    bool by_policy;
    enum firewall_answer answer = firewall_judge(firewall, base, &by, &by_policy);

    describe(sample, base, by, by_policy, &text);
    gateway_firewall_remedy(&cure, &command);
    if (answer == FIREWALL_UNKNOWN)
        buf_add(&text, SPAN(", unless a rule with unknown conditions accepts it"));
    if (answer != FIREWALL_PASSES && !is_reported(search, buf_c_str(&text)))
        add(search, answer == FIREWALL_DROPS, buf_c_str(&command), "%s", buf_c_str(&text));
    buf_fini(&command);
    buf_fini(&text);
}

static const struct iptables *iptables_of(const struct search *search, int family)
{
    return &search->iptables[family == AF_INET6];
}

static void check_packet(struct search *search, const struct gateway_sample *sample)
{
    const struct firewall_packet *packet = &sample->packet;
    const struct iptables *iptables = iptables_of(search, packet->family);
    struct firewall firewall = {0};

    firewall_nft_read(search->ruleset, packet, iptables->nft_text.n, &firewall);
    firewall_iptables_read(buf_span(&iptables->nft_text), packet, iptables->nft_family, &firewall);
    firewall_iptables_read(buf_span(&iptables->legacy_text), packet, iptables->legacy, &firewall);
    for (size_t i = 0; i < firewall.n; i++)
        if (firewall.chains[i].hook && strcmp(firewall.chains[i].hook, packet->hook) == 0)
            judge(search, sample, &firewall, &firewall.chains[i]);
    firewall_fini(&firewall);
}

/* Returns whether a chain drops the packet if it is invalid to connection tracking. The mirror sees only one
 * direction of a connection, so every packet after the first one is invalid. */
static bool drops_invalid(const struct search *search, struct gateway_sample sample,
                          const struct firewall_chain **base, struct firewall *firewall)
{
    const struct firewall_chain *by;
    bool by_policy;

    sample.packet.state = "invalid";
    firewall_nft_read(search->ruleset, &sample.packet, false, firewall);
    for (size_t i = 0; i < firewall->n; i++) {
        *base = &firewall->chains[i];
        if ((*base)->hook && strcmp((*base)->hook, sample.packet.hook) == 0 &&
            firewall_judge(firewall, *base, &by, &by_policy) == FIREWALL_DROPS && !by_policy)
            return true;
    }
    return false;
}

static void check_invalid(struct search *search, const struct gateway_sample *sample)
{
    const struct firewall_chain *base;
    struct firewall firewall = {0};
    struct buf text = {0};

    if (sample->path == GATEWAY_PATH_TO_PROXY && !search->gateway->conf->gateway.notrack &&
        drops_invalid(search, *sample, &base, &firewall)) {
        buf_add_format(
            &text,
            "table %s %s, chain %s drops packets that are invalid to connection tracking, here every "
            "packet after the SYN: set [gateway] notrack = yes",
            base->family, base->table, base->name);
        if (!is_reported(search, buf_c_str(&text)))
            add(search, true, NULL, "%s", buf_c_str(&text));
    }
    buf_fini(&text);
    firewall_fini(&firewall);
}

void gateway_firewall_find(const struct gateway *gateway, struct gateway_obstacles *obstacles)
{
    struct search search = {
        .gateway = gateway,
        .iptables = {{.nft_family = "ip",
                      .save = "iptables-nft-save",
                      .legacy = GATEWAY_LEGACY4,
                      .legacy_save = "iptables-legacy-save",
                      .tables = "/proc/net/ip_tables_names"},
                     {.nft_family = "ip6",
                      .save = "ip6tables-nft-save",
                      .legacy = GATEWAY_LEGACY6,
                      .legacy_save = "ip6tables-legacy-save",
                      .tables = "/proc/net/ip6_tables_names"}},
        .found = obstacles,
    };
    struct gateway_sample samples[GATEWAY_SAMPLES_MAX];
    size_t n = gateway_firewall_packets(gateway, samples);
    struct buf error = {0};

    *obstacles = (struct gateway_obstacles){0};
    if (!gateway_table_read_all(&search.ruleset, &error))
        add(&search, false, NULL, "the other packet filter rules could not be read: %s", buf_c_str(&error));
    read_iptables(&search);
    for (size_t i = 0; i < n; i++) {
        check_packet(&search, &samples[i]);
        check_invalid(&search, &samples[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        buf_fini(&search.iptables[i].nft_text);
        buf_fini(&search.iptables[i].legacy_text);
    }
    json_decref(search.ruleset);
    buf_fini(&error);
}

void gateway_obstacles_fini(struct gateway_obstacles *obstacles)
{
    for (size_t i = 0; i < obstacles->n; i++) {
        free(obstacles->at[i].text);
        free(obstacles->at[i].cure);
    }
    free(obstacles->at);
    *obstacles = (struct gateway_obstacles){0};
}

void gateway_firewall_check(const struct gateway *gateway, struct problems *problems)
{
    struct gateway_obstacles obstacles;

    if (!privileges_may_configure_network() || !tool_exists("nft"))
        return;
    gateway_firewall_find(gateway, &obstacles);
    for (size_t i = 0; i < obstacles.n; i++) {
        const struct gateway_obstacle *at = &obstacles.at[i];

        if (at->cure)
            problems_add(problems, at->is_certain, "%s: run `%s`", at->text, at->cure);
        else
            problems_add(problems, at->is_certain, "%s", at->text);
    }
    gateway_obstacles_fini(&obstacles);
}
