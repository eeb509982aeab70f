#include "gateway/apply/gateway_state_json.h"

#include "base/network.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdlib.h>

enum { VERSION = 1 };

static const char *const route_kinds[] = {[GATEWAY_ROUTE_VIA] = "via",
                                          [GATEWAY_ROUTE_UNREACHABLE] = "unreachable",
                                          [GATEWAY_ROUTE_LOCAL] = "local",
                                          [GATEWAY_ROUTE_THROW] = "throw"};
static const char *const rule_kinds[] = {
    [GATEWAY_RULE_TABLE] = "table", [GATEWAY_RULE_GOTO] = "goto", [GATEWAY_RULE_NOP] = "nop"};

static int number_of(int family)
{
    return family == AF_INET ? 4 : 6;
}

/* Returns an empty string for a network of all addresses. */
static json_t *print_network(const struct inet_network *network)
{
    struct buf text = {0};
    json_t *printed;

    if (network->bits)
        network_print(network, &text);
    printed = json_string(buf_c_str(&text));
    buf_fini(&text);
    return printed;
}

static json_t *print_rule(const struct gateway_rule *rule)
{
    return json_pack("{si ss sI sI sI sI sI so ss si}", "family", number_of(rule->family), "kind",
                     rule_kinds[rule->kind], "priority", (json_int_t)rule->priority, "mark",
                     (json_int_t)rule->mark.value, "mask", (json_int_t)rule->mark.mask, "table",
                     (json_int_t)rule->table, "target", (json_int_t)rule->target, "from",
                     print_network(&rule->from), "interface", rule->interface, "port", (int)rule->port);
}

static json_t *print_rules(const struct gateway_state *state)
{
    json_t *list = json_array();

    for (size_t i = 0; i < state->rule_count; i++)
        json_array_append_new(list, print_rule(&state->rules[i]));
    return list;
}

static json_t *print_routes(const struct gateway_state *state)
{
    json_t *list = json_array();

    for (size_t i = 0; i < state->route_count; i++) {
        const struct gateway_route *route = &state->routes[i];
        char via[INET6_ADDRSTRLEN] = "";

        if (route->kind == GATEWAY_ROUTE_VIA)
            inet_ntop(route->family,
                      route->family == AF_INET ? (const void *)&route->via.in.sin_addr
                                               : (const void *)&route->via.in6.sin6_addr,
                      via, sizeof via);
        json_array_append_new(list, json_pack("{si sI ss ss sI so}", "family", number_of(route->family),
                                              "table", (json_int_t)route->table, "kind",
                                              route_kinds[route->kind], "via", via, "metric",
                                              (json_int_t)route->metric, "to", print_network(&route->to)));
    }
    return list;
}

static json_t *print_saved(const struct gateway_state *state)
{
    json_t *list = json_array();

    for (size_t i = 0; i < state->saved_count; i++) {
        const struct gateway_saved *saved = &state->saved[i];

        json_array_append_new(list, json_pack("{ss ss ss?}", "path", saved->path, "before", saved->before,
                                              "ours", saved->ours));
    }
    return list;
}

void gateway_state_print(const struct gateway_state *state, const char *boot, const char *namespace,
                         struct buf *out)
{
    json_t *all = json_pack("{si ss ss sb so so so so}", "version", VERSION, "boot", boot, "namespace",
                            namespace, "complete", state->is_complete, "rules", print_rules(state), "routes",
                            print_routes(state), "sysctls", print_saved(state), "table",
                            json_stringn(state->table.n ? state->table.p : "", state->table.n));
    char *text = json_dumps(all, JSON_INDENT(1));

    if (text)
        buf_add(out, span_of(text));
    buf_add_char(out, '\n');
    free(text);
    json_decref(all);
}

static bool take_family(int number, int *family)
{
    *family = number == 4 ? AF_INET : AF_INET6;
    return number == 4 || number == 6;
}

static bool take_u32(json_int_t number, uint32_t *into)
{
    *into = (uint32_t)number;
    return number >= 0 && number <= UINT32_MAX;
}

static bool take_name(const char *name, const char *const names[], unsigned n, unsigned *found)
{
    for (*found = 0; *found < n; ++*found)
        if (strcmp(name, names[*found]) == 0)
            return true;
    return false;
}

/* `text` is NULL in a journal of an earlier version, which has no networks. */
static bool take_network(const char *text, int family, struct inet_network *network)
{
    return !text || !*text ||
           (network_read(span_of(text), network) && network->address.any.sa_family == family);
}

/* Parses the optional members of a rule. */
static bool take_optional(const json_t *value, struct gateway_rule *rule)
{
    const char *kind = rule_kinds[0], *from = NULL, *interface = "";
    json_int_t target = 0;
    unsigned found;
    int port = 0;

    if (json_unpack((json_t *)(uintptr_t)value, "{s?s s?I s?s s?s s?i}", "kind", &kind, "target", &target,
                    "from", &from, "interface", &interface, "port", &port) != 0 ||
        strlen(interface) >= sizeof rule->interface || port < 0 || port > UINT16_MAX)
        return false;
    memcpy(rule->interface, interface, strlen(interface));
    rule->port = (uint16_t)port;
    if (!take_name(kind, rule_kinds, sizeof rule_kinds / sizeof *rule_kinds, &found))
        return false;
    rule->kind = (enum gateway_rule_kind)found;
    return take_u32(target, &rule->target) && take_network(from, rule->family, &rule->from);
}

