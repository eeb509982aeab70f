#include "gateway/check/gateway_bridge.h"

#include "net/sysctl.h"
#include "gateway/kernel/gateway_kernel.h"
#include "sys/tool.h"

#include <jansson.h>

/* Returns NULL if ip(8) fails. */
static json_t *list_bridges(void)
{
    static const char *const argv[] = {"ip", "-json", "-details", "link", "show", "type", "bridge", NULL};
    struct tool_result result;
    json_t *list = NULL;

    if (tool_run(argv, SPAN(""), GATEWAY_TOOL_MS, &result))
        list = json_loadb(result.output.n ? result.output.p : "", result.output.n, 0, NULL);
    tool_result_fini(&result);
    return list;
}

static const json_t *find(const json_t *bridges, const char *name)
{
    for (size_t i = 0; i < json_array_size(bridges); i++) {
        const char *actual = json_string_value(json_object_get(json_array_get(bridges, i), "ifname"));

        if (actual && strcmp(actual, name) == 0)
            return json_array_get(bridges, i);
    }
    return NULL;
}

static bool has_option(const json_t *bridge, const char *option)
{
    const json_t *info = json_object_get(json_object_get(bridge, "linkinfo"), "info_data");

    return json_integer_value(json_object_get(info, option)) == 1;
}

/* Appends the commands that switch br_netfilter off where it is on: for all bridges, for this bridge, or for
 * both. */
static void add_cure(const json_t *bridge, const char *name, struct buf *cure)
{
    if (sysctl_is("net/bridge/bridge-nf-call-iptables", "1") ||
        sysctl_is("net/bridge/bridge-nf-call-ip6tables", "1"))
        buf_add(cure, SPAN("sysctl -w net.bridge.bridge-nf-call-iptables=0 "
                           "net.bridge.bridge-nf-call-ip6tables=0"));
    if (has_option(bridge, "nf_call_iptables") || has_option(bridge, "nf_call_ip6tables"))
        buf_add_format(cure, "%sip link set %s type bridge nf_call_iptables 0 nf_call_ip6tables 0",
                       cure->n ? " && " : "", name);
}

static void check(const struct gateway *gateway, const json_t *bridge, const char *name,
                  struct problems *problems)
{
    bool is_client = gateway->conf->upstream.source == SOURCE_CLIENT;
    struct buf cure = {0};

    add_cure(bridge, name, &cure);
    if (cure.n)
        problems_add(problems, is_client,
                     "[gateway] interface: %s is a bridge, and br_netfilter passes bridged frames to the "
                     "packet filter: with [upstream] source = client%s a proxy's connections look like the "
                     "client's and are refused: run `%s`",
                     name, is_client ? "" : " on the proxies", buf_c_str(&cure));
    buf_fini(&cure);
}

void gateway_bridge_check(const struct gateway *gateway, struct problems *problems)
{
    const struct inet_interfaces *interfaces = &gateway->conf->gateway.interfaces;
    json_t *bridges;

    if (!(gateway->conf->gateway.roles & GATEWAY_MIRROR))
        return;
    bridges = list_bridges();
    for (size_t i = 0; i < interfaces->n; i++) {
        const json_t *bridge = find(bridges, interfaces->at[i]);

        if (bridge)
            check(gateway, bridge, interfaces->at[i], problems);
    }
    json_decref(bridges);
}
