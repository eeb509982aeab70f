#include "gateway/plan/gateway_nft_parts.h"

#include "base/network.h"
#include "gateway/plan/gateway_numbers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const struct gateway_family gateway_families[2] = {
    {AF_INET, '4', "IPv4", "ipv4", "ip"},
    {AF_INET6, '6', "IPv6", "ipv6", "ip6"},
};

void gateway_part_note(struct buf *out, const char *text)
{
    buf_add_format(out, "\t# %s\n", text);
}

void gateway_part_rule(struct buf *out, const char *comment, const char *format, ...)
{
    char *rule = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&rule, format, args) < 0)
        rule = mem_copy_string(SPAN(""));
    va_end(args);
    buf_add_format(out, "\t\t%s comment \"%s\"\n", rule, comment);
    free(rule);
}

/* Words that are joined. One word stays as it is. Several words become a set in braces. */
struct elements {
    size_t n;
    struct buf text;
};

static struct buf *next_element(struct elements *elements)
{
    if (elements->n++)
        buf_add(&elements->text, SPAN(", "));
    return &elements->text;
}

static bool end_elements(struct elements *elements, struct buf *out)
{
    if (elements->n == 1)
        buf_add(out, buf_span(&elements->text));
    else if (elements->n)
        buf_add_format(out, "{ %s }", buf_c_str(&elements->text));
    buf_fini(&elements->text);
    return elements->n;
}

/* Returns whether another network of the list covers this one. Such a network is left out, because the
 * intervals of a set must not overlap. */
static bool is_covered(const struct inet_networks *networks, size_t at)
{
    for (size_t i = 0; i < networks->n; i++)
        if (i != at && network_covers(&networks->at[i], &networks->at[at]))
            return true;
    return false;
}

bool gateway_part_networks(const struct inet_networks *networks, int family, struct buf *out)
{
    struct elements elements = {0};

    for (size_t i = 0; i < networks->n; i++)
        if (networks->at[i].address.any.sa_family == family && !is_covered(networks, i))
            network_print(&networks->at[i], next_element(&elements));
    return end_elements(&elements, out);
}

bool gateway_part_hosts(const struct inet_addresses *hosts, int family, struct buf *out)
{
    struct elements elements = {0};

    for (size_t i = 0; i < hosts->n; i++)
        if (hosts->at[i].any.sa_family == family)
            network_print_address(&hosts->at[i], next_element(&elements));
    return end_elements(&elements, out);
}

void gateway_part_ports(const struct inet_ports *ports, char direction, struct buf *out)
{
    struct elements elements = {0};

    buf_add_format(out, "tcp %cport ", direction);
    for (size_t i = 0; i < ports->n; i++)
        buf_add_format(next_element(&elements), "%u", ports->at[i]);
    end_elements(&elements, out);
}

void gateway_part_set_mark(struct fwmark mark, struct buf *out)
{
    if (mark.mask == UINT32_MAX)
        buf_add_format(out, "meta mark set %#x", mark.value);
    else
        buf_add_format(out, "meta mark set meta mark & %#x | %#x", ~mark.mask, mark.value);
}

void gateway_part_has_mark(struct fwmark mark, struct buf *out)
{
    if (mark.mask == UINT32_MAX)
        buf_add_format(out, "meta mark %#x", mark.value);
    else
        buf_add_format(out, "meta mark & %#x == %#x", mark.mask, mark.value);
}

bool gateway_part_interfaces(const struct inet_interfaces *interfaces, const struct inet_interfaces *except,
                             struct buf *out)
{
    struct elements elements = {0};

    for (size_t i = 0; i < interfaces->n; i++)
        if (!except || !gateway_has_interface(except, interfaces->at[i]))
            buf_add_format(next_element(&elements), "\"%s\"", interfaces->at[i]);
    return end_elements(&elements, out);
}

static void except_interfaces(const struct conf *conf, struct buf *out)
{
    struct buf names = {0};

    gateway_part_interfaces(&conf->gateway.interfaces, NULL, &names);
    gateway_part_rule(out, "not from the clients' side", "iifname != %s counter return", buf_c_str(&names));
    buf_fini(&names);
}

/* `where`: "saddr" or "daddr". The comment of the rule is `what`, followed by the family. */
static void except_networks(const struct inet_networks *networks, const char *where, const char *what,
                            struct buf *out)
{
    struct buf set = {0}, comment = {0};

    for (size_t i = 0; i < 2; i++) {
        const struct gateway_family *in = &gateway_families[i];

        buf_clear(&set);
        buf_clear(&comment);
        buf_add_format(&comment, "%s (%s)", what, in->name);
        if (gateway_part_networks(networks, in->family, &set))
            gateway_part_rule(out, buf_c_str(&comment), "%s %s %s counter return", in->ip, where,
                              buf_c_str(&set));
    }
    buf_fini(&comment);
    buf_fini(&set);
}

void gateway_part_exceptions(const struct conf *conf, bool local, struct buf *out)
{
    if (!local)
        except_interfaces(conf, out);
    gateway_part_except_networks(conf, local, out);
}

void gateway_part_except_networks(const struct conf *conf, bool local, struct buf *out)
{
    except_networks(&conf->gateway.lan, "daddr", "to the LAN", out);
    if (!local)
        except_networks(&conf->gateway.bypass, "saddr", "bypass, a client", out);
    except_networks(&conf->gateway.bypass, "daddr", "bypass, a server", out);
}

void gateway_part_except_proxies(const struct conf *conf, const struct gateway_family *in, struct buf *out)
{
    struct buf hosts = {0}, comment = {0};

    buf_add_format(&comment, "a proxy's own connections (%s)", in->name);
    if (gateway_proxy_count(conf, in->family) &&
        gateway_part_hosts(&conf->gateway.proxies, in->family, &hosts))
        gateway_part_rule(out, buf_c_str(&comment), "%s saddr %s counter return", in->ip, buf_c_str(&hosts));
    buf_fini(&comment);
    buf_fini(&hosts);
}