static bool parse_rule(const json_t *value, struct gateway_state *state)
{
    struct gateway_rule rule = {0};
    json_int_t priority, mark, mask, table;
    int family;

    if (json_unpack((json_t *)(uintptr_t)value, "{si sI sI sI sI}", "family", &family, "priority", &priority,
                    "mark", &mark, "mask", &mask, "table", &table) != 0)
        return false;
    if (!take_family(family, &rule.family) || !take_u32(priority, &rule.priority) ||
        !take_u32(mark, &rule.mark.value) || !take_u32(mask, &rule.mark.mask) ||
        !take_u32(table, &rule.table) || !take_optional(value, &rule))
        return false;
    gateway_state_add_rule(state, &rule);
    return true;
}

static bool take_kind(const char *name, enum gateway_route_kind *kind)
{
    unsigned found;
    bool is_known = take_name(name, route_kinds, sizeof route_kinds / sizeof *route_kinds, &found);

    *kind = is_known ? (enum gateway_route_kind)found : GATEWAY_ROUTE_VIA;
    return is_known;
}

static bool take_via(const char *text, struct gateway_route *route)
{
    void *to = route->family == AF_INET ? (void *)&route->via.in.sin_addr : (void *)&route->via.in6.sin6_addr;

    route->via.any.sa_family = (sa_family_t)route->family;
    return route->kind != GATEWAY_ROUTE_VIA || inet_pton(route->family, text, to) == 1;
}

static bool parse_route(const json_t *value, struct gateway_state *state)
{
    struct gateway_route route = {0};
    const char *kind, *via, *to = NULL;
    json_int_t table, metric;
    int family;

    if (json_unpack((json_t *)(uintptr_t)value, "{si sI ss ss sI s?s}", "family", &family, "table", &table,
                    "kind", &kind, "via", &via, "metric", &metric, "to", &to) != 0)
        return false;
    if (!take_family(family, &route.family) || !take_u32(table, &route.table) ||
        !take_u32(metric, &route.metric) || !take_kind(kind, &route.kind) || !take_via(via, &route) ||
        !take_network(to, route.family, &route.to))
        return false;
    gateway_state_add_route(state, &route);
    return true;
}

/* Only settings below net/ can be ours. */
static bool is_setting(const char *path)
{
    return strncmp(path, "net/", 4) == 0 && !strstr(path, "..");
}

static bool parse_saved(const json_t *value, struct gateway_state *state)
{
    const char *ours = json_string_value(json_object_get(value, "ours"));
    const char *path, *before;

    if (json_unpack((json_t *)(uintptr_t)value, "{ss ss}", "path", &path, "before", &before) != 0)
        return false;
    if (!is_setting(path))
        return false;
    gateway_state_add_saved(state, path, before, ours);
    return true;
}

static bool parse_each(const json_t *list, bool (*parse)(const json_t *value, struct gateway_state *state),
                       struct gateway_state *state)
{
    bool is_good = json_is_array(list);

    for (size_t i = 0; is_good && i < json_array_size(list); i++)
        is_good = parse(json_array_get(list, i), state);
    return is_good;
}

/* `table` is NULL in a journal of an earlier version, which has no table. */
static bool parse_table(const json_t *table, struct gateway_state *state)
{
    if (json_is_string(table))
        buf_add(&state->table, (struct span){json_string_value(table), json_string_length(table)});
    return !table || json_is_string(table);
}

static bool parse_lists(const json_t *all, struct gateway_state *state)
{
    return parse_table(json_object_get(all, "table"), state) &&
           parse_each(json_object_get(all, "rules"), parse_rule, state) &&
           parse_each(json_object_get(all, "routes"), parse_route, state) &&
           parse_each(json_object_get(all, "sysctls"), parse_saved, state);
}

bool gateway_state_is_elsewhere(struct span text, const char *boot, const char *namespace)
{
    json_t *all = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    const char *journal_boot = json_string_value(json_object_get(all, "boot"));
    const char *journal_namespace = json_string_value(json_object_get(all, "namespace"));
    bool is_elsewhere = journal_boot && strcmp(journal_boot, boot) == 0 && journal_namespace &&
                        strcmp(journal_namespace, namespace) != 0;

    json_decref(all);
    return is_elsewhere;
}

bool gateway_state_parse(struct span text, const char *boot, struct gateway_state *state, struct buf *error)
{
    json_t *all = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    const char *journal_boot = json_string_value(json_object_get(all, "boot"));
    bool is_good = journal_boot && json_integer_value(json_object_get(all, "version")) == VERSION;

    if (is_good && strcmp(journal_boot, boot) == 0) {
        state->exists = true;
        state->is_complete = json_is_true(json_object_get(all, "complete"));
        is_good = parse_lists(all, state);
    }
    if (!is_good) {
        gateway_state_fini(state);
        buf_add(error, SPAN("not a journal that this version of Postern can read"));
    }
    json_decref(all);
    return is_good;
}
