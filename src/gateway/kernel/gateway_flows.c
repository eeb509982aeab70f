#include "gateway/kernel/gateway_flows.h"

#include "base/network.h"
#include "gateway/plan/gateway_nft.h"
#include "gateway/plan/gateway_numbers.h"

#include <stdio.h>
#include <string.h>

/* Returns whether the parts are client, port, server, port. */
static bool is_connection(const json_t *parts)
{
    const json_t *part;
    size_t i;

    json_array_foreach(parts, i, part)
    {
        if (!(i % 2 ? json_is_integer(part) : json_is_string(part)))
            return false;
    }
    return json_array_size(parts) == 4;
}

/* Appends "192.168.0.4 . 1234 . 203.0.113.10 . 110". */
static void print_connection(const json_t *parts, struct buf *out)
{
    const json_t *part;
    size_t i;

    json_array_foreach(parts, i, part)
    {
        buf_add(out, i ? SPAN(" . ") : SPAN(""));
        if (json_is_string(part))
            buf_add(out, span_of(json_string_value(part)));
        else
            buf_add_format(out, "%" JSON_INTEGER_FORMAT, json_integer_value(part));
    }
}

/* Appends the element without its timeout. nft lists the initial timeout, which may be less than the
 * remaining lifetime. */
static void print_element(const json_t *element, struct buf *out)
{
    const json_t *elem = json_object_get(element, "elem");
    const json_t *parts = json_object_get(json_object_get(elem, "val"), "concat");
    json_int_t expires_s = json_integer_value(json_object_get(elem, "expires"));

    if (!is_connection(parts) || expires_s <= 0)
        return;
    buf_add(out, out->n ? SPAN(", ") : SPAN(""));
    print_connection(parts, out);
    buf_add_format(out, " expires %" JSON_INTEGER_FORMAT "s", expires_s);
}

static void print_set(const json_t *set, char digit, size_t number, struct buf *out)
{
    const json_t *element;
    struct buf elements = {0};
    size_t i;

    json_array_foreach(json_object_get(set, "elem"), i, element) print_element(element, &elements);
    if (elements.n)
        buf_add_format(out, "add element inet " GATEWAY_NFT_TABLE " " GATEWAY_FLOWS_SET " { %s }\n", digit,
                       number, buf_c_str(&elements));
    buf_fini(&elements);
}

/* The comment of the set is a proxy's address. If [gateway] still has that proxy, copies the elements to the
 * proxy's set. */
static void copy_set(const json_t *set, const struct conf *conf, int family, struct buf *out)
{
    const char *comment = json_string_value(json_object_get(set, "comment"));
    struct buf address = {0};

    for (size_t i = 0; comment && i < gateway_proxy_count(conf, family); i++) {
        buf_clear(&address);
        network_print_address(gateway_proxy_at(conf, family, i), &address);
        if (strcmp(comment, buf_c_str(&address)) == 0)
            print_set(set, family == AF_INET ? '4' : '6', i, out);
    }
    buf_fini(&address);
}

void gateway_flows_print(const json_t *table, const struct conf *conf, struct buf *out)
{
    const json_t *entry;
    size_t i, number;
    char digit;

    json_array_foreach(table, i, entry)
    {
        const json_t *set = json_object_get(entry, "set");
        const char *name = json_string_value(json_object_get(set, "name"));

        if (name && sscanf(name, GATEWAY_FLOWS_SET, &digit, &number) == 2)
            copy_set(set, conf, digit == '6' ? AF_INET6 : AF_INET, out);
    }
}
